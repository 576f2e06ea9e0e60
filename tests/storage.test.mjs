// What a request costs in storage, counted on workerd's D1 by a wrapper round the bindings.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { Miniflare } from 'miniflare';
import { here } from './lib/database.mjs';
import { before, test } from './lib/suite.mjs';
import { gatewayForFile, jwt, pooled, until } from './lib/gateway.mjs';

const gw = gatewayForFile({ host: 'workerd', countBindings: true });
let requests;
before(async () => {
  ({ requests } = await import('./hosts/workerd.mjs'));
});

const POOL = 2_000;
const names = (prefix, from, to) => Array.from({ length: to - from }, (_, n) => `${prefix}-${from + n}`);

/** Returns what the request behind this answer did, once all its work has ended. */
function work(headers) {
  const id = headers.get('x-test-request');
  return until(async () => (await requests(gw.url)).find((entry) => entry.id === id && entry.done), `the work of request ${id}`);
}

const isDb = (step) => step.kind === 'd1';
const sum = (steps, field) => steps.filter(isDb).reduce((total, step) => total + step[field], 0);

async function measuredChat(options) {
  const answer = await gw.chat('[[n:20]]', options);
  assert.equal(answer.status, 200, answer.text);
  // An account is asked for its owner once in its life, over HTTP, before its first chat.
  const steps = (await work(answer.headers)).steps.filter((step) => !step.url?.endsWith('/api/auth/session'));
  const sent = steps.findIndex((step) => step.kind === 'fetch');
  return { answer, steps, ahead: steps.slice(0, sent), behind: steps.slice(sent + 1) };
}

function withinBudget({ answer, steps, ahead, behind }) {
  assert.deepEqual(ahead.map((step) => step.kind), ['d1'], 'one round trip before the upstream request leaves');
  assert.deepEqual(behind.map((step) => step.kind), ['d1'], 'one after');
  assert.match(answer.headers.get('server-timing'), new RegExp(`\\bdb;desc="?${ahead.length}"?;`));
  assert.equal(steps.filter((step) => step.kind === 'fetch').length, 1);
}

test('a chat: one round trip before the upstream, one after', async (t) => {
  await gw.pool(['basic-1', 'basic-2', 'basic-3']);
  await gw.chat('warm');
  for (const stream of [false, true]) {
    const measured = await measuredChat({ stream });
    withinBudget(measured);
    const { steps } = measured;
    t.diagnostic(`rows written ${sum(steps, 'rowsWritten')} (${steps.filter(isDb).map((step) => step.rowsWritten)}), read ${sum(steps, 'rowsRead')}`);
    assert.ok(sum(steps, 'rowsWritten') <= 8, `${sum(steps, 'rowsWritten')} rows written`);
  }
});

test('a failed attempt costs two more', async () => {
  await gw.pool(['broken-1', 'basic-1']);
  const all = [];
  for (let n = 0; n < 2; n++) all.push(await measuredChat());
  const retried = all.find(({ steps }) => steps.filter((step) => step.kind === 'fetch').length === 2);
  assert.ok(retried, 'the broken token had its turn');
  assert.deepEqual(retried.steps.map((step) => step.kind), ['d1', 'fetch', 'd1', 'd1', 'fetch', 'd1']);
});

test('models take at most one, health none, admin lists two', async () => {
  const cost = async (method, path, headers = {}) => (await work((await gw.call(method, path, { headers })).headers)).steps.length;
  assert.equal(await cost('GET', '/v1/models', { authorization: `Bearer ${gw.key}` }), 1);
  assert.equal(await cost('GET', '/v1/models', { authorization: 'Bearer sk-wrong' }), 1);
  assert.equal(await cost('GET', '/v1/models'), 0);
  assert.equal(await cost('GET', '/health'), 0);
  for (const path of ['/api/tokens', '/api/keys', '/api/logs', '/api/settings']) {
    assert.ok(await cost('GET', path, { authorization: `Bearer ${gw.session}` }) <= 2, path);
  }
});

test(`with ${POOL} tokens a reservation reads at most 20 rows`, async (t) => {
  await gw.pool([...names('quota', 0, POOL / 2), ...names('basic', 0, POOL / 2)]);
  const reservation = async () => {
    const measured = await measuredChat();
    withinBudget(measured);
    assert.ok(sum(measured.steps, 'rowsWritten') <= 8);
    return measured.ahead[0].rowsRead;
  };
  gw.grok.script({}, (call) => (call.tokenName.startsWith('quota') ? { error: undefined } : {}));
  const fresh = await reservation();
  t.diagnostic(`rows read by a reservation with ${POOL} tokens: ${fresh}`);
  assert.ok(fresh <= 20, `${fresh} rows`);
});

test('also with half of them cooling', { timeout: 240_000 }, async (t) => {
  gw.grok.reset();
  // Chats until some quota-… tokens have had their 429; some find three of them in a row and are refused. The others get the
  // same outcome by the way that every outcome takes.
  const isCooled = (call) => call.tokenName.startsWith('quota');
  while (gw.grok.of('chat').filter(isCooled).length < 50) await pooled(names('cool', 0, 64), 16, (name) => gw.chat(`[[n:1]] ${name}`));
  const database = await gw.host.miniflare.getD1Database('DB');
  const cooling = async () => (await database.prepare('SELECT count(*) AS n FROM account_quotas WHERE cool_until > 0').first()).n;
  await until(async () => await cooling() >= 50, 'cool-downs of the chats');
  const suffixes = JSON.stringify(names('quota', 0, POOL / 2).map((name) => jwt(name).slice(-6)));
  await database.prepare(`INSERT INTO account_outcomes (account_id, at, bucket, spent, used_up,
      window_until, not_granted, cool_until, skip, strike, read, reason)
    SELECT t.id, ?1, q.bucket, 0, 0, 0, 0, q.cool_until, 0, 0, 0, 'as the others' FROM tokens t,
      (SELECT * FROM account_quotas WHERE cool_until > 0 LIMIT 1) q
    WHERE t.suffix IN (SELECT value FROM json_each(?2)) AND t.id NOT IN (SELECT account_id FROM account_quotas)`).bind(Date.now(), suffixes).run();
  assert.equal(await cooling(), POOL / 2);
  const read = [];
  for (let n = 0; n < 10; n++) {
    const measured = await measuredChat();
    withinBudget(measured);
    read.push(measured.ahead[0].rowsRead);
  }
  t.diagnostic(`rows read by a reservation with ${POOL / 2} of ${POOL} tokens cooling: ${read}`);
  assert.ok(Math.max(...read) <= 20, `${read}`);
});

test('with all 16 sets of modes used up: at most 80 rows', { timeout: 120_000 }, async (t) => {
  await gw.pool(names('heavy', 0, POOL));
  const database = await gw.host.miniflare.getD1Database('DB');
  const run = (sql, ...values) => database.prepare(sql).bind(...values).run();
  const now = Date.now();
  // Of each rank, an account in each of the 16 sets; what a set blocks is used up for an hour.
  await run("UPDATE tokens SET read_type = CASE id % 5 WHEN 0 THEN 'sso' WHEN 1 THEN 'ssoSuper' WHEN 2 THEN 'ssoHeavy' END, token_type = iif(id % 5 = 3, 'sso', 'ssoSuper')");
  for (const [bit, mode] of ['auto', 'fast', 'expert', 'heavy'].entries()) {
    await run('INSERT INTO account_quotas SELECT id, ?1, iif(id / 5 >> ?2 & 1, 0, 9), 50, ?3, 0 FROM tokens', mode, bit, now + 3_600_000);
  }
  await run('INSERT INTO account_blocks SELECT id, ?1 FROM tokens', now);
  assert.equal((await database.prepare('SELECT count(DISTINCT precedence * 16 + blocked) AS n FROM tokens').first()).n, 5 * 16);
  for (const model of ['grok-fast', 'grok-auto', 'grok-expert', 'grok-heavy']) {
    const { ahead, steps } = await measuredChat({ model });
    t.diagnostic(`${model}: ${ahead[0].rowsRead} rows read, ${sum(steps, 'rowsWritten')} written by the chat`);
    assert.ok(ahead[0].rowsRead <= 80, `${ahead[0].rowsRead} rows`);
    assert.ok(sum(steps, 'rowsWritten') <= 8);
  }
});

// D1's free plan allows 100,000 rows a day, and a busy gateway writes a part of them itself.
const UPGRADED = 20_000;
const MOST_ROWS = 45_000;

test(`upgrading ${UPGRADED} accounts writes at most ${MOST_ROWS} rows`, { timeout: 120_000 }, async (t) => {
  const miniflare = new Miniflare({ modules: true, script: 'export default {}', d1Databases: ['DB'] });
  try {
    const database = await miniflare.getD1Database('DB');
    const folder = here('../../migrations');
    const files = (await readdir(folder)).sort();
    const before = files.indexOf('0005_accounts.sql');
    /** Applies a migration as the gateway does, and gives the rows that it wrote. */
    const apply = async (file) => {
      let written = 0;
      for (const statement of (await readFile(`${folder}/${file}`, 'utf8')).split('\n-- statement\n')) {
        written += (await database.prepare(statement).run()).meta.rows_written;
      }
      return written;
    };
    for (const file of files.slice(0, before)) await apply(file);
    await database.prepare(`WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
      INSERT INTO tokens (hash, sealed, suffix, user_id, token_type, state, turn, tags, note, normal_remaining, normal_until, created_at)
      SELECT printf('%064x', n), 'clear ' || n, 'suffix', iif(n % 2, '', printf('%08x-9f3e-4a5f-8f7f-2b0b5a8e4f10', n)), iif(n % 5, 'sso', 'ssoSuper'),
        CASE n % 10 WHEN 7 THEN 'disabled' WHEN 8 THEN 'expired' ELSE 'active' END, n, json_array('tag ' || n % 3), 'note ' || n, n % 80, 4e12, n
        FROM n`).bind(UPGRADED).run();
    await database.prepare("INSERT INTO token_cooldowns (token_id, name, bucket, until) SELECT id, 'grok-3', 'normal', 4e12 FROM tokens WHERE id % 10 = 1").run();
    const stored = async () => (await database.prepare('SELECT id, hash, sealed, suffix, user_id, token_type, state, turn, tags, note, created_at FROM tokens ORDER BY id').raw());
    const accounts = await stored();
    assert.equal(accounts.length, UPGRADED);
    const written = await apply(files[before]);
    t.diagnostic(`${written} rows written for ${UPGRADED} accounts`);
    assert.deepEqual(await stored(), accounts);
    assert.ok(written <= MOST_ROWS, `${written} rows`);
  } finally {
    await miniflare.dispose();
  }
});
