// Bodies as clients send them: compressed, with a byte-order mark, with half a character.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { before, beforeEach, test } from './lib/suite.mjs';
import { PASSWORD, gatewayForFile, jwt } from './lib/gateway.mjs';

const fixture = (name) => readFileSync(new URL(`fixtures/bodies/${name}`, import.meta.url));
const PLAIN = fixture('chat.json');
const QUESTION = 'Which coding has this body? 你好 🌲';

/** Returns a zstd frame of blocks that repeat a blank 128 KiB times each. */
function zstdBomb(blocks) {
  const block = (n) => [...[0, 8, 16].map((shift) => (((131_072 << 3) | 2 | (n === blocks ? 1 : 0)) >> shift) & 255), 0x20];
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 56, ...Array.from({ length: blocks }, (_, n) => block(n + 1)).flat()]);
}

const gw = gatewayForFile();
before(async () => {
  await gw.settings({ show_thinking: false });
});
beforeEach(() => gw.pool(['basic-1']));

const send = (body, coding, { path = '/v1/chat/completions', key = gw.key, headers = {}, ...more } = {}) => gw.call('POST', path, { body,
  headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...(coding ? { 'content-encoding': coding } : {}), ...headers }, ...more });

for (const [what, coding, body] of [['gzip', 'gzip', gzipSync(PLAIN)], ['gzip by its old name', 'X-Gzip', gzipSync(PLAIN)],
  ['zstd, as Codex sends it', 'zstd', fixture('chat.stream.zst')], ['zstd of a file', 'zstd', fixture('chat.json.zst')], ['no coding', 'identity', PLAIN]]) {
  test(`a chat in ${what} is answered`, async () => {
    for (const more of [{ body }, { body: new Blob([body]).stream(), duplex: 'half' }]) {
      gw.grok.reset();
      const answer = await send(more.body, coding, more);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body.choices[0].message.content, 'decoded');
      assert.ok(gw.grok.of('chat')[0].body.message.includes(QUESTION), gw.grok.of('chat')[0].body.message);
    }
  });
}

test('the console takes encoded bodies too', async () => {
  const login = await send(gzipSync(JSON.stringify({ username: 'admin', password: PASSWORD })), 'gzip', { path: '/api/login' });
  assert.equal(login.status, 200, login.text);
  const content = JSON.stringify([{ token: jwt('zipped'), note: 'sent as gzip' }], null, 8).padEnd(200_000);
  const file = await send(gzipSync(JSON.stringify({ content, format: 'json', token_type: 'sso', dry_run: true })), 'gzip', { path: '/api/tokens/import', key: gw.session });
  assert.equal(file.body.data.added, 1, file.text);
});

test('a bomb is 413, and what is sent next is answered', async () => {
  const blanks = gzipSync(Buffer.alloc(64 << 20, ' '));
  for (const [coding, body] of [['gzip', blanks], ['zstd', zstdBomb(80_000)]]) {
    const answer = await send(body, coding);
    assert.deepEqual([answer.status, answer.body.error?.code], [413, 'body_too_large'], answer.text);
    const small = await send(body, coding, { path: '/api/login' });
    assert.deepEqual([small.status, small.body.code], [413, 'body_too_large'], small.text);
  }
  assert.equal((await send(gzipSync(PLAIN), 'gzip')).status, 200);
});

test('corrupt and cut data is 400, named, and goes no further', async () => {
  const gzip = gzipSync(PLAIN);
  const wrong = Buffer.from(gzip);
  wrong[wrong.length - 6] ^= 1;
  for (const [coding, body] of [['gzip', gzip.subarray(0, -3)], ['gzip', wrong], ['gzip', PLAIN], ['gzip', ''], ['zstd', fixture('chat.json.zst').subarray(0, -3)], ['zstd', PLAIN]]) {
    const answer = await send(body, coding);
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.body.error.message, new RegExp(`decoded as ${coding}`));
  }
  assert.equal(gw.grok.calls.length, 0);
});

test('another coding is 415 and the answer says which are taken', async () => {
  const codings = ['br', 'deflate', 'gzip, zstd'];
  const before = (await gw.logs()).length;
  for (const coding of codings) {
    const answer = await send(PLAIN, coding);
    assert.deepEqual([answer.status, answer.body.error.code, answer.headers.get('accept-encoding')], [415, 'unsupported_encoding', 'gzip, zstd'], answer.text);
    assert.match(answer.body.error.message, /gzip, zstd/);
    assert.equal((await send(PLAIN, coding, { key: 'sk-wrong' })).status, 401);
  }
  const rows = await gw.logged(before + codings.length);
  assert.equal(rows.filter((row) => row.status === 415).length, codings.length);
});

test('a byte-order mark is ignored, a lone surrogate is U+FFFD', async () => {
  const chat = '{"model":"grok-fast","messages":[{"role":"user","content":"[[text:ok]] half \\ud83d of a \\ud83c\\udf32"}]}';
  for (const body of [chat, `\ufeff${chat}`]) {
    const answer = await send(body);
    assert.equal(answer.status, 200, answer.text);
    assert.ok(gw.grok.of('chat').at(-1).body.message.endsWith('half \ufffd of a 🌲'));
  }
  const note = await send(`\ufeff{"tokens":["${jwt('noted')}"],"token_type":"sso","note":"\\ud83d"}`, '', { path: '/api/tokens/add', key: gw.session });
  assert.equal(note.status, 200, note.text);
  const broken = await send('{"model":"grok-fast","user":"\\ud83d","messages":[{"role":"user","content":5}]}');
  assert.deepEqual([broken.status, broken.body.error.param], [400, 'messages.0.content']);
});
