// What one request leaves for the next in the same instance: nothing. Every request has words of its own, and no answer may
// have another's. With POOL=1 on workerd all requests that follow each other have the same instance.
// Directives in prompts, such as [[echo]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, test } from './lib/suite.mjs';
import { gatewayForFile, pooled } from './lib/gateway.mjs';

const gw = gatewayForFile();
const WORD = /\b(?:amber|birch|cedar)[a-z]*-\d+-\d+\b/g;
const WIDTHS = { 'one after the other': 1, 'eight at once': 8 };
let keys;
before(async () => {
  await gw.pool(Array.from({ length: 8 }, (_, n) => `basic-${n}`));
  keys = await Promise.all(['amber', 'birch'].map(async (name) => (await gw.ok('POST', '/keys/add', { name })).key));
});

const headersOf = ({ headers }) => [...headers].flat().join('\n');

/** Ends a stream after its first piece, as a client that leaves. */
async function leave(word, key) {
  const controller = new AbortController();
  const response = await gw.chatRaw(`[[n:60]] [[slow:20]] ${word}`, { key, stream: true, signal: controller.signal });
  await response.body.getReader().read();
  controller.abort();
  return { status: response.status, headers: response.headers, text: '' };
}

/** What is sent, with a word in every place that a client fills, and the statuses of the answer. */
const KINDS = {
  collected: [200, (word, key) => gw.chat(`[[echo]] ${word}`, { key, user: word, headers: { 'x-own': word } })],
  streamed: [200, async (word, key) => {
    const response = await gw.chatRaw(`[[echo]] ${word}`, { key, stream: true });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }],
  'left by its client': [200, leave],
  // Before or after the head.
  'cut by Grok': [[200, 502], async (word, key) => {
    const response = await gw.chatRaw(`[[n:30]] [[cut:10]] ${word}`, { key, stream: true });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }],
  'an unknown model': [404, (word, key) => gw.chat('hi', { key, model: `model-${word}` })],
  'a wrong field': [400, (word, key) => gw.chat('hi', { key, tool_choice: word })],
  'not JSON': [400, (word, key) => gw.call('POST', '/v1/chat/completions', { body: `{"${word}`, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' } })],
  'a wrong key': [401, (word) => gw.call('GET', '/v1/models', { headers: { authorization: `Bearer sk-${word}` } })],
  // Too many are refused.
  'a wrong password': [[401, 429], (word) => gw.call('POST', '/api/login', { body: { username: word, password: word }, headers: { 'x-forwarded-for': '10.0.0.1' } })],
  'no such path': [404, (word, key) => gw.call('GET', `/v1/${word}`, { headers: { authorization: `Bearer ${key}` } })],
  models: [200, (_, key) => gw.call('GET', '/v1/models', { headers: { authorization: `Bearer ${key}` } })],
};

for (const [how, width] of Object.entries(WIDTHS)) {
  test(`no answer has a word of another request: ${how}`, async () => {
    const kinds = Object.entries(KINDS);
    const ids = new Set();
    let own = 0;
    await pooled(Array.from({ length: kinds.length * 6 }, (_, n) => n), width, async (n) => {
      // 7 has no divisor in common with the number of kinds, so each follows several others.
      const [kind, [status, send]] = kinds[(n * 7 + Math.floor(n / kinds.length)) % kinds.length];
      const word = `${n % 2 ? 'amber' : 'birch'}-${width}-${n}`;
      const answer = await send(word, keys[n % 2]);
      assert.ok([status].flat().includes(answer.status), `${kind}: ${answer.status} ${answer.text}`);
      const words = `${headersOf(answer)}\n${answer.text}`.match(WORD) ?? [];
      assert.deepEqual(words.filter((found) => found !== word), [], kind);
      own += words.length;
      const id = answer.headers.get('x-request-id');
      assert.ok(!ids.has(id), `${kind}: the id ${id} twice`);
      ids.add(id);
    });
    assert.ok(own > 0, 'the words come back');
  });
}

test('the log has each chat with its own key', async () => {
  const names = new Set((await gw.logs()).map((row) => row.key_name));
  assert.deepEqual([...names].filter((name) => !['amber', 'birch', 'suite'].includes(name)), []);
  assert.ok(names.has('amber') && names.has('birch'), [...names].join(', '));
});
