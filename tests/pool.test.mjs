// What an outcome does to a token, and what the client gets to see of it.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from './lib/suite.mjs';
import { gatewayForFile, jwt, until } from './lib/gateway.mjs';

const gw = gatewayForFile({ clock: true });

const row = async (name) => (await gw.tokens()).find((each) => each.token_suffix === jwt(name).slice(-6));
const untouched = async (name) => {
  const { cooldown_remaining, last_failure_reason, status } = await row(name);
  assert.deepEqual({ cooldown_remaining, last_failure_reason }, { cooldown_remaining: 0, last_failure_reason: '' });
  assert.doesNotMatch(status, /expired|cool/);
};
// Bookkeeping is written after the answer: wait for it by what it changes.
const settled = (name, test) => until(async () => test(await row(name)), `the row of ${name}`, 5_000);

test('no tokens at all: 503', async () => {
  await gw.pool([]);
  const answer = await gw.chat('hi');
  assert.equal(answer.status, 503, answer.text);
  assert.equal(answer.body.error.type, 'server_error');
});

test('every token cooling: 429, Retry-After, no upstream call', async () => {
  await gw.pool(['quota-1', 'quota-2']);
  for (const stream of [false, true]) {
    const answer = await gw.chat('hi', { stream });
    assert.equal(answer.status, 429, answer.text);
    assert.equal(answer.body.error.type, 'rate_limit_error');
    const wait = Number(answer.headers.get('retry-after'));
    assert.ok(wait > 3_000 && wait <= 3_600, `Retry-After: ${wait}`);
  }
  assert.equal(gw.grok.of('chat').length, 2);
  const { cooldown_remaining, limit_reason } = await row('quota-1');
  assert.ok(cooldown_remaining > 3_500 && cooldown_remaining <= 3_600, 'one hour while quota may be left');
  assert.equal(limit_reason, 'cooldown');
});

test('a spent quota cools for ten hours', async () => {
  await gw.pool(['usage-1', 'basic-1']);
  for (let n = 0; n < 3; n++) assert.equal((await gw.chat('hi')).status, 200);
  const { cooldown_remaining } = await settled('usage-1', (token) => token.cooldown_remaining > 0 && token);
  assert.ok(cooldown_remaining > 35_900 && cooldown_remaining <= 36_000, `${cooldown_remaining}`);
});

test('a 429 inside the stream is a 429: another token answers', async () => {
  await gw.pool(['inband-1', 'basic-1']);
  for (let n = 0; n < 4; n++) assert.equal((await gw.chat('hi', { stream: n % 2 === 0 })).status, 200);
  assert.equal(gw.grok.tokens.get(jwt('inband-1')), 1);
});

test('up to three attempts, each on another token', async () => {
  await gw.pool(['broken-1', 'broken-2', 'broken-3', 'broken-4', 'broken-5']);
  const answer = await gw.chat('hi');
  assert.equal(answer.status, 502, answer.text);
  assert.equal(answer.body.error.type, 'server_error');
  assert.doesNotMatch(answer.text, /internal error/, 'upstream texts are not for callers');
  assert.deepEqual([...gw.grok.tokens.values()], [1, 1, 1]);
  await gw.pool(['broken-1', 'broken-2', 'basic-1']);
  for (let n = 0; n < 2; n++) assert.equal((await gw.chat('hi')).status, 200);
});

test('an ordinary error skips the token for five reservations', async () => {
  await gw.pool(['basic-1', 'basic-2', 'basic-3']);
  gw.grok.script({ token: 'basic-2', times: 1 }, { error: 'unavailable' });
  const asked = () => gw.grok.tokens.get(jwt('basic-2')) ?? 0;
  while (asked() === 0) assert.equal((await gw.chat('hi')).status, 200);
  for (let n = 0; n < 4; n++) assert.equal((await gw.chat('hi')).status, 200);
  assert.equal(asked(), 1, 'passed over');
  for (let n = 0; n < 6; n++) assert.equal((await gw.chat('hi')).status, 200);
  assert.ok(asked() >= 2, 'and taken up again');
});

test('one token alone still serves after an ordinary error', async () => {
  for (const way of [{ error: 'internal' }, { reset: true }, { cut: 0 }, { nothing: true }, { empty: true }]) {
    await gw.pool(['basic-1']);
    gw.grok.script({ times: 1 }, way);
    const first = await gw.chat('hi');
    assert.equal(first.status, 502, `${JSON.stringify(way)}: ${first.text}`);
    assert.equal((await gw.chat('hi')).status, 200, JSON.stringify(way));
  }
});

test('a quota of 0 rests for its window, then serves again', async () => {
  await gw.pool(['basic-1']);
  gw.grok.limit('basic-1', { remaining: 0, window: 3 });
  const { id } = await row('basic-1');
  await gw.ok('POST', '/tokens/test', { token: id, token_type: 'sso' });
  assert.equal((await row('basic-1')).remaining_queries, 0);
  const refused = await gw.chat('hi');
  assert.equal(refused.status, 429, refused.text);
  assert.ok(Number(refused.headers.get('retry-after')) <= 3);
  assert.equal(gw.grok.of('chat').length, 0);
  await gw.pass(3_100);
  assert.equal((await gw.chat('hi')).status, 200);
});

test('blocks, challenges, overload and policy spare the token', async () => {
  const ways = [['anti_bot', 502], ['challenge', 502], ['challenge_200', 502], ['empty_403', 502], ['heavy_usage', 503], ['heavy_usage_503', 503]];
  for (const [error, status] of ways) {
    await gw.pool(['basic-1']);
    gw.grok.script({ times: 1 }, { error });
    const answer = await gw.chat('hi');
    assert.equal(answer.status, status, `${error}: ${answer.text}`);
    assert.equal((await gw.chat('hi')).status, 200, error);
    await untouched('basic-1');
  }
});

test('moderation is a 400 tried once, in whatever form it comes', async () => {
  for (const options of [{ error: 'moderated' }, { inband: 'moderated' }, { moderated: true }]) {
    for (const stream of [false, true]) {
      await gw.pool(['basic-1', 'basic-2', 'basic-3']);
      gw.grok.script({}, options);
      const answer = await gw.chat('hi', { stream });
      assert.equal(answer.status, 400, `${JSON.stringify(options)}: ${answer.text}`);
      assert.equal(answer.body.error.code, 'content_policy_violation');
      assert.equal(gw.grok.of('chat').length, 1);
      await untouched('basic-1');
    }
  }
});

test('a token expires at its second dead marker in a row', async () => {
  for (const error of ['dead', 'bad_credentials', 'blocked_user', 'suspended']) {
    await gw.pool(['basic-1', 'basic-2']);
    const rule = gw.grok.script({ token: 'basic-1' }, { error });
    const struck = async (times) => {
      while ((gw.grok.tokens.get(jwt('basic-1')) ?? 0) < times) assert.equal((await gw.chat('hi')).status, 200);
    };
    await struck(1);
    const first = await settled('basic-1', (token) => token.last_failure_reason !== '' && token);
    assert.doesNotMatch(first.status, /expired/, error);
    rule.left = 0;
    await struck(2);
    rule.left = Infinity;
    await struck(3);
    await sleep(100);
    assert.doesNotMatch((await row('basic-1')).status, /expired/, `${error}: the success in between clears`);
    await struck(4);
    await settled('basic-1', (token) => /expired/.test(token.status));
    for (let n = 0; n < 3; n++) assert.equal((await gw.chat('hi')).status, 200);
    assert.equal(gw.grok.tokens.get(jwt('basic-1')), 4, 'an expired token is not asked again');
  }
});

test('heavy models need a Super token; others take Basic first', async () => {
  await gw.pool(['basic-1', 'basic-2']);
  assert.equal((await gw.chat('hi', { model: 'grok-4-heavy' })).status, 503);
  await gw.addTokens(['super-1'], 'ssoSuper');
  assert.equal((await gw.chat('hi', { model: 'grok-4-heavy' })).status, 200);
  assert.equal(gw.grok.of('chat').at(-1).token, jwt('super-1'));
  for (let n = 0; n < 6; n++) assert.equal((await gw.chat('hi')).status, 200);
  assert.equal(gw.grok.tokens.get(jwt('super-1')), 1);
});

test('each mode has a quota, and an answer costs one of it', async () => {
  await gw.pool(['supergrok-1']);
  await gw.ok('POST', '/tokens/test', { token: (await row('supergrok-1')).id });
  assert.equal((await gw.chat('hi', { model: 'grok-4-expert' })).status, 200);
  const left = (token) => token.quotas.map(({ remaining }) => remaining);
  await settled('supergrok-1', (token) => left(token)[2] === 89);
  assert.deepEqual(left(await row('supergrok-1')), [50, 140, 89, 0]);
});

test('a mode that no account has is a 403 that names the type', async () => {
  await gw.pool(['free-1']);
  await gw.ok('POST', '/tokens/test', { token: (await row('free-1')).id });
  for (const [model, type] of [['grok-expert', 'SuperGrok'], ['grok-heavy', 'SuperGrok Heavy']]) {
    const answer = await gw.chat('hi', { model });
    assert.deepEqual([answer.status, answer.body.error.code], [403, 'model_not_available']);
    assert.match(answer.body.error.message, new RegExp(`^${model} needs a ${type} account`));
  }
  assert.equal(gw.grok.of('chat').length, 0, 'no account is asked in vain');
});

test('a cooldown covers one mode, not the others', async () => {
  await gw.pool(['basic-1']);
  gw.grok.script({ times: 1 }, { error: 'too_many' });
  assert.equal((await gw.chat('hi', { model: 'grok-4-expert' })).status, 429);
  assert.equal((await gw.chat('hi', { model: 'grok-4-expert' })).status, 429);
  assert.equal((await gw.chat('hi', { model: 'grok-3-fast' })).status, 200);
});

test('grok-4 is auto, and fast once no account has auto left', async () => {
  const modes = () => gw.grok.of('chat').map((call) => call.mode);
  await gw.pool(['basic-1', 'basic-2']);
  gw.grok.script({}, (call) => (call.mode === 'auto' ? { stream_error: 'usage_limit_reached' } : {}));
  for (const stream of [false, true]) {
    const answer = await gw.chat('hi', { model: 'grok-4', stream });
    assert.equal(answer.status, 200, answer.text);
  }
  assert.deepEqual(modes(), ['auto', 'auto', 'fast', 'fast'], 'both are asked, and then neither again');
  assert.equal((await gw.chat('hi', { model: 'grok-4-fast' })).status, 200, 'fast itself is not cooling');
});
