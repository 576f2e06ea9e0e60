// Statistics: the pool by type and state, and requests from counters that a cleared log does not touch.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { gatewayForFile, until } from './lib/gateway.mjs';

const gw = gatewayForFile();

const sum = (rows, field) => rows.reduce((total, row) => total + row[field], 0);
const counted = (total) => until(async () => {
  const data = await gw.ok('GET', '/request-stats');
  return data.summary.total >= total && data;
}, `${total} counted requests`);

test('the pool by type and state', async () => {
  await gw.pool(['basic-1', 'basic-2', 'dead-1']);
  await gw.addTokens(['super-1'], 'ssoSuper');
  for (const row of await gw.tokens()) if (row.token_type === 'sso') await gw.api('POST', '/tokens/test', { id: row.id });
  const { normal, super: supers, total } = await gw.ok('GET', '/stats');
  assert.equal(total, 4);
  assert.deepEqual([normal.total, normal.active, normal.expired, normal.remaining_queries], [3, 2, 1, 160]);
  assert.deepEqual([supers.total, supers.unused, supers.unknown_quota], [1, 1, 1]);
});

test('requests are counted once, whatever becomes of the log', async () => {
  await gw.pool(['basic-1']);
  for (const model of ['grok-4', 'grok-4', 'grok-4-fast']) assert.equal((await gw.chat('[[n:5]]', { model })).status, 200);
  assert.equal((await gw.chat('hi', { model: 'none' })).status, 404);
  await gw.ok('POST', '/logs/clear', {});
  const data = await counted(4);
  await gw.ok('POST', '/logs/clear', {});
  assert.deepEqual(await gw.ok('GET', '/request-stats'), data);
  assert.deepEqual([data.summary.success, data.summary.failed, data.summary.success_rate], [3, 1, 75]);
  assert.deepEqual(data.models, [
    { model: 'grok-4', count: 2, success: 2, failed: 0, cancelled: 0, cost_usd: 0 },
    { model: '', count: 1, success: 0, failed: 1, cancelled: 0, cost_usd: 0 },
    { model: 'grok-4-fast', count: 1, success: 1, failed: 0, cancelled: 0, cost_usd: 0 },
  ]);
  assert.deepEqual(data.errors, [{ code: 'model_not_found', count: 1 }]);
  assert.deepEqual(data.keys.map(({ name, count, success }) => [name, count, success]), [['suite', 4, 3]]);
  assert.deepEqual([data.hourly.length, sum(data.hourly, 'success'), sum(data.hourly, 'failed')], [24, 3, 1]);
  assert.deepEqual([data.daily.length, sum(data.daily, 'success'), sum(data.daily, 'failed')], [14, 3, 1]);
  const local = new Date(Date.now() + data.timezone_offset_minutes * 60_000).toISOString();
  assert.ok(data.daily.at(-1).date <= local.slice(0, 10));
  for (const { p50, p95 } of Object.values(data.latency)) assert.ok(p50 >= 0 && p95 >= p50 && p95 < 60_000, `${p50} ${p95}`);
});
