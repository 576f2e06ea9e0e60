// A key of xAI's API is in one header of one host, and in what an operator asks to reveal. Nothing of it, not even its end, is in
// answers, logs, files, addresses or what is printed.
// Directives in prompts, such as [[n:40]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ENCRYPTED, until } from './lib/gateway.mjs';
import { before, test } from './lib/suite.mjs';
import { rowOfKey, xaiGatewayForFile } from './lib/xai.mjs';

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
const NAMES = ['basic', 'wrong', 'blocked', 'banned', 'denied', 'limited', 'broke', 'broken', 'cut', 'inband', 'hang'];

/** Returns what of a key is secret: 64 characters that nothing else has six of in a row. */
const secretOf = (name) => createHash('sha384').update(`secret of ${name}`).digest('base64').replace(/[+/]/g, 'Q');
const keyOf = (name) => `xai-${name}-${secretOf(name)}`;
const WINDOW = 6;
const windows = NAMES.map(secretOf).flatMap((secret) => Array.from({ length: secret.length - WINDOW + 1 }, (_, at) => secret.slice(at, at + WINDOW)));
/** How xAI shortens a key in its errors, and in what it says of a key. */
const SHORTENED = /xa\*\*\*|xai-\.\.\.\w/;

/** Fails if a text has any part of a key. */
function clean(text, what) {
  const found = windows.find((window) => text.includes(window)) ?? SHORTENED.exec(text)?.[0];
  assert.equal(found, undefined, `${what} has ${found}`);
}
const cleanAnswer = ({ status, text, headers }, what) => clean(`${text}${JSON.stringify([...headers])}`, `${what}: ${status} ${text.slice(0, 300)}`);

async function keys(names) {
  await gw.pool([]);
  return gw.ok('POST', '/tokens/add', { tokens: names.map(keyOf), token_type: 'xai' });
}
const client = (path, body) => gw.call('POST', path, { body, headers: { authorization: `Bearer ${gw.key}` } });
const file = (path) => gw.fetch('GET', `/api${path}`, { headers: { authorization: `Bearer ${gw.session}` } });

test('no answer to a client has a part of a key', async () => {
  await gw.settings({ stream_first_response_timeout: 1 });
  const statuses = new Set();
  for (const name of NAMES) {
    await keys([name]);
    for (const stream of [false, true]) {
      const answers = [
        await gw.chat('hi', { model, stream }), await client('/v1/responses', { model, input: 'hi', stream }),
        await client('/v1/messages', { model, max_tokens: 50, stream, messages: [{ role: 'user', content: 'hi' }] }),
      ];
      if (name !== 'hang' && !stream) answers.push(await client('/v1/images/generations', { model: 'xai/grok-imagine-image', prompt: 'x' }));
      for (const answer of answers) {
        statuses.add(answer.status);
        cleanAnswer(answer, name);
      }
    }
  }
  assert.deepEqual([200, 403, 429, 502, 504].filter((status) => !statuses.has(status)), [], 'all kinds of failures are among them');
  cleanAnswer(await gw.call('GET', '/v1/models', { headers: { authorization: `Bearer ${gw.key}` } }), 'the models');
  // In place of a key of ours, a model, a role, an id, a path.
  await keys(['basic']);
  const answers = [await gw.chat('hi', { model, key: keyOf('basic') }), await gw.chat('hi', { model: keyOf('basic') }), await gw.chat('hi', { model: `xai/${keyOf('basic')}` }),
    await client('/v1/chat/completions', { model, messages: [{ role: keyOf('basic'), content: 'hi' }] }), await client('/v1/messages', { model: keyOf('basic'), messages: [] }),
    await client('/v1/responses', { model, input: 'hi', previous_response_id: keyOf('basic') }), await client(`/v1/${keyOf('basic')}`, {})];
  assert.ok(answers.every(({ status }) => status >= 400));
  answers.forEach(cleanAnswer);
  await gw.settings({ stream_first_response_timeout: null });
});

test('no answer of the console has one, but what is revealed', async () => {
  for (const name of NAMES) {
    await keys([name]);
    const { id, ...row } = await rowOfKey(gw, keyOf(name));
    assert.deepEqual([row.token, row.token_suffix], ['...', '']);
    if (name !== 'hang') for (const path of ['/tokens/test', '/upstream/check']) cleanAnswer(await gw.api('POST', path, { id }), `${path} ${name}`);
    assert.equal((await gw.ok('POST', '/tokens/reveal', { id })).token, keyOf(name));
  }
  for (const body of [{ tokens: [`${keyOf('basic')} and more`], token_type: 'sso' }, { tokens: keyOf('basic') }, { tokens: [`sso=${keyOf('basic')}`] }, { tokens: [keyOf('basic')], token_type: keyOf('basic') }]) {
    cleanAnswer(await gw.api('POST', '/tokens/add', body), JSON.stringify(Object.keys(body)));
  }
  const contents = [keyOf('basic'), `sso=${keyOf('basic')}`, `[{"token":"${keyOf('basic')}","token_type":"xai"}]`, `token,note\n${keyOf('basic')},a\n${keyOf('basic')},b`, `token,state\n${keyOf('basic')},${keyOf('cut')}`];
  for (const content of contents) for (const dry_run of [true, false]) cleanAnswer(await gw.api('POST', '/tokens/import', { content, dry_run }), `an import of ${content.length}`);
  await keys(NAMES.filter((name) => name !== 'hang'));
  await gw.ok('POST', '/tokens/refresh-all', {});
  await until(async () => !(await gw.ok('GET', '/tokens/refresh-progress')).running, 'the refresh ends');
  for (const path of ['/tokens', '/tokens?limit=50', '/stats', '/request-stats', '/keys', '/settings', '/settings/schema', '/tokens/tags/all', '/storage/mode',
    '/media', '/cache/list', '/cache/list?type=video', '/tokens/refresh-progress?results=1']) cleanAnswer(await gw.api('GET', path), path);
});

test('logs have none, and name the account by its id', async () => {
  await keys(['basic']);
  const { id } = await rowOfKey(gw, keyOf('basic'));
  assert.equal((await gw.chat('hi', { model })).status, 200);
  const [row] = await until(async () => { const rows = await gw.ok('GET', `/logs?account=${id}`); return rows.length > 0 && rows; }, 'its row');
  assert.deepEqual([row.account_id, row.token_suffix], [id, '']);
  for (const format of ['', '&format=csv', '&format=json']) {
    const response = await file(`/logs?limit=1000${format}`);
    const text = await response.text();
    assert.ok(text.includes(model));
    clean(text, `the log ${format}`);
  }
  const found = await gw.ok('GET', `/logs?from=0&text=${keyOf('basic').slice(-WINDOW)}`);
  assert.deepEqual(found, [], 'nor can they be searched for one');
});

test('exports leave keys out, and say how many', async () => {
  await keys(['basic', 'wrong']);
  await gw.addTokens(['basic-1']);
  for (const format of ['json', 'csv', 'text']) {
    const response = await file(`/tokens/export?format=${format}`);
    const text = await response.text();
    assert.deepEqual([response.status, response.headers.get('x-keys-left-out')], [200, '2']);
    assert.ok(text.includes('eyJ'), 'the account is in it');
    clean(text, format);
  }
  const refused = await gw.api('GET', '/tokens/export?type=xai');
  assert.deepEqual([refused.status, refused.body.field], [400, 'type'], refused.text);
  assert.match(refused.body.message, /console\.x\.ai/);
});

test('it is sent in one header, and in no address or body', async () => {
  await keys(['basic']);
  assert.equal((await gw.chat('hi', { model })).status, 200);
  const [{ keyHash }] = xai.calls;
  const lines = xai.received.split('\n').filter((line) => line.includes(`key-${keyHash}`));
  assert.ok(lines.length > 0 && lines.every((line) => line === `Bearer key-${keyHash}`), String(lines));
  clean(xai.received, 'what xAI received besides');
  // An address is kept by browsers and proxies, so none may name a key.
  for (const path of ['/tokens', '/tokens/export']) {
    const answer = await gw.api('GET', `${path}?text=${keyOf('basic')}`);
    assert.deepEqual([answer.status, answer.body.field], [400, 'text'], answer.text);
    cleanAnswer(answer, path);
  }
  assert.deepEqual(await gw.ok('GET', `/tokens?text=${keyOf('basic').slice(-WINDOW)}`), []);
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
