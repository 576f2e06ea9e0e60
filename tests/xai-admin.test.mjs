// Keys of xAI's API in the console's API: added, read, checked, limited, imported; and what answers cost.
// Directives in prompts, such as [[n:3]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { after, before, test } from './lib/suite.mjs';
import { ENCRYPTED, jwt, startGateway, until } from './lib/gateway.mjs';
import { rowOfKey, xaiForFile } from './lib/xai.mjs';

const xai = xaiForFile();
/** A key whose name says how the scripted xAI treats it. */
const key = (name) => `xai-${name}-key-of-the-suite`;
let gw;
before(async () => { gw = await startGateway({ vars: { ...ENCRYPTED, xai_base_url: xai.url }, reads: true }); });
after(() => gw.stop());

const row = async (id) => (await gw.ok('GET', `/tokens?id=${id}`))[0];

/** Replaces the pool by these keys and waits until they are read; returns their ids. */
async function pool(...names) {
  await gw.pool([]);
  await gw.ok('POST', '/tokens/add', { tokens: names.map(key) });
  const ids = await Promise.all(names.map(async (name) => (await rowOfKey(gw, key(name))).id));
  const isRead = (each) => each.read_time !== null || each.last_failure_time !== null;
  await until(async () => (await Promise.all(ids.map(row))).every(isRead), 'all keys are read');
  return ids;
}

const chat = (content, fields = {}) => gw.chat(content, { model: 'xai/grok-4.3', ...fields });

test('keys are read at xAI, and Grok is not asked', async () => {
  const [good, blocked, banned] = await pool('basic', 'blocked', 'banned');
  const first = await row(good);
  assert.deepEqual([first.token_type, first.status_code, first.quotas], ['xai', 'normal', []]);
  assert.ok(first.models.includes('grok-4.3') && first.models.includes('grok-imagine-image'), String(first.models));
  for (const [id, words] of [[blocked, /key is blocked/], [banned, /team is blocked/]]) {
    const { status_code, state_reason } = await row(id);
    assert.equal(status_code, 'expired');
    assert.match(state_reason, words);
  }
  assert.deepEqual(gw.grok.calls, []);
  const counts = await gw.ok('GET', '/stats');
  assert.deepEqual([counts.xai.total, counts.xai.active, counts.xai.expired, counts.normal.total], [3, 1, 2, 0]);
});

test('a test and a check say what xAI said', async () => {
  const [good, wrong] = await pool('basic', 'wrong');
  const { body } = await gw.api('POST', '/tokens/test', { id: wrong });
  assert.deepEqual([body.success, body.data.error_type], [false, 'expired']);
  assert.match(body.message, /Incorrect API key/);
  assert.ok((await gw.ok('POST', '/tokens/test', { id: good })).models.length > 3);
  const healthy = await gw.ok('POST', '/upstream/check', { id: good });
  assert.deepEqual(healthy.steps.map(({ name, state }) => `${name} ${state}`), ['name ok', 'connect ok', 'key ok', 'models ok']);
  const faulty = await gw.ok('POST', '/upstream/check', { id: wrong });
  assert.deepEqual([faulty.failed, faulty.error_type, faulty.advice.map(({ code }) => code)], ['key', 'dead_account', ['replace_key']]);
});

test('a chat costs what xAI charged, and a spent budget rests', async () => {
  const [id] = await pool('basic');
  await gw.ok('POST', '/tokens/budget', { ids: [id], daily_budget_usd: 0.000001 });
  const before = await gw.ok('GET', '/request-stats');
  const answer = await chat('Hello [[n:20]]');
  assert.equal(answer.status, 200, answer.text);
  const cost = await until(async () => (await gw.logs()).find(({ model }) => model === 'xai/grok-4.3')?.cost_usd, 'the log row');
  const micro = (usd) => Math.round(usd * 1e6);
  assert.equal(micro(cost), Math.round(xai.spent() / 1e4));
  const spent = await row(id);
  assert.deepEqual([micro(spent.spent_today_usd), micro(spent.spent_month_usd), spent.held_usd], [micro(cost), micro(cost), 0]);
  assert.deepEqual([spent.status_code, spent.status, spent.limit_reason], ['cooling', 'daily budget reached', 'budget']);
  const { summary, models } = await gw.ok('GET', '/request-stats');
  assert.equal(micro(summary.cost_today_usd - before.summary.cost_today_usd), micro(cost));
  assert.ok(models.some((each) => micro(each.cost_usd) >= micro(cost)), JSON.stringify(models));
  assert.ok((await gw.ok('GET', '/keys')).some((each) => micro(each.spent_today_usd) >= micro(cost)));
  const calls = xai.of('responses').length;
  const refused = await chat('Hello');
  assert.deepEqual([refused.status, xai.of('responses').length], [429, calls], refused.text);
  await gw.ok('POST', '/tokens/budget', { ids: [id], daily_budget_usd: null });
  assert.equal((await chat('Hello')).status, 200);
});

test('a budget of a key of the gateway ends its chats', async () => {
  await pool('basic');
  const { id, key: own } = await gw.ok('POST', '/keys/add', { name: 'limited' });
  await gw.ok('POST', '/keys/budget', { keys: [own], daily_budget_usd: 0 });
  assert.equal((await chat('Hello', { key: own })).status, 429);
  assert.equal((await chat('Hello')).status, 200, 'another key has no budget');
  await gw.ok('POST', '/keys/budget', { id, daily_budget_usd: 5 });
  assert.equal((await chat('Hello', { key: own })).status, 200);
  assert.equal((await gw.ok('GET', '/keys')).find((each) => each.id === id).daily_budget_usd, 5);
});

test('a file adds keys with their budgets', async () => {
  await gw.pool([]);
  const content = `token,note,daily_budget_usd\n${key('basic')},team,0.25\n${jwt('beside')},,\n`;
  const preview = await gw.ok('POST', '/tokens/import', { content, dry_run: true });
  assert.deepEqual(preview.lines.map(({ action, token_type, token_suffix }) => [action, token_type, token_suffix]), [['added', 'xai', ''], ['added', undefined, jwt('beside').slice(-6)]]);
  assert.equal((await gw.ok('POST', '/tokens/import', { content })).added, 2);
  const back = await rowOfKey(gw, key('basic'));
  assert.deepEqual([back.token_type, back.note, back.daily_budget_usd], ['xai', 'team', 0.25]);
});
