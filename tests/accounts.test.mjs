// Accounts are read, not asked: what the gateway finds out about them by itself, and what chats see of it meanwhile.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from './lib/suite.mjs';
import { gatewayForFile, jwt, pooled, startGateway, until } from './lib/gateway.mjs';
import { HOST } from './lib/hosts.mjs';

/** The time zone in which it is between 12:00 and 13:00: the tests pass less time than until its midnight, after which a chat does the daily work. */
const NOON = 12 * 60 - new Date().getUTCHours() * 60;

// On workerd a wrapper counts subrequests, refuses the 51st, and ends work 30 seconds after an answer.
const gw = gatewayForFile({ reads: true, countBindings: HOST === 'workerd', vars: { timezone_offset_minutes: String(NOON) } });

// With --long 500 accounts and 300 chats in each mode, otherwise 100 and 60.
const SCALE = process.env.LONG ? 5 : 1;
const SUBREQUESTS = 50;
const ABOUT_ACCOUNTS = ['identity', 'subscriptions', 'modes', 'limits'];

const names = (prefix, count) => Array.from({ length: count }, (_, n) => `${prefix}-${n + 1}`);
const suffix = (name) => jwt(name).slice(-6);
const row = async (name) => (await gw.tokens()).find((each) => each.token_suffix === suffix(name));
const modesOf = (account) => account.quotas.map(({ state, remaining, total }) => (state === 'left' ? `${remaining}/${total}` : state));

/** Calls the maintenance as cron and `up` do, until nothing is left for the moment. */
async function maintain() {
  for (let calls = 0; ; calls++) {
    const { status } = await gw.call('POST', '/internal/maintenance');
    if (status !== 202) return calls;
  }
}

/** Returns the calls about an account, or about all of them. */
const about = (name, grok = gw.grok) => grok.calls.filter((call) => ABOUT_ACCOUNTS.includes(call.kind) && (!name || call.token === jwt(name)));

/** Lets time pass for the gateway and for Grok, whose clocks are one where a test cannot turn them. */
async function pass(gateway, ms) {
  if (gateway.host.turnClock) gateway.grok.turnClock({ pass: ms });
  await gateway.pass(ms);
}

/** Returns what the Worker did, request by request; nothing on Spin, which does not count it. */
async function invocations() {
  if (HOST !== 'workerd') return [];
  const { requests } = await import('./hosts/workerd.mjs');
  const all = () => requests(gw.url);
  await until(async () => (await all()).every((entry) => entry.done), 'the work after the answers');
  return all();
}

/** Replaces the pool by accounts whose limits are set before Grok is asked about them, and waits until it has answered. */
async function readPool(names, limits = {}) {
  await gw.pool([]);
  for (const [name, limit] of Object.entries(limits)) gw.grok.limit(name, limit);
  await gw.addTokens(names);
  await allRead();
}

/** Returns what the gateway believes to be left, and what Grok says, both by account and mode. */
async function quotasOfBoth(names) {
  const rows = new Map((await gw.tokens()).map((each) => [each.token_suffix, each.quotas]));
  const left = ({ state, remaining }) => (state === 'unknown' ? state : remaining ?? 0);
  const believed = names.map((name) => rows.get(suffix(name)).map((quota) => `${quota.mode} ${left(quota)}`).join(', '));
  const stated = names.map((name) => Object.entries(gw.grok.quotas(jwt(name))).filter(([mode]) => mode !== 'build')
    .map(([mode, { remaining }]) => `${mode} ${remaining}`).join(', '));
  return [believed, stated];
}

/** Waits until Grok has answered about every account. */
const allRead = () => until(async () => (await gw.api('GET', '/tokens?limit=1')).body.unread === 0, 'every account is read', 120_000);

test('an added account is read: type, modes, owner, numbers', async () => {
  await gw.pool(['free-1', 'supergrok-1', 'heavy-1', 'dead-1']);
  const rows = await until(async () => {
    const all = await gw.tokens();
    return all.every((each) => each.type_read || each.status_code === 'expired') && new Map(all.map((each) => [each.token_suffix, each]));
  }, 'all are read');
  const [free, supergrok, heavy, dead] = ['free-1', 'supergrok-1', 'heavy-1', 'dead-1'].map((name) => rows.get(suffix(name)));
  assert.deepEqual([free, supergrok, heavy].map((each) => each.token_type), ['sso', 'ssoSuper', 'ssoHeavy']);
  assert.deepEqual(modesOf(free), ['7/7', '30/30', 'not_granted', 'not_granted']);
  assert.deepEqual(modesOf(supergrok), ['50/50', '140/140', '90/90', 'not_granted']);
  assert.deepEqual(modesOf(heavy), ['150/150', '400/400', '150/150', '20/20']);
  assert.ok([free, supergrok, heavy].every((each) => /^[0-9a-f]{6}$/.test(each.user_id_suffix) && each.read_time > 0));
  assert.deepEqual([dead.status_code, dead.type_read], ['expired', false]);
  const before = gw.grok.of('identity').filter((call) => call.token === jwt('free-1')).length;
  assert.equal((await gw.chat('hi')).status, 200);
  assert.equal(gw.grok.of('identity').filter((call) => call.token === jwt('free-1')).length, before, 'the owner is asked for once');
});

test('one account under two tokens serves once, and fails over', async () => {
  await gw.pool(['double-free-1-1', 'double-free-1-2', 'free-2']);
  const first = await until(async () => {
    const each = await row('double-free-1-1');
    return each.duplicate_of && each;
  }, 'the double is found');
  assert.equal(first.duplicate_of, (await row('double-free-1-2')).id, 'the newer session serves');
  assert.equal(first.status_code, 'duplicate');
  await allRead();
  for (let n = 0; n < 6; n++) assert.equal((await gw.chat('hi')).status, 200);
  assert.equal(gw.grok.tokens.get(jwt('double-free-1-1')), undefined);
  await gw.ok('POST', '/tokens/status', { id: first.duplicate_of, enabled: false });
  assert.equal((await row('double-free-1-1')).duplicate_of, null);
  for (let n = 0; n < 2; n++) assert.equal((await gw.chat('hi')).status, 200);
  assert.equal(gw.grok.tokens.get(jwt('double-free-1-1')), 1);
});

test(`${100 * SCALE} accounts sort themselves out while chats go on`, { timeout: 280_000 }, async (t) => {
  const [dead, supers, free, doubles] = [20, 10, 66, 2].map((count) => count * SCALE);
  const pairs = names('double-free-9', doubles).flatMap((name) => [`${name}-1`, `${name}-2`]);
  await gw.pool([]);
  // All of them are called Basic.
  await gw.addTokens([...names('dead', dead), ...names('supergrok', supers), ...names('free', free), ...pairs]);
  const began = Date.now();
  const statuses = [];
  let isOver = false;
  const chats = pooled(Array.from({ length: 4 }), 4, async (_, lane) => {
    while (!isOver) {
      const answer = await gw.chat(`[[n:5]] lane ${lane}`);
      statuses.push(answer.status);
      if (answer.status !== 200) t.diagnostic(`${answer.status} ${answer.text}`);
      await sleep(60);
    }
  });
  // What cron and `up` do; the console is closed.
  while (await sleep(100, true) && (await unreadInDatabase()) > 0) await maintain();
  isOver = true;
  await chats;
  t.diagnostic(`${HOST}: ${100 * SCALE} accounts in ${Date.now() - began} ms, ${statuses.length} chats meanwhile`);
  assert.deepEqual(statuses.filter((status) => status !== 200), []);
  const counts = {};
  for (const { status_code, token_type } of await gw.tokens()) {
    const kind = ['expired', 'duplicate'].includes(status_code) ? status_code : token_type;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  assert.deepEqual(counts, { expired: dead, ssoSuper: supers, sso: free + doubles, duplicate: doubles });
  await sleep(100);
  const stats = await gw.ok('GET', '/stats');
  assert.deepEqual([stats.normal.modes.fast.total, stats.super.modes.expert.total], [(free + doubles) * 30, supers * 90]);
  assert.ok((await invocations()).every((entry) => !entry.cutOff && entry.steps.length <= SUBREQUESTS));
});

/** The number of accounts that are still to be read, without a call that would read some. */
async function unreadInDatabase() {
  const { normal, super: supers } = await gw.ok('GET', '/stats');
  return normal.unused + supers.unused;
}

test('a used-up mode: 429 until its window ends, then served', async () => {
  // On Spin the window passes in real time.
  const window = gw.host.turnClock ? 1_800 : 5;
  // A chat that finds the daily work due does that work, and reads no account.
  await maintain();
  await readPool(['free-1']);
  // Its owner uses it up on Grok's page; the gateway finds out by a chat, and asks for the end of the window by itself.
  const usedUp = { total: 30, remaining: 0, window };
  gw.grok.limit('free-1', { enforce: true, modes: { fast: usedUp, auto: usedUp } });
  assert.equal((await gw.chat('hi')).status, 429);
  await until(() => gw.grok.of('limits').length >= 4, 'the second reading');
  await until(async () => modesOf(await row('free-1')).slice(0, 2).every((state) => state === 'used_up'), 'it is stored');
  const chats = gw.grok.of('chat').length;
  const refused = await Promise.all(['grok-4-fast', 'grok-auto'].map((model) => gw.chat('hi', { model })));
  const waits = refused.map(({ headers }) => Number(headers.get('retry-after')));
  assert.deepEqual(refused.map(({ status }) => status), [429, 429]);
  assert.ok(waits.every((wait) => wait > window - 5 && wait <= window), `${waits} of ${window}`);
  assert.equal(gw.grok.of('chat').length, chats, 'Grok is not asked in vain');
  // The quota may be read again some seconds after the window's end.
  await pass(gw, Math.max(...waits) * 1_000 + (gw.host.turnClock ? 10_000 : 0));
  const [began, known] = [Date.now(), about().length];
  assert.equal((await gw.chat('[[n:5]] [[slow:20]]')).status, 200);
  const served = gw.grok.of('chat').at(-1);
  assert.equal(served.token, jwt('free-1'));
  const ahead = about().filter((call) => call.at >= began && call.at <= served.endedAt);
  assert.deepEqual(ahead.map((call) => call.kind), [], 'no chat waits for a reading');
  if (!gw.host.turnClock) return;
  await until(() => about().length > known, 'a reading after the chat');
  await until(async () => modesOf(await row('free-1')).every((state) => state !== 'unknown'), 'it is stored');
  assert.deepEqual(...await quotasOfBoth(['free-1']));
});

test(`${60 * SCALE} chats of each mode at 16 at once: quotas agree`, { timeout: 200_000 }, async (t) => {
  const accounts = ['free-1', 'free-2', 'supergrok-1', 'supergrok-2', 'heavy-1', 'heavy-2'];
  const heavy = { enforce: true, modes: { heavy: 200 } };
  await readPool(accounts, { '*': { enforce: true }, 'heavy-1': heavy, 'heavy-2': heavy });
  assert.deepEqual(...await quotasOfBoth(accounts));
  for (const mode of ['auto', 'fast', 'expert', 'heavy']) {
    await gw.ok('POST', '/logs/clear', {});
    const began = Date.now();
    const answers = await pooled(Array.from({ length: 60 * SCALE }), 16, (_, n) => gw.chat(`[[n:5]] chat ${n}`, { model: `grok-${mode}` }));
    t.diagnostic(`${HOST}: ${answers.length} chats of ${mode} in ${Date.now() - began} ms`);
    assert.deepEqual(answers.filter(({ status }) => status !== 200).map(({ text }) => text), []);
    // A chat is counted with its log row.
    await gw.logged(answers.length);
  }
  assert.deepEqual(...await quotasOfBoth(accounts));
});

test('the signature is sent where cookies are refused', async (t) => {
  await gw.pool([]);
  gw.grok.limit('free-1', { signed: true });
  await gw.addTokens(['free-1', 'free-2']);
  // Without a signature its last question, for heavy, is refused like the others.
  await until(() => about('free-1').some((call) => call.body?.modelName === 'heavy'), 'one is asked about in vain');
  const other = await until(async () => (await gw.tokens()).find((each) => each.type_read), 'the other is read');
  assert.deepEqual([other.token_suffix, (await row('free-1')).type_read], [suffix('free-2'), false]);
  assert.ok(about('free-1').every((call) => !call.headers['x-statsig-id']));
  await gw.ok('POST', '/tokens/status', { id: other.id, enabled: false });
  assert.equal((await gw.chat('hi')).status, 200, 'an unread account serves');
  const heavies = names('heavy', 3);
  try {
    await gw.settings({ x_statsig_id: 'operator-value' });
    for (const name of heavies) gw.grok.limit(name, { signed: true });
    await gw.addTokens(heavies);
    await until(async () => (await gw.tokens()).filter((each) => each.token_type === 'ssoHeavy').length === 3, 'they are read');
    const tested = await gw.ok('POST', '/tokens/test', { token: (await row('free-1')).id, token_type: 'sso' });
    assert.deepEqual(modesOf(tested), ['7/7', '29/30', 'not_granted', 'not_granted']);
  } finally {
    await gw.settings({ x_statsig_id: null });
  }
  for (const name of heavies) {
    const sent = about(name).filter((call) => call.kind !== 'identity').map((call) => [call.kind, call.body?.modelName ?? '', call.headers['x-statsig-id']]);
    const asked = ['subscriptions ', 'limits auto', 'limits fast', 'limits expert', 'limits heavy'];
    const signatures = (what) => sent.filter(([kind, mode]) => `${kind} ${mode}` === what).map(([, , signature]) => signature);
    assert.deepEqual(asked.map(signatures), asked.map((_, n) => (n === 0 ? [undefined, 'operator-value'] : ['operator-value'])), 'cookies alone once');
  }
  const readers = (await invocations()).filter((entry) => entry.steps.some((step) => step.url?.endsWith('/rest/subscriptions')));
  const most = Math.max(0, ...readers.map((entry) => entry.steps.length));
  t.diagnostic(`${HOST}: at most ${most} subrequests of a request that reads accounts`);
  assert.ok(most <= SUBREQUESTS, `${most} subrequests`);
});

test('a chat passes over up to 8 ended sessions', async (t) => {
  // A paid account comes after the free ones.
  await readPool([...names('suspect', 6), 'supergrok-1']);
  await gw.ok('POST', '/logs/clear', {});
  for (const round of [1, 2]) {
    assert.equal((await gw.chat('hi')).status, 200);
    const [log] = await gw.logged(round);
    assert.deepEqual([log.status, log.attempts, log.token_suffix], [200, 7, suffix('supergrok-1')]);
    assert.deepEqual(names('suspect', 6).map((name) => gw.grok.tokens.get(jwt(name))), Array(6).fill(round));
    // To Grok's other pages the sessions are good: they are read again, and serve until the second refusal.
    const state = round === 1 ? 'normal' : 'expired';
    await until(async () => {
      const all = (await gw.tokens()).filter((each) => each.token_suffix !== log.token_suffix);
      return all.every((each) => each.status_code === state && (round === 2 || each.read_time > each.last_failure_time));
    }, `they are ${state} and read again`);
  }
  // The worst case: their owners are unknown, and found in the second way only.
  await gw.pool([]);
  gw.grok.script({ kind: 'identity' }, { error: 'unavailable' });
  await gw.addTokens(names('suspect', 12));
  await allRead();
  gw.grok.reset();
  gw.grok.script({ kind: 'identity', path: '/api/auth/session' }, { shape: 'none' });
  const failed = await gw.chat('hi');
  assert.deepEqual([failed.status, failed.body.error.code], [502, 'upstream_error'], failed.text);
  assert.equal((await gw.logged(3))[0].attempts, 9);
  const chat = (await invocations()).findLast((entry) => entry.path === '/v1/chat/completions');
  if (!chat) return;
  t.diagnostic(`${chat.steps.length} subrequests of a chat over 9 ended sessions`);
  assert.ok(chat.steps.length <= SUBREQUESTS);
});

test('a network that blocks everything is left in peace', async () => {
  const blocked = await startGateway({ reads: true, clock: true });
  // A chat may ask whose account it is; nothing else asks for these.
  const asked = () => blocked.grok.calls.filter((call) => ['subscriptions', 'modes', 'limits'].includes(call.kind)).length;
  /** Waits until Grok is not asked for some time. */
  const quiet = async () => {
    for (let before = -1; asked() > before; await sleep(150)) before = asked();
    return asked();
  };
  /** Does all that makes the gateway read accounts. */
  const provoke = async (name) => {
    await blocked.addTokens([name]);
    await blocked.tokens();
    await blocked.call('POST', '/internal/maintenance');
    const { status, body } = await blocked.chat('hi');
    assert.deepEqual([status, body.error?.code], [502, 'upstream_blocked']);
    return quiet();
  };
  try {
    await blocked.addTokens(names('challenge', 5));
    await until(() => asked() > 0, 'the first slice');
    const first = await quiet();
    assert.equal(await provoke('challenge-6'), first);
    if (!blocked.host.turnClock) return;
    await blocked.pass(9.5 * 60_000);
    assert.equal(await provoke('challenge-7'), first);
    await blocked.pass(60_000);
    assert.ok(await provoke('challenge-8') > first, 'ten minutes later it tries again');
  } finally {
    await blocked.stop();
  }
});

test('with read_accounts off, only people have accounts read', async () => {
  await gw.settings({ read_accounts: false });
  await gw.pool([]);
  await gw.addTokens(['free-1', 'supergrok-1']);
  for (let n = 0; n < 3; n++) assert.equal((await gw.api('GET', '/tokens')).body.unread, 0);
  await maintain();
  await sleep(200);
  assert.equal(about().length, 0);
  assert.equal((await gw.chat('hi')).status, 200);
  await sleep(200);
  assert.deepEqual(about().map((call) => call.kind), ['identity'], 'the chat needs its owner');
  const tested = await gw.ok('POST', '/tokens/test', { token: (await row('free-1')).id, token_type: 'sso' });
  assert.deepEqual([tested.token_type, tested.type_read], ['sso', true]);
  assert.equal((await row('supergrok-1')).type_read, false);
  await gw.ok('POST', '/tokens/refresh-all', {});
  await until(async () => !(await gw.ok('GET', '/tokens/refresh-progress')).running, 'the refresh');
  assert.deepEqual((await gw.tokens()).map((each) => each.type_read), [true, true]);
  // Switched on again, it reads at once.
  await gw.settings({ read_accounts: true });
  await gw.addTokens(['heavy-1']);
  await until(async () => (await row('heavy-1')).type_read, 'it is read');
});
