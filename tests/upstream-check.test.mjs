// The check of the way to Grok, on a real host: what each step sees, what helps, and what is stored on the way.
import assert from 'node:assert/strict';
import { beforeEach, test } from './lib/suite.mjs';
import { gatewayForFile, jwt, startGateway, until } from './lib/gateway.mjs';
import { freePort } from './lib/hosts.mjs';
import { userIdOf } from './lib/mgw.mjs';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const STEPS = ['name', 'connect', 'identity', 'upgrade', 'session'];
const AT_HOME = ['set_user_agent_and_clearance', 'other_egress', 'official_key'];

const gw = gatewayForFile();
beforeEach(() => gw.pool([]));

const check = (gateway = gw, body = {}) => gateway.ok('POST', '/upstream/check', body);
const state = ({ steps }, name) => steps.find((step) => step.name === name).state;
const codes = ({ advice }) => advice.map(({ code }) => code);

test('an account that can chat passes every step without a chat', async () => {
  await gw.addTokens(['basic-1']);
  const data = await check();
  assert.equal(data.ok, true, JSON.stringify(data));
  assert.deepEqual(data.steps.map(({ name }) => name), STEPS);
  for (const step of STEPS.slice(1)) assert.equal(state(data, step), 'ok', step);
  assert.deepEqual([data.failed, data.error_type, data.advice, data.transport], [null, null, [], 'websocket']);
  assert.equal(data.host, new URL(gw.grok.url).host);
  const [socket] = await until(() => { const calls = gw.grok.of('socket'); return calls[0]?.closeCode && calls; }, 'the socket is closed');
  assert.deepEqual([socket.headers['user-agent'], data.user_agent_source], [data.user_agent, 'gateway']);
  assert.deepEqual([socket.events.map(({ type }) => type), socket.refused, socket.unwanted, socket.closeCode], [['session.create'], [], [], 1000]);
  assert.deepEqual([gw.grok.of('identity').length, gw.grok.of('chat').length], [1, 0]);

  // The stored owner saves chats the question; a check asks again.
  assert.equal((await gw.chat('hi')).status, 200);
  assert.equal(gw.grok.of('identity').length, 1);
  assert.equal((await check(gw, { token: jwt('basic-1') })).ok, true);
  assert.equal(gw.grok.of('identity').length, 2);
});

test('a refusal says whether the account or the network is meant', async () => {
  await gw.addTokens(['basic-1']);
  for (const [error, error_type, advice] of [
    ['challenge', 'blocked', AT_HOME], ['empty_403', 'blocked', AT_HOME], ['anti_bot', 'blocked', AT_HOME],
    ['bad_gateway', 'upstream', ['check_grok_base_url', 'wait']], ['too_many', 'rate_limited', ['wait']],
  ]) {
    gw.grok.reset();
    gw.grok.script({ kind: 'socket' }, { error });
    const data = await check();
    assert.deepEqual([data.ok, data.failed, data.error_type, codes(data)], [false, 'upgrade', error_type, advice], error);
    assert.equal((await gw.tokens())[0].status_code, error === 'too_many' ? 'cooling' : 'unused', `${error}: as after a chat`);
    assert.deepEqual(STEPS.map((step) => state(data, step)).slice(1), ['ok', 'ok', 'failed', 'skipped'], error);
  }
  gw.grok.reset();
  gw.grok.script({ kind: 'chat' }, { close_early: 1011 });
  const data = await check();
  assert.deepEqual([data.failed, data.error_type, state(data, 'upgrade')], ['session', 'upstream', 'ok']);
});

test('a dead account gets a strike, and the second expires it', async () => {
  for (const [name, failed] of [['dead-1', 'identity'], ['suspect-1', 'upgrade']]) {
    await gw.pool([name]);
    for (const [strikes, status_code] of [[1, 'unused'], [2, 'expired']]) {
      const data = await check();
      assert.deepEqual([data.failed, data.error_type, codes(data)], [failed, 'dead_account', ['replace_account']], name);
      const [row] = await gw.tokens();
      assert.deepEqual([row.strikes, row.status_code], [strikes, status_code], name);
    }
    assert.equal((await gw.api('POST', '/upstream/check', {})).status, 404, 'no active account is left');
  }
});

test('an unknown host fails its connection, naming the variable', async () => {
  const lost = await startGateway({ vars: { grok_base_url: `http://127.0.0.1:${await freePort()}` } });
  try {
    await lost.addTokens(['basic-1']);
    const data = await check(lost);
    assert.deepEqual([data.failed, data.error_type, codes(data)[0]], ['connect', 'network', 'check_grok_base_url'], JSON.stringify(data));
    assert.ok(data.steps[1].message.length > 0);
    assert.deepEqual(STEPS.slice(2).map((step) => state(data, step)), ['skipped', 'skipped', 'skipped']);
  } finally {
    await lost.stop();
  }
});

test('over HTTP no socket opens, and a missing signature is named', async () => {
  await gw.addTokens(['basic-1']);
  await gw.settings({ chat_transport: 'http' });
  try {
    const data = await check();
    assert.deepEqual([data.ok, data.transport, codes(data)], [true, 'http', ['set_x_statsig_id']]);
    assert.equal(gw.grok.of('socket').length, 0);
  } finally {
    await gw.settings({ chat_transport: 'websocket' });
  }
});

test('the owner in a pasted cookie line saves the question', async () => {
  const token = jwt('basic-1');
  await gw.ok('POST', '/tokens/add', { tokens: [`sso=${token}; sso-rw=${token}; x-userid=${userIdOf(token)}`], token_type: 'sso' });
  assert.equal((await gw.chat('hi')).status, 200);
  assert.equal(gw.grok.of('identity').length, 0);
  assert.equal(gw.grok.of('socket')[0].uid, userIdOf(token));
});

test('the browser that adds the first account is what Grok reads', async () => {
  const { headers } = await gw.call('POST', '/api/login', { body: { username: 'admin', password: 'correct horse battery' } });
  const cookie = headers.get('set-cookie').split(';')[0];
  const add = async (name, more) => {
    const body = { tokens: [jwt(name)], token_type: 'sso' };
    return (await gw.call('POST', '/api/tokens/add', { body, headers: { 'user-agent': BROWSER, ...more } })).body.data;
  };
  const page = { cookie, origin: new URL(gw.url).origin };
  try {
    assert.equal((await add('basic-1', { authorization: `Bearer ${gw.session}` })).recorded_user_agent, undefined, 'a script');
    await gw.pool([]);
    assert.equal((await add('basic-1', page)).recorded_user_agent, BROWSER);
    assert.equal((await add('basic-2', page)).recorded_user_agent, undefined);
    const data = await check();
    assert.deepEqual([data.user_agent, data.user_agent_source], [BROWSER, 'setting']);
    assert.equal(gw.grok.of('socket')[0].headers['user-agent'], BROWSER);
    assert.equal(gw.grok.of('identity')[0].headers['user-agent'], BROWSER);
  } finally {
    await gw.settings({ user_agent: '' });
  }
});
