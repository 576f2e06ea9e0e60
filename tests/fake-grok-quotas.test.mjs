// What the scripted Grok says about an account: its plan, its modes, quotas that are really counted, two sessions of one user.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { jwt, startGrok, userIdOf } from './fake-grok.mjs';
import { grokForFile } from './lib/grok.mjs';
import { attached, said } from './lib/mgw.mjs';

const grok = grokForFile();

const MODES = ['auto', 'fast', 'expert', 'heavy', 'build'];
const SIGNED = { 'x-statsig-id': 'signed' };

async function call(method, path, { token, body, headers = {}, url = grok.url } = {}) {
  const answer = await fetch(url + path, { method, headers: { ...(token ? { cookie: `sso=${token}` } : {}), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  // Chats answer with a line of JSON a frame.
  return { status: answer.status, body: text.startsWith('{') && !text.includes('\n') ? JSON.parse(text) : text };
}

const plan = (token, more) => call('GET', '/rest/subscriptions', { token, ...more });
const modes = (token, more) => call('POST', '/rest/modes', { token, body: { locale: 'en' }, ...more });
const limits = (token, modelName, more) => call('POST', '/rest/rate-limits', { token, body: { requestKind: 'DEFAULT', modelName }, ...more });
const left = async (token, mode) => (await limits(token, mode)).body.remainingQueries;
const tooMany = { error: { code: 7, message: 'Request rejected by anti-bot rules.', details: [] } };

/** Asks over the socket; returns the text, or the kind of the error. */
async function chat(token, mode = 'fast', message = '[[text:fine]]') {
  const client = await attached(grok, token, { mode });
  const { events } = await client.ask(message);
  await client.close();
  return events.find((event) => event.output?.stream_error)?.output.stream_error.kind ?? said(events);
}

const httpChat = (token, modelName = 'grok-3', url) => call('POST', '/rest/app-chat/conversations/new', { token, headers: SIGNED, url,
  body: { message: '[[text:fine]]', modelName } });

test('subscriptions: one active at most, ended ones stay listed', async () => {
  const rows = async (name) => (await plan(jwt(name))).body.subscriptions.map(({ tier, status }) => [tier, status]);
  const [active, ended] = ['SUBSCRIPTION_STATUS_ACTIVE', 'SUBSCRIPTION_STATUS_INACTIVE'];
  const [premium, pro, heavy] = ['X_PREMIUM', 'GROK_PRO', 'SUPER_GROK_PRO'].map((end) => `SUBSCRIPTION_TIER_${end}`);
  assert.deepEqual([await rows('free-1'), await rows('basic-1'), await rows('lapsed-1')], [[], [], [[pro, ended]]]);
  for (const name of ['super-1', 'supergrok-1']) assert.deepEqual(await rows(name), [[premium, ended], [pro, active]]);
  assert.deepEqual(await rows('heavy-1'), [[pro, ended], [heavy, active]]);
  const [past, current] = (await plan(jwt('heavy-1'))).body.subscriptions.map((row) => Date.parse(row.billingPeriodEnd));
  assert.ok(past < Date.now() && current > Date.now());
  grok.limit('free-1', { tier: 'X_PREMIUM_PLUS' });
  assert.deepEqual(await rows('free-1'), [['SUBSCRIPTION_TIER_X_PREMIUM_PLUS', active]]);
  assert.equal(grok.of('subscriptions').length, 8);
});

test('modes say what an account has and what it must buy', async () => {
  const has = { 'free-1': MODES.slice(0, 2), 'basic-1': MODES.slice(0, 3), 'supergrok-1': MODES.slice(0, 3), 'heavy-1': MODES.slice(0, 4) };
  for (const [name, expected] of Object.entries(has)) {
    const { body } = await modes(jwt(name));
    assert.deepEqual([body.modes.map(({ id }) => id), body.defaultModeId], [MODES, 'auto']);
    assert.deepEqual(body.modes.filter(({ availability }) => availability.available).map(({ id }) => id), expected, name);
    for (const mode of body.modes) assert.deepEqual(Object.keys(mode), ['id', 'title', 'description', 'badgeText', 'availability']);
  }
  const { body } = await modes(jwt('free-1'));
  assert.deepEqual(body.modes[3].availability, { requiresUpgrade: { minimumSubscriptionTier: 'TIER_SUPERGROK_HEAVY' } });
  for (const wrong of [undefined, {}, { locale: 1 }]) assert.equal((await modes(jwt('free-1'), { body: wrong })).status, 400);
  assert.equal(grok.of('modes').length, 8);
});

test('quotas by kind of account', async () => {
  const totals = { free: [7, 30, 0, 0, 0], lapsed: [7, 30, 0, 0, 0], supergrok: [50, 140, 90, 0, 0], heavy: [150, 400, 150, 20, 0] };
  for (const [kind, expected] of Object.entries(totals)) {
    const answers = await Promise.all(MODES.map((mode) => limits(jwt(`${kind}-1`), mode)));
    assert.deepEqual(answers.map(({ body }) => body.totalQueries), expected, kind);
    assert.deepEqual(answers.map(({ body }) => body.remainingQueries), expected, kind);
    assert.ok(answers.every(({ body }) => body.windowSizeSeconds === (expected[0] === 7 ? 86_400 : 7_200) && !('waitTimeSeconds' in body)));
  }
});

test('questions about an account need a living session', async () => {
  for (const ask of [plan, modes, (token) => limits(token, 'fast')]) {
    for (const [token, status] of [[undefined, 401], [jwt('dead-1'), 401], [jwt('blocked-1'), 403], [jwt('suspect-1'), 200]]) {
      const answer = await ask(token);
      assert.equal(answer.status, status, token);
      if (status !== 200) assert.ok(answer.body.error.code, 'JSON');
    }
    assert.match((await ask(jwt('challenge-1'))).body, /Just a moment/);
  }
  assert.equal((await call('POST', '/rest/subscriptions', { token: jwt('free-1'), body: {} })).status, 404);
  assert.equal((await call('GET', '/rest/modes', { token: jwt('free-1') })).status, 404);
});

test('a signature is wanted where limits or a rule say so', async () => {
  const [one, other] = [jwt('free-1'), jwt('free-2')];
  const ask = { subscriptions: plan, modes, limits: (token, more) => limits(token, 'fast', more) };
  for (const [kind, about] of Object.entries(ask)) {
    grok.reset();
    assert.equal((await about(one)).status, 200, kind);
    grok.limit('free-1', { signed: true });
    assert.deepEqual(await about(one), { status: 403, body: tooMany }, kind);
    assert.deepEqual([(await about(one, { headers: SIGNED })).status, (await about(other)).status], [200, 200]);
    grok.limit('*', { signed: true });
    assert.equal((await about(other)).status, 403);
    grok.reset();
    grok.script({ kind, token: 'free-1', times: 1 }, { signed: true });
    assert.deepEqual([(await about(one)).status, (await about(one)).status], [403, 200], 'once');
    grok.script({ kind }, { error: 'internal' });
    assert.equal((await about(one)).status, 500);
    grok.script({ kind }, { error: undefined, body: { odd: true } });
    assert.deepEqual((await about(one)).body, { odd: true });
  }
});

test('a mode that is used up is refused where it is enforced', async () => {
  const token = jwt('free-1');
  grok.limit('free-1', { modes: { fast: { total: 30, remaining: 2 }, auto: 1 } });
  for (let n = 0; n < 3; n++) assert.equal(await chat(token), 'fine', 'not enforced');
  grok.limit('free-1', { enforce: true, modes: { fast: { total: 30, remaining: 2 }, auto: 1 } });
  assert.deepEqual([await chat(token), await left(token, 'fast')], ['fine', 1]);
  assert.equal((await httpChat(token)).status, 200);
  const { body } = await limits(token, 'fast');
  assert.deepEqual([body.remainingQueries, body.totalQueries], [0, 30]);
  assert.ok(body.waitTimeSeconds > 86_390 && body.waitTimeSeconds <= 86_400);
  assert.equal(await chat(token), 'usage_limit_reached');
  const refused = await httpChat(token);
  assert.deepEqual([refused.status, refused.body.error.code], [429, 8]);
  assert.deepEqual([await chat(token, 'auto'), await chat(token, 'auto')], ['fine', 'usage_limit_reached'], 'each mode for itself');
  assert.equal(await chat(token, 'heavy'), 'model_not_available');
  assert.equal((await httpChat(token, 'grok-4-heavy')).status, 404);
});

test('turns at once are never answered beyond the quota', async () => {
  const token = jwt('free-1');
  grok.limit('*', { enforce: true });
  const clients = await Promise.all(Array.from({ length: 10 }, () => attached(grok, token, { mode: 'auto' })));
  for (const client of clients) client.say('[[n:5]] [[slow:20]]');
  const answers = await Promise.all(clients.map(async (client) => (await client.until('response.done')).response.status));
  assert.deepEqual([answers.filter((status) => status === 'completed').length, grok.quotas(token).auto.remaining], [7, 0]);
  await Promise.all(clients.map((client) => client.close()));
  // What fails or is left spends nothing and is free again.
  grok.limit('free-1', { modes: { fast: 1 } });
  assert.equal(await chat(token, 'fast', '[[stream_error:internal_error]]'), 'internal_error');
  const leaving = await attached(grok, token);
  leaving.say('[[n:500]] [[slow:20]]');
  await leaving.until((event) => event.chunk?.text);
  assert.equal(await chat(token), 'usage_limit_reached', 'the unit is held');
  leaving.ws.terminate();
  await grok.of('chat').find((each) => each.aborted || each.endedAt === null).done;
  assert.deepEqual([await chat(token), await left(token, 'fast')], ['fine', 0]);
});

test('hundreds of chats are counted one by one', async () => {
  const own = await startGrok({ enforce: true });
  const token = jwt('supergrok-1');
  const ask = () => httpChat(token, 'grok-3', own.url);
  const statuses = [];
  try {
    for (let n = 0; n < 20; n++) statuses.push(...await Promise.all(Array.from({ length: 8 }, async () => (await ask()).status)));
    const count = (status) => statuses.filter((each) => each === status).length;
    assert.deepEqual([count(200), count(429), own.quotas(token).fast.remaining], [140, 20, 0]);
  } finally { await own.stop(); }
});

test('a window that has ended restores the quota', async () => {
  const token = jwt('supergrok-1');
  grok.limit('*', { enforce: true });
  grok.limit('supergrok-1', { modes: { fast: 2, expert: { total: 9, remaining: 0 } } });
  assert.deepEqual([await chat(token), await chat(token), await chat(token)], ['fine', 'fine', 'usage_limit_reached']);
  grok.turnClock({ pass: 7_000_000 });
  assert.equal((await limits(token, 'fast')).body.waitTimeSeconds, 200);
  assert.deepEqual([await left(token, 'fast'), await left(token, 'expert')], [0, 0]);
  grok.turnClock({ pass: 200_000 });
  assert.deepEqual([(await limits(token, 'fast')).body, await left(token, 'expert')], [{ windowSizeSeconds: 7_200, remainingQueries: 2, totalQueries: 2,
    lowEffortRateLimits: null, highEffortRateLimits: null }, 9]);
  assert.equal(await chat(token), 'fine');
  assert.throws(() => grok.turnClock({ pass: -1 }), /cannot be turned/);
  // An old name has a window too.
  await httpChat(jwt('basic-1'));
  const old = async () => (await limits(jwt('basic-1'), 'grok-4')).body.remainingTokens;
  assert.equal(await old(), 79);
  grok.turnClock({ pass: 72_000_000 });
  assert.equal(await old(), 80);
});

test('two sessions of one user share its id and its quotas', async () => {
  const [one, two, alone] = ['double-free-7-1', 'double-free-7-2', 'free-7'].map(jwt);
  const identity = async (token) => (await call('GET', '/api/auth/session', { token })).body.session.userId;
  assert.deepEqual([await identity(one), await identity(two)], [userIdOf(alone), await identity(alone)]);
  assert.notEqual(await identity(jwt('double-free-8-1')), userIdOf(alone));
  assert.equal(userIdOf('double-free-7-1'), userIdOf('free-7'), 'a token that is not a JWT');
  assert.deepEqual([await chat(one, 'auto'), await chat(two, 'auto')], ['fine', 'fine']);
  assert.deepEqual(await Promise.all([one, two, alone].map((token) => left(token, 'auto'))), [5, 5, 5]);
  assert.deepEqual(grok.of('chat').map((each) => each.tokenName), ['double-free-7-1', 'double-free-7-2']);
  grok.limit('free-7', { modes: { auto: 3 } });
  assert.deepEqual([await left(one, 'auto'), await left(jwt('free-8'), 'auto')], [3, 7]);
  assert.equal((await plan(jwt('double-heavy-1-1'))).body.subscriptions.length, 2, 'and has the kind of the name inside');
  assert.equal((await plan(jwt('double-dead-1-1'))).status, 401);
});

test('limits, quotas and the clock over HTTP', async () => {
  const order = (path, body) => call('POST', `/__control/${path}`, { body });
  const quotas = async () => (await call('GET', `/__control/quotas?token=${jwt('free-1')}`)).body;
  await order('limits', { token: '*', limits: { enforce: true } });
  await order('limits', { token: 'free-1', limits: { modes: { fast: 1 } } });
  assert.deepEqual([await chat(jwt('free-1')), await chat(jwt('free-1'))], ['fine', 'usage_limit_reached']);
  const { fast, auto, heavy } = await quotas();
  assert.deepEqual([fast.remaining, fast.total, fast.wait > 86_000, auto], [0, 1, true, { remaining: 7, total: 7, window: 86_400 }]);
  assert.equal(heavy.total, 0);
  assert.equal((await order('clock', { pass: 86_400_000 })).status, 200);
  assert.deepEqual((await quotas()).fast, { remaining: 1, total: 1, window: 86_400 });
  assert.equal((await order('clock', {})).status, 400);
  await order('script', { rule: { kind: 'subscriptions' }, options: { signed: true } });
  assert.equal((await plan(jwt('free-1'))).status, 403);
  assert.equal((await (await fetch(`${grok.url}/__control/calls?kind=subscriptions`)).json()).length, 1);
});
