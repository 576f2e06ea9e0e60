// The legend of the scripted Grok's directives: what it lacks fails, what it has is read, and the tests cite it.
// Directives such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { jwt, startGrok } from './fake-grok.mjs';
import { DIRECTIVES, promptOptions } from './fake-grok/directives.mjs';
import { DIRECTIVES as XAI } from './fake-xai/directives.mjs';
import { attached } from './lib/mgw.mjs';
import { test } from './lib/suite.mjs';

const TESTS = fileURLToPath(new URL('.', import.meta.url));
const LEGENDS = { 'fake-grok/directives.mjs': DIRECTIVES, 'fake-xai/directives.mjs': XAI };

test('directives become options: counts, texts, flags, defaults', () => {
  assert.deepEqual(promptOptions('say [[n:3]] [[text:a b]] [[echo]] [[cut]] [[picture]] [[1]](x) [[A]]'),
    { n: 3, text: 'a b', echo: true, cut: 0, picture: 2 });
  for (const [wrong, why] of [['[[lenght:3]]', /unknown/], ['[[constructor]]', /unknown/], ['[[n:three]]', /takes a number/], ['[[n:]]', /takes a number/],
    ['[[echo:yes]]', /takes no value/], ['[[text]]', /takes a text/]]) assert.throws(() => promptOptions(wrong), why);
});

test('an unknown directive ends the call, and stopping fails', async () => {
  const grok = await startGrok({ strict: false });
  const client = await attached(grok, jwt('basic-1'));
  client.say('[[nn:3]] over the socket');
  await client.closed;
  const body = JSON.stringify({ message: '[[slwo:3]] over HTTP', modelName: 'grok-4' });
  await assert.rejects(fetch(`${grok.url}/rest/app-chat/conversations/new`, { method: 'POST', body, headers: { cookie: `sso=${jwt('basic-1')}` } }));
  await assert.rejects(grok.stop(), /\[\[nn:3\]\] is unknown.*\n.*\[\[slwo:3\]\] is unknown/);
});

test('a rule with an unknown option or kind throws at once', async () => {
  const grok = await startGrok();
  try {
    assert.throws(() => grok.script({}, { eror: 'dead' }), /a rule for chat has the unknown option eror/);
    assert.throws(() => grok.script({ kind: 'asset' }, { n: 3 }), /a rule for asset has the unknown option n/);
    assert.throws(() => grok.script({ kind: 'cat' }, {}), /the kind of calls cat is unknown/);
  } finally {
    await grok.stop();
  }
});

test('the legend has no directive that nothing reads', () => {
  const sources = readdirSync(join(TESTS, 'fake-grok')).filter((file) => file.endsWith('.mjs') && file !== 'directives.mjs');
  const code = sources.map((file) => readFileSync(join(TESTS, 'fake-grok', file), 'utf8')).join('\n');
  assert.deepEqual(Object.keys(DIRECTIVES).filter((name) => !new RegExp(`\\.${name}\\b|[{,] ${name}\\b|'${name}'`).test(code)), []);
});

test('every test with directives cites the legend, which has them', () => {
  const files = readdirSync(TESTS, { recursive: true }).filter((file) => /\.(test\.mjs|py)$/.test(file) && !file.startsWith('fixtures'));
  for (const file of files.filter((name) => !/^fake-\w+-directives\.test\.mjs$/.test(name))) {
    const text = readFileSync(join(TESTS, file), 'utf8');
    const used = [...text.matchAll(/\[\[([a-z][a-z_0-9]*)(?::[^\]]*)?\]\](?!,| \})/g)].map(([, name]) => name);
    const known = Object.entries(LEGENDS).filter(([place]) => text.includes(place)).flatMap(([, directives]) => Object.keys(directives));
    if (used.length > 0) assert.ok(known.length > 0, `${file} cites ${Object.keys(LEGENDS).join(' or ')}`);
    assert.deepEqual(used.filter((name) => !known.includes(name)), [], file);
  }
});
