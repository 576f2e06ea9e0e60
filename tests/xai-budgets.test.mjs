// Daily budgets in US dollars, of keys of xAI's API and of the gateway's own keys, with 64 requests at once; and the next day.
// Directives in prompts, such as [[n:40]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { pooled, until } from './lib/gateway.mjs';
import { HOST } from './lib/hosts.mjs';
import { beforeEach, test } from './lib/suite.mjs';
import { TICKS, xaiGatewayForFile, xaiKey } from './lib/xai.mjs';

const DAY_MS = 86_400_000;
/** It is noon where the gateway's operator lives. */
const offset = 720 - Math.floor((Date.now() % DAY_MS) / 60_000);
const { xai, gw } = xaiGatewayForFile({ clock: true, vars: { timezone_offset_minutes: String(offset) } });
const untilMidnight = (now) => DAY_MS - ((now + offset * 60_000) % DAY_MS);

const AT_ONCE = 64;
const model = 'xai/grok-4.6';
const PROMPT = '[[n:200]] [[think:10]] [[first:150]]';
/** What an answer costs: its input, and 210 tokens. */
const LEAST = 210 * 60_000;
/** What is held for it, at least what it costs: its input, and 250 tokens. */
const MOST = 251 * 60_000 + 100 * 20_000;
const ask = (key = gw.key) => gw.chat(PROMPT, { key, model, max_tokens: 250 });
const account = (name) => gw.keyRow(name);
const settled = () => until(async () => (await gw.tokens()).every(({ held_usd: held }) => held === 0), 'nothing is held');

beforeEach(() => gw.keys([]));

/** Sends 64 requests at once, again and again until none is answered; returns the refusals of the last round. */
async function spendAll(key) {
  for (let round = 0; round < 8; round++) {
    const answers = await pooled(Array.from({ length: AT_ONCE }), AT_ONCE, () => ask(key));
    for (const { status, text, body } of answers) if (status !== 200) assert.deepEqual([status, body.error?.code], [429, 'budget_reached'], text);
    await settled();
    if (answers.every(({ status }) => status === 429)) return answers;
  }
  assert.fail('the budget is never reached');
}

test('64 at once stay within an account’s budget, but for one', async () => {
  await gw.addKeys(['basic-1']);
  const [{ id }] = await gw.tokens();
  const budget = 0.02;
  await gw.ok('POST', '/tokens/budget', { ids: [id], daily_budget_usd: budget });
  const refusals = await spendAll();
  const spent = xai.spent(xaiKey('basic-1'));
  assert.ok(spent >= budget * TICKS && spent < budget * TICKS + MOST, `${spent} of ${budget * TICKS}`);
  assert.ok(xai.of('responses').length >= Math.floor(budget * TICKS / MOST), `${xai.of('responses').length} answers`);
  assert.ok(xai.peak > 1, 'at once');
  for (const { headers, body } of refusals) {
    const left = Math.abs(Number(headers.get('retry-after')) - untilMidnight(Date.now()) / 1000);
    assert.ok(left < 90, `Retry-After ${headers.get('retry-after')} is not midnight`);
    assert.match(body.error.message, /budget of the keys of xAI/);
  }
  const { spent_today_usd, status_code, limit_reason, held_usd } = await account('basic-1');
  assert.deepEqual([status_code, limit_reason, held_usd, spent_today_usd], ['cooling', 'budget', 0, Math.round(spent / TICKS * 1e6) / 1e6]);
});

test('the other account goes on, then Grok accounts', async () => {
  await gw.addKeys(['basic-1', 'basic-2']);
  await gw.ok('POST', '/tokens/budget', { ids: [(await account('basic-1')).id], daily_budget_usd: 0 });
  const statuses = await pooled(Array.from({ length: 8 }), 8, async () => (await ask()).status);
  assert.deepEqual(statuses, Array(8).fill(200));
  assert.deepEqual([xai.spent(xaiKey('basic-1')), xai.of('responses').length], [0, 8]);
  await gw.settings({ xai_route: 'first' });
  await gw.ok('POST', '/tokens/budget', { ids: [(await account('basic-2')).id], daily_budget_usd: 0 });
  await gw.addTokens(['basic-3']);
  const answer = await gw.chat('[[text:from Grok]]', { model: 'grok-4' });
  assert.match(answer.body.choices?.[0].message.content ?? answer.text, /from Grok$/);
  await gw.settings({ xai_route: 'last' });
});

test('64 at once stay within a key’s budget over two accounts', async () => {
  await gw.addKeys(['basic-1', 'basic-2']);
  const { key } = await gw.ok('POST', '/keys/add', { name: 'limited' });
  const rowOf = async () => (await gw.ok('GET', '/keys')).find(({ name }) => name === 'limited');
  const budget = 0.015;
  await gw.ok('POST', '/keys/budget', { ids: [(await rowOf()).id], daily_budget_usd: budget });
  const refusals = await spendAll(key);
  const spent = xai.spent();
  assert.ok(spent >= budget * TICKS && spent < budget * TICKS + MOST, `${spent} of ${budget * TICKS}`);
  for (const { body } of refusals) assert.match(body.error.message, /budget of this API key/);
  assert.equal((await rowOf()).spent_today_usd, Math.round(spent / TICKS * 1e6) / 1e6);
  assert.equal((await ask()).status, 200, 'another key has no budget');
});

test('a spent budget is the reason in any order of the ways', async () => {
  await gw.addKeys(['basic-1']);
  await gw.ok('POST', '/tokens/budget', { ids: [(await account('basic-1')).id], daily_budget_usd: 0 });
  for (const xai_route of ['first', 'last']) {
    await gw.settings({ xai_route });
    const answer = await gw.chat('hi', { model: 'grok-4' });
    assert.deepEqual([answer.status, answer.body.error?.code], [429, 'budget_reached'], `${xai_route}: ${answer.text}`);
  }
  await gw.settings({ xai_route: null });
});

test('prices of pictures count', async () => {
  await gw.addKeys(['basic-1']);
  await gw.ok('POST', '/tokens/budget', { ids: [(await account('basic-1')).id], daily_budget_usd: 0.02 });
  const draw = () => gw.call('POST', '/v1/images/generations', { body: { model: 'xai/grok-imagine-image', prompt: 'a moon' }, headers: { authorization: `Bearer ${gw.key}` } });
  assert.equal((await draw()).status, 200);
  await settled();
  const second = await draw();
  assert.deepEqual([second.status, second.body.error?.code], [429, 'budget_reached'], second.text);
  assert.equal((await account('basic-1')).spent_today_usd, 0.02);
});

test('an answer that its client leaves gives back what it held', async () => {
  await gw.addKeys(['basic-1']);
  const leaving = new AbortController();
  const response = await gw.chatRaw('[[n:500]] [[slow:20]]', { model, stream: true, signal: leaving.signal });
  await response.body.getReader().read();
  assert.ok((await account('basic-1')).held_usd > 0, 'it is held');
  leaving.abort();
  await until(async () => (await account('basic-1')).held_usd === 0, 'it is given back', 20_000);
});

test('a new day serves again', { skip: HOST !== 'workerd' && 'its clock cannot be turned' }, async () => {
  await gw.addKeys(['basic-1']);
  await gw.ok('POST', '/tokens/budget', { ids: [(await account('basic-1')).id], daily_budget_usd: 0.001 });
  assert.equal((await ask()).status, 200);
  await settled();
  const refused = await ask();
  assert.equal(refused.status, 429, refused.text);
  await gw.pass(1000 * (Number(refused.headers.get('retry-after')) - 120));
  assert.equal((await ask()).status, 429, 'two minutes before midnight');
  await gw.pass(125_000);
  assert.equal((await ask()).status, 200);
  assert.ok(LEAST > 0.001 * TICKS);
});
