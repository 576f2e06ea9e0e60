// The console's texts: every one in every language, with the same values, and every key that the code names is there.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from '../lib/suite.mjs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LOCALES } from '../../static/console/i18n.js';

const CONSOLE = fileURLToPath(new URL('../../static/console/', import.meta.url));
const files = readdirSync(CONSOLE, { recursive: true }).map((file) => join(CONSOLE, file)).filter((file) => file.endsWith('.js'));
const dictionaries = files.filter((file) => /(^|[./])text\.js$/.test(file.slice(CONSOLE.length)));
const dictionaryOf = async (file) => (await import(pathToFileURL(file))).text;
const name = (file) => relative(CONSOLE, file);

const forms = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry));
const values = (entry) => [...new Set(forms(entry).flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map(([, value]) => value)))].sort();

test('every text exists in every language with the same values', async () => {
  assert.ok(dictionaries.length >= 4, dictionaries.join());
  for (const file of dictionaries) {
    const text = await dictionaryOf(file);
    assert.deepEqual(Object.keys(text).sort(), Object.keys(LOCALES).sort(), name(file));
    for (const tag of Object.keys(LOCALES)) {
      assert.deepEqual(Object.keys(text[tag]).sort(), Object.keys(text.en).sort(), `${name(file)} in ${tag}`);
      for (const [key, entry] of Object.entries(text[tag])) {
        assert.ok(forms(entry).every((form) => form.trim() !== ''), `${name(file)}: ${key} in ${tag} is empty`);
        // A singular may leave its number out: "The key was deleted".
        const without = (list) => list.filter((value) => value !== 'n');
        assert.deepEqual(without(values(entry)), without(values(text.en[key])), `${name(file)}: values of ${key} in ${tag}`);
        if (typeof entry !== 'string') assert.deepEqual(Object.keys(entry).sort(), ['one', 'other'], `${name(file)}: ${key} in ${tag}`);
      }
    }
  }
});

/** Returns the dictionaries that a file's imports bring: `import { text } from './text.js'`, `import { common } …`. */
function translators(file, source) {
  const imported = new Map([...source.matchAll(/import \{ ([^}]+) \} from '(\.[^']+text\.js)'/g)]
    .flatMap(([, names, from]) => names.split(', ').map((each) => [each.split(' as ').at(-1), join(dirname(file), from)])));
  const found = [...source.matchAll(/const (\w+) = (?:optionalT|t)exts\((\w+)\)/g)].map(([, call, dictionary]) => [call, imported.get(dictionary)]);
  if (imported.has('common')) found.push(['common', imported.get('common')]);
  return found.filter(([, from]) => from !== undefined);
}

test('every key in use is in its dictionary, and none is left over', async () => {
  const used = new Map(dictionaries.map((file) => [file, new Set()]));
  const open = new Set();
  for (const file of files.filter((each) => !dictionaries.includes(each))) {
    const source = readFileSync(file, 'utf8');
    for (const [call, from] of translators(file, source)) {
      const text = await dictionaryOf(from);
      for (const [, argument] of source.matchAll(new RegExp(`\\b${call}\\(([^()]*(?:\\([^()]*\\))?[^()]*)`, 'g'))) {
        const first = argument.replace(/,\s*\{.*$/s, '');
        // A key that is put together can be any of them.
        if (!/^[^'`]*'\w+'/.test(first) || first.includes('`')) open.add(from);
        // `t(is ? 'a' : 'b')` names two; in `state === 'x' ? …` the compared word is none.
        for (const [, key] of first.replace(/[=!]==? '\w+'/g, '').matchAll(/'(\w+)'/g)) {
          assert.ok(key in text.en, `${name(file)} asks ${call} for ${key}, which ${name(from)} has not`);
          used.get(from).add(key);
        }
      }
    }
  }
  const everything = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const leftOver = [];
  for (const [file, keys] of used) {
    const text = await dictionaryOf(file);
    for (const key of Object.keys(text.en)) {
      const named = keys.has(key) || open.has(file) || new RegExp(`'${key}'`).test(everything);
      if (!named) leftOver.push(`${name(file)}: ${key}`);
    }
  }
  assert.deepEqual(leftOver, [], 'nothing asks for these');
});
