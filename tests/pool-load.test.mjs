// The pool under load: nothing is lost, nothing is counted twice, and the work is spread.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { gatewayForFile, jwt, pooled, until } from './lib/gateway.mjs';
import { readSse } from './lib/sse.mjs';

const gw = gatewayForFile();

const names = (prefix, count) => Array.from({ length: count }, (_, n) => `${prefix}-${n + 1}`);
const range = (count) => Array.from({ length: count }, (_, n) => n);
const quotas = async () => (await gw.tokens()).map((row) => row.remaining_queries);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

test('300 chats over 4 tokens: none fails, quotas fall by 300', async (t) => {
  await gw.pool(names('basic', 4));
  for (const row of await gw.tokens()) await gw.ok('POST', '/tokens/test', { token: row.id, token_type: 'sso' });
  assert.deepEqual(await quotas(), [80, 80, 80, 80]);
  await gw.ok('POST', '/logs/clear', {});
  const began = Date.now();
  const statuses = await pooled(range(300), 16, async (n) => {
    if (n % 2) return (await gw.chat(`[[n:20]] chat ${n}`)).status;
    const stream = await readSse(await gw.chatRaw(`[[n:20]] chat ${n}`, { stream: true }));
    return stream.done ? 200 : 0;
  });
  t.diagnostic(`300 chats in ${Date.now() - began} ms`);
  assert.deepEqual(statuses.filter((status) => status !== 200), []);
  const rows = await gw.logged(300);
  assert.equal(rows.length, 300);
  assert.ok(rows.every((row) => row.status === 200 && row.error === ''));
  assert.equal(new Set(rows.map((row) => row.id)).size, 300);
  assert.equal(sum(await quotas()), 320 - 300);
  assert.deepEqual([...gw.grok.tokens.values()].sort(), [75, 75, 75, 75], 'spread evenly');
  for (const row of await gw.tokens()) assert.deepEqual([row.cooldown_remaining, row.last_failure_reason], [0, '']);
});

test('a token answering 429, one by one: the client sees nothing', async () => {
  await gw.pool(['quota-1', ...names('basic', 3)]);
  for (const n of range(24)) assert.equal((await gw.chat(`[[n:5]] one ${n}`)).status, 200);
  assert.equal(gw.grok.tokens.get(jwt('quota-1')), 1);
});

test('a token answering 429, 16 at once: not asked after the 429', async (t) => {
  await gw.pool(['quota-1', ...names('basic', 3)]);
  const statuses = await pooled(range(200), 16, async (n) => (await gw.chat(`[[n:5]] [[slow:5]] many ${n}.`)).status);
  assert.deepEqual(statuses.filter((status) => status !== 200), []);
  const refused = gw.grok.of('chat').filter((call) => call.token === jwt('quota-1'));
  // The outcome is stored before the next attempt of that chat; reservations made before may still be under way.
  const stored = refused[0].endedAt + 1_000;
  assert.ok(gw.grok.of('chat').some((call) => call.at > stored), 'chats went on');
  const late = refused.filter((call) => call.at > stored);
  t.diagnostic(`asked ${refused.length} times, the last ${refused.at(-1).at - refused[0].at} ms after the first`);
  assert.ok(refused.length <= 16, `asked ${refused.length} times`);
  assert.deepEqual(late.map((call) => call.at - stored), []);
});

test('64 streams over 50 tokens: at most two a token', async () => {
  await gw.pool(names('basic', 50));
  const streams = range(64).map(async (n) => readSse(await gw.chatRaw(`[[n:30]] [[slow:60]] stream ${n}`, { stream: true })));
  // All 64 are open together before the first ends.
  await until(() => gw.grok.of('chat').length >= 64, '64 upstream calls', 20_000);
  assert.equal((await Promise.all(streams)).filter((stream) => stream.done && !stream.error).length, 64);
  const carried = [...gw.grok.tokens.values()];
  assert.equal(sum(carried), 64);
  assert.ok(Math.max(...carried) <= 2, `${carried}`);
  assert.equal(carried.length, 50, 'every token has work');
});

test('collected text equals streamed text, 200 of 200', async () => {
  await gw.pool(names('basic', 20));
  const pairs = await pooled(range(200), 64, async (n) => {
    const prompt = n % 3 ? `[[n:${20 + n}]] pair ${n}` : `pair ${n}`;
    const [whole, stream] = await Promise.all([gw.chat(prompt), gw.chatRaw(prompt, { stream: true }).then(readSse)]);
    return { n, whole: whole.body.choices?.[0].message.content ?? whole.text, streamed: stream.text };
  });
  assert.deepEqual(pairs.filter((pair) => pair.whole !== pair.streamed), []);
  assert.ok(pairs.every((pair) => pair.whole.length > 100));
});
