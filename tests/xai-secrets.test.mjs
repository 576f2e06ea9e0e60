// A key of xAI's API is in one header of one host, and nowhere else: not in answers, logs, files, addresses or what is printed.
// Directives in prompts, such as [[n:40]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ENCRYPTED } from './lib/gateway.mjs';
import { before, test } from './lib/suite.mjs';
import { xaiGatewayForFile, xaiKey } from './lib/xai.mjs';

let printed = '';
/** Keeps what this process prints, in which what its workerd prints is. */
function listen(stream) {
  const write = stream.write.bind(stream);
  stream.write = (text, ...more) => {
    printed += text;
    return write(text, ...more);
  };
}
before(() => [process.stdout, process.stderr].forEach(listen));
const { xai, gw } = xaiGatewayForFile({ vars: ENCRYPTED });
const model = 'xai/grok-4.6';
const NAMES = ['basic-1', 'wrong-1', 'blocked-1', 'banned-1', 'denied-1', 'limited-1', 'broke-1', 'broken-1', 'cut-1', 'inband-1'];

/** Fails if a text has a key, or its part without the beginning. */
function clean(text, what) {
  for (const key of gw.secrets) assert.ok(!text.includes(key) && !text.includes(key.slice(4, -6)), `${what} has a key`);
}

test('nothing that the gateway says or keeps has a key', async () => {
  const answers = [];
  for (const name of NAMES) {
    await gw.keys([name]);
    for (const stream of [false, true]) answers.push(await gw.chat('hi', { model, stream }));
    answers.push(await gw.call('POST', '/v1/images/generations', { body: { model: 'xai/grok-imagine-image', prompt: 'x' }, headers: { authorization: `Bearer ${gw.key}` } }));
    const [{ id }] = await gw.tokens();
    answers.push(await gw.api('POST', '/tokens/test', { token: id }), await gw.api('POST', '/upstream/check', { id }));
  }
  // A key in place of one of ours, or of the address.
  answers.push(await gw.chat('hi', { model, key: xaiKey('basic-1') }));
  answers.push(await gw.api('POST', '/tokens/add', { tokens: [`${xaiKey('basic-1')} and more`], token_type: 'sso' }));
  await gw.keys(NAMES);
  for (const path of ['/tokens', '/tokens?limit=50', '/logs?limit=1000', '/logs?format=csv', '/stats', '/request-stats', '/keys', '/settings', '/settings/schema', '/media', '/tokens/tags/all', '/storage/mode',
    '/cache/list', '/tokens/refresh-progress']) {
    answers.push(await gw.api('GET', path));
  }
  answers.push(await gw.call('GET', '/v1/models', { headers: { authorization: `Bearer ${gw.key}` } }));
  for (const [n, { text, headers }] of answers.entries()) clean(`${text}${JSON.stringify([...headers])}`, `answer ${n}: ${text.slice(0, 200)}`);
  assert.ok(answers.some(({ status }) => status === 200) && answers.some(({ status }) => status === 429) && answers.some(({ status }) => status === 502));
});

test('it is sent in one header, and in no address or body', async () => {
  await gw.keys(['basic-1']);
  assert.equal((await gw.chat('hi', { model })).status, 200);
  const { received } = xai;
  const [{ keyHash }] = xai.calls;
  const lines = received.split('\n').filter((line) => line.includes(`key-${keyHash}`));
  assert.ok(lines.length > 0 && lines.every((line) => line === `Bearer key-${keyHash}`), String(lines));
});

test('what it prints and stores has none', async () => {
  clean(printed, 'the output');
  clean(gw.host.log?.() ?? '', 'the output');
  let read = 0;
  for (const entry of await readdir(gw.dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath ?? entry.path, entry.name));
    read += bytes.length;
    clean(bytes.toString('latin1'), entry.name);
  }
  assert.ok(read > 10_000, 'the database is among them');
});
