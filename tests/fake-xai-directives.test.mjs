// The legend of the scripted xAI's directives: what it lacks fails, and what it has is read.
// Directives such as [[n:40]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { startXai } from './fake-xai.mjs';
import { DIRECTIVES, OPTIONS, promptOptions } from './fake-xai/directives.mjs';
import { test } from './lib/suite.mjs';
import { askOf } from './lib/xai.mjs';

const TESTS = fileURLToPath(new URL('.', import.meta.url));
const PLACES = [['fake-xai', 'directives.mjs'], ['fake-grok', 'directives.mjs']].map(([folder, except]) => [join(TESTS, folder), except]);
const code = PLACES.flatMap(([folder, except]) => readdirSync(folder).filter((file) => file.endsWith('.mjs') && file !== except).map((file) => readFileSync(join(folder, file), 'utf8'))).join('\n');
const isRead = (name) => new RegExp(`\\.${name}\\b|[{,] ${name}\\b|'${name}'`).test(code);

test('directives become options: counts, texts, flags, defaults', () => {
  assert.deepEqual(promptOptions('say [[n:3]] [[text:a b]] [[echo]] [[cut]] [[web]] [[failed]] [[1]](x)'), { n: 3, text: 'a b', echo: true, cut: 0, web: 1, failed: true });
  for (const [wrong, why] of [['[[lenght:3]]', /unknown/], ['[[picture]]', /unknown.*fake-xai/], ['[[n:three]]', /takes a number/], ['[[echo:yes]]', /takes no value/]]) {
    assert.throws(() => promptOptions(wrong), why);
  }
});

test('an unknown directive ends the call, and stopping fails', async () => {
  const xai = await startXai();
  await assert.rejects(askOf(xai)('/responses', { model: 'grok-4.6', input: '[[nn:3]]' }));
  assert.throws(() => xai.script({}, { eror: 'internal' }), /a rule for responses has the unknown option eror/);
  assert.throws(() => xai.script({ kind: 'chat' }, {}), /the kind of calls chat is unknown/);
  await assert.rejects(xai.stop(), /\[\[nn:3\]\] is unknown/);
});

test('the legend has no directive or option that nothing reads', () => {
  const names = new Set([...Object.keys(DIRECTIVES), ...Object.values(OPTIONS).flatMap(Object.keys)]);
  assert.deepEqual([...names].filter((name) => !isRead(name)), []);
});
