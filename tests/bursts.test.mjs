// Many requests at once: each is answered, and the memory of the Worker stays within its limit.
// Directives in prompts, such as [[n:3]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { memory, resetPeak } from './hosts/workerd.mjs';
import { gatewayForFile, until } from './lib/gateway.mjs';
import { test } from './lib/suite.mjs';

const LIMIT_MB = 24;
const AT_ONCE = process.env.LONG ? 3_000 : 300;
const gw = gatewayForFile({ countBindings: true, vars: { GUEST_MEMORY_MB: String(LIMIT_MB) } });
const agent = new Agent({ keepAlive: true });

/** Asks over a connection of its own, if none is free; `fetch` has a limit of its own. */
const ask = (method, path, headers = {}, body) =>
  new Promise((resolve, reject) => {
    const asked = request(gw.url + path, { method, headers, agent }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() }));
      answer.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });

/** Sends requests at once and returns their answers by status; none may have another. */
async function burst(send, statuses) {
  await resetPeak(gw.url);
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, send));
  const by = new Map();
  for (const answer of answers) by.set(answer.status, [...(by.get(answer.status) ?? []), answer]);
  assert.deepEqual([...by.keys()].filter((status) => !statuses.includes(status)), []);
  return by;
}

async function assertBounded(t) {
  const { peak, linear } = await memory(gw.url);
  t.diagnostic(`${AT_ONCE} at once: at most ${(peak / 2 ** 20).toFixed(1)} MB, then ${(linear / 2 ** 20).toFixed(1)}`);
  assert.ok(peak <= LIMIT_MB * 2 ** 20, `${peak} bytes`);
}

const WRONG = { authorization: 'Bearer sk-unknown' };

test('requests without a key are refused, and need little memory', async (t) => {
  const by = await burst(() => ask('GET', '/v1/models'), [401, 503]);
  assert.ok(by.get(401)?.length > 0);
  await assertBounded(t);
});

test('requests with a wrong key: 401, or 503 beyond the limit', async (t) => {
  let answered = 0;
  const answers = burst(() => ask('GET', '/v1/models', WRONG).finally(() => { answered += 1; }), [401, 503]);
  await until(() => answered > 0, 'the first answer');
  const health = Array.from({ length: 5 }, async () => ({ ...(await ask('GET', '/health')), after: answered }));
  const by = await answers;
  t.diagnostic(`401: ${by.get(401)?.length}, 503: ${by.get(503)?.length}`);
  const [{ headers, text }] = by.get(503);
  assert.equal(headers['retry-after'], '1');
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.deepEqual(JSON.parse(text).error, {
    message: 'The gateway has no memory for another request now: send it again in a second', type: 'server_error', param: null, code: 'overloaded',
  });
  for (const { status, after } of await Promise.all(health)) {
    assert.equal(status, 200, 'health is answered all the same');
    assert.ok(after < AT_ONCE / 2, `after ${after} of the others`);
  }
  await assertBounded(t);
});

test('a body that is refused leaves the connection usable', async (t) => {
  const body = JSON.stringify({ model: 'grok-4-fast', messages: [{ role: 'user', content: 'x'.repeat(2_000) }] });
  const headers = { ...WRONG, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  await burst(() => ask('POST', '/v1/chat/completions', headers, body), [401, 503]);
  await assertBounded(t);
});

test('after a burst everything is as before', async () => {
  await gw.pool(['basic-1']);
  assert.equal((await gw.chat('[[n:3]] hi')).status, 200);
  await until(async () => (await memory(gw.url)).queued === 0, 'nothing is queued');
  const { linear } = await memory(gw.url);
  assert.ok(linear < LIMIT_MB * 2 ** 20, `${linear} bytes wait`);
});

test('the answers about health differ in their ids alone', async () => {
  const [first, second] = [await gw.call('GET', '/health'), await gw.call('GET', '/health')];
  assert.deepEqual(second.body, first.body);
  const rest = ({ headers }) => [...headers].filter(([name]) => !['x-request-id', 'date', 'x-test-request', 'x-test-steps'].includes(name));
  assert.deepEqual(rest(second), rest(first));
  const ids = [first, second].map(({ headers }) => headers.get('x-request-id'));
  assert.ok(ids.every((id) => /^req_[0-9a-f]{24}$/.test(id)), ids.join(' '));
  assert.notEqual(ids[0], ids[1]);
});
