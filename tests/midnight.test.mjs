// A local midnight on a host without a scheduled maintenance: the first request of the new day starts it. The time zone is
// chosen so that a midnight is near, to the minute; on workerd the Worker's clock is turned to it.
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { databaseOf, sqlite } from './lib/database.mjs';
import { gatewayForFile, until } from './lib/gateway.mjs';

const MINUTE = 60_000;
/** Time enough to start a gateway and fill its cache. */
const LEAST_AHEAD_MS = 25_000;
/** The first chat of all runs the maintenance too, and for this time no other run starts. */
const LEASE_MS = 30_000;

let midnight;
const gw = gatewayForFile(() => {
  midnight = Math.ceil((Date.now() + LEAST_AHEAD_MS) / MINUTE) * MINUTE;
  const sinceUtcMidnight = (midnight / MINUTE) % 1440;
  const offset = sinceUtcMidnight <= 720 ? -sinceUtcMidnight : 1440 - sinceUtcMidnight;
  return { clock: true, vars: { timezone_offset_minutes: String(offset) } };
});

test('a local day’s first chat empties the cache after its answer', async () => {
  await gw.pool(['basic-1']);
  const answer = await gw.chat('draw me a moon', { model: 'grok-4' });
  const paths = [...answer.body.choices[0].message.content.matchAll(/\]\((http[^)]+)/g)].map(([, url]) => new URL(url).pathname);
  assert.equal(paths.length, 2, answer.text);
  for (const path of paths) assert.equal((await gw.call('GET', path)).status, 200);
  const database = await databaseOf(gw.dataDir);
  const copies = async () => Number(await sqlite('count', database, 'media_copies'));
  await until(async () => (await copies()) === 2, 'two stored pictures');

  assert.equal((await gw.chat('hi')).status, 200);
  await gw.logged(2);
  assert.ok(Date.now() < midnight, 'this machine was too slow to be here before midnight');
  await gw.pass(midnight - Date.now() + LEASE_MS);
  assert.equal(await copies(), 2, 'no request of the new day yet');

  const first = await gw.chat('good morning', { stream: true });
  assert.equal(first.status, 200, first.text);
  assert.match(first.headers.get('server-timing'), /\bdb;desc="?1"?;/, 'the chat itself costs what it always does');
  await until(async () => (await copies()) === 0, 'an empty cache', 30_000);
  for (const path of paths) assert.equal((await gw.call('GET', path)).status, 200, 'fetched again');
});
