// The refresh of all tokens: a job that continues with every poll from any session, and survives the end of its host.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from './lib/suite.mjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayForFile, jwt, startGateway } from './lib/gateway.mjs';
import { startGrok } from './fake-grok.mjs';
import { HOST } from './lib/hosts.mjs';

// With --long 2000 accounts.
const POOL = process.env.LONG ? 2_000 : 400;
const names = (prefix, count) => Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
// On workerd a wrapper counts D1, KV and fetches of every invocation and refuses the 51st.
const options = { countBindings: HOST === 'workerd' };

const begin = (gw) => gw.ok('POST', '/tokens/refresh-all', {});
const progress = (gw, query = '') => gw.ok('GET', `/tokens/refresh-progress${query}`);

/** Polls until the job has ended; gives its last progress and how many polls that took. */
async function toTheEnd(gw, ms = 120_000) {
  let polls = 0;
  for (const end = Date.now() + ms; ; polls++) {
    const now = await progress(gw);
    if (!now.running) return { ...now, polls };
    assert.ok(Date.now() < end, `the refresh has not ended within ${ms} ms: ${JSON.stringify(now)}`);
    await sleep(25);
  }
}

/** Returns how often each account was read. */
function asked(grok) {
  const counts = new Map();
  for (const call of grok.of('subscriptions')) counts.set(call.tokenName, (counts.get(call.tokenName) ?? 0) + 1);
  return counts;
}

const gw = gatewayForFile(options);

test(`${POOL} tokens to the end by polling, each asked for once`, { timeout: 240_000 }, async (t) => {
  await gw.pool(names('basic', POOL));
  const started = Date.now();
  assert.deepEqual(await begin(gw).then(({ started, running, total }) => ({ started, running, total })), { started: true, running: true, total: POOL });
  const end = await toTheEnd(gw, 200_000);
  t.diagnostic(`${HOST}: ${POOL} tokens in ${Date.now() - started} ms and ${end.polls} polls`);
  assert.deepEqual([end.current, end.total, end.success, end.failed], [POOL, POOL, POOL, 0]);
  const counts = asked(gw.grok);
  assert.equal(counts.size, POOL);
  assert.equal(Math.max(...counts.values()), 1);
  assert.ok((await gw.tokens()).every((row) => row.remaining_queries === 80));
  if (HOST === 'workerd') {
    const { requests } = await import('./hosts/workerd.mjs');
    const polls = (await requests(gw.url)).filter((entry) => entry.path === '/api/tokens/refresh-progress');
    const most = Math.max(...polls.map((entry) => entry.steps.length));
    t.diagnostic(`subrequests of a poll, storage and upstream: at most ${most}`);
    assert.ok(most <= 20, `${most} subrequests`);
  }
});

test('dead and blocked differ, and a Heavy account has all modes', async () => {
  await gw.pool(['basic-1', 'dead-1', 'challenge-1']);
  await gw.addTokens(['heavy-1'], 'ssoSuper');
  await begin(gw);
  const end = await toTheEnd(gw);
  assert.deepEqual([end.current, end.success, end.failed], [4, 2, 2]);
  const { results } = await progress(gw, '?results=1');
  const outcome = Object.fromEntries(results.map((result) => [result.token_suffix, result.outcome]));
  assert.deepEqual(outcome, { [jwt('basic-1').slice(-6)]: 'ok', [jwt('dead-1').slice(-6)]: 'expired',
    [jwt('challenge-1').slice(-6)]: 'failed', [jwt('heavy-1').slice(-6)]: 'ok' });
  const rows = new Map((await gw.tokens()).map((row) => [row.token_suffix, row]));
  assert.equal(rows.get(jwt('dead-1').slice(-6)).status_code, 'expired');
  assert.equal(rows.get(jwt('challenge-1').slice(-6)).status_code, 'unused');
  const all = rows.get(jwt('heavy-1').slice(-6));
  assert.deepEqual(all.quotas.map(({ remaining }) => remaining), [150, 400, 150, 20]);
  const dead = await progress(gw, '?results=1&outcome=expired');
  assert.equal(dead.results.length, 1);
});

test('of two starts at once one is refused, with the progress', async () => {
  await gw.pool(names('basic', 30));
  gw.grok.script({ kind: 'limits' }, { first: 300 });
  const answers = await Promise.all([0, 1, 2].map(() => gw.api('POST', '/tokens/refresh-all', {})));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409]);
  const refused = answers.find(({ status }) => status === 409).body;
  assert.deepEqual([refused.success, refused.code, refused.data.running, refused.data.total], [false, 'REFRESH_RUNNING', true, 30]);
  assert.equal((await toTheEnd(gw)).success, 30);
  assert.equal(Math.max(...asked(gw.grok).values()), 1);
});

test('a hanging upstream fails its tokens and changes none', { timeout: 60_000 }, async () => {
  await gw.pool([...names('basic', 6), 'hung-1', 'hung-2']);
  for (const token of ['hung-1', 'hung-2']) gw.grok.script({ kind: 'limits', token }, { hang: 0 });
  await gw.hurry(8);
  await begin(gw);
  const end = await toTheEnd(gw, 30_000);
  await gw.hurry(1);
  assert.deepEqual([end.current, end.success, end.failed], [8, 6, 2]);
  assert.ok((await gw.tokens()).every((row) => ['unused', 'normal'].includes(row.status_code)));
});

test('a cancelled refresh asks for nothing more', async () => {
  await gw.pool(names('basic', 300));
  gw.grok.script({ kind: 'limits' }, { first: 200 });
  await begin(gw);
  const data = await gw.ok('POST', '/tokens/refresh-cancel', {});
  assert.deepEqual([data.running, data.state], [false, 'cancelled']);
  // As long as a slice takes: three accounts on workerd, elsewhere twenty, three at once.
  await sleep(HOST === 'workerd' ? 1_500 : 4_500);
  const asks = gw.grok.of('limits').length;
  assert.ok(asks <= 40, `${asks} calls: one slice`);
  await progress(gw);
  await sleep(500);
  assert.equal(gw.grok.of('limits').length, asks);
});

test('after a kill and a restart, polling finishes the job', { timeout: 180_000 }, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'grok2api-refresh-'));
  const grok = await startGrok();
  const first = await startGateway({ ...options, dataDir, grok });
  let second;
  try {
    await first.pool(names('basic', 250));
    grok.script({ kind: 'limits' }, { first: 100 });
    await begin(first);
    await grok.until(() => grok.of('limits').length > 3, 10_000, 'calls of the first slice');
    await (first.host.kill ?? first.host.stop)();
    const before = grok.of('limits').length;
    assert.ok(before < 250, 'it was killed half-way');
    second = await startGateway({ ...options, dataDir, grok });
    const started = Date.now();
    // The lease of the slice that died; on Spin polling waits for its end.
    await second.host.turnClock?.({ pass: 30_000 });
    const end = await toTheEnd(second, 150_000);
    t.diagnostic(`${HOST}: killed after ${before} calls, finished ${Date.now() - started} ms after the start`);
    assert.deepEqual([end.state, end.current, end.total, end.success], ['done', 250, 250, 250]);
    const counts = asked(grok);
    assert.equal(counts.size, 250);
    assert.ok(Math.max(...counts.values()) <= 2, 'no token was asked for more than twice');
  } finally {
    await (second ?? first).stop();
    await grok.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
