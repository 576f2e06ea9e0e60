// Signing in: the forced first password, sessions by token and by cookie, and what strangers get.
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { PASSWORD, gatewayForFile, startGateway, until } from './lib/gateway.mjs';

const gw = gatewayForFile({ fresh: true });

const NEW = 'a better password';
const ROUTES = [['GET', '/settings'], ['POST', '/settings'], ['GET', '/storage/mode'], ['GET', '/tokens'], ['GET', '/tokens/tags/all'],
  ['POST', '/tokens/add'], ['POST', '/tokens/delete'], ['POST', '/tokens/tags'], ['POST', '/tokens/note'], ['POST', '/tokens/test'],
  ['POST', '/tokens/reveal'], ['GET', '/keys'], ['POST', '/keys/add'], ['POST', '/keys/delete'], ['POST', '/keys/status'],
  ['POST', '/keys/name'], ['POST', '/keys/reveal'], ['POST', '/keys/batch-add'], ['POST', '/keys/batch-delete'],
  ['POST', '/keys/batch-status'], ['GET', '/logs'], ['POST', '/logs/clear'],
  ['POST', '/sessions/end-others']];

/** The session's cookie carries the port, which cookies do not know. */
const COOKIE = () => `grok2api_session_${new URL(gw.url).port}`;

const refused = (answer, status, code) => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.body.success, false);
  assert.equal(typeof answer.body.message, 'string');
  if (code) assert.equal(answer.body.code, code);
};
const login = (username, password) => gw.call('POST', '/api/login', { body: { username, password } });

test('admin routes refuse a missing and an invented session', async () => {
  for (const [method, path] of ROUTES) {
    const body = method === 'POST' ? {} : undefined;
    refused(await gw.call(method, `/api${path}`, { body }), 401, 'MISSING_SESSION');
    refused(await gw.call(method, `/api${path}`, { body, headers: { authorization: 'Bearer invented' } }), 401, 'SESSION_EXPIRED');
    const cookie = `session=invented; ${COOKIE()}=invented`;
    refused(await gw.call(method, `/api${path}`, { body, headers: { cookie } }), 401, 'SESSION_EXPIRED');
  }
});

test('wrong sign-ins are 401, malformed ones 400', async () => {
  refused(await login('admin', 'wrong'), 401, 'BAD_CREDENTIALS');
  refused(await login('root', 'admin'), 401, 'BAD_CREDENTIALS');
  refused(await gw.call('POST', '/api/login', { body: 'no json' }), 400);
  const missing = await gw.call('POST', '/api/login', { body: { username: 'admin' } });
  refused(missing, 400);
  assert.equal(missing.body.field, 'password');
});

test('the first-run password opens nothing but its own change', async () => {
  const answer = await login('admin', 'admin');
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.body.success, true);
  assert.equal(answer.body.must_change_password ?? answer.body.data?.must_change_password, true);
  gw.session = answer.body.token ?? answer.body.data.token;
  assert.equal((await gw.ok('GET', '/session')).must_change_password, true);
  for (const [method, path] of ROUTES) refused(await gw.api(method, path, method === 'POST' ? {} : undefined), 403, 'PASSWORD_CHANGE_REQUIRED');
});

test('the change needs the current password and no default one', async () => {
  const wrong = await gw.api('POST', '/password', { current: 'wrong', new: NEW });
  refused(wrong, 401, 'BAD_CREDENTIALS');
  assert.equal(wrong.body.field, 'current');
  for (const bad of ['', 'admin', 5, null]) {
    const answer = await gw.api('POST', '/password', { current: 'admin', new: bad });
    refused(answer, 400);
    assert.equal(answer.body.field, 'new');
  }
  const { session } = gw;
  const other = (await login('admin', 'admin')).body;
  const changed = await gw.api('POST', '/password', { current: 'admin', new: NEW });
  assert.equal(changed.status, 200, changed.text);
  gw.session = other.token ?? other.data.token;
  refused(await gw.api('GET', '/settings'), 401);
  gw.session = session;
  refused(await login('admin', 'admin'), 401);
  const fresh = await gw.signIn(NEW);
  assert.notEqual(fresh.must_change_password, true);
  await gw.ok('GET', '/settings');
});

test('the password is never served', async () => {
  const settings = await gw.api('GET', '/settings');
  assert.equal(settings.body.data.global.admin_password, '');
  assert.equal(settings.body.data.global.admin_password_set, true);
  assert.ok(!settings.text.includes(NEW));
});

test('a browser’s cookie reads, and writes only from our origin', async () => {
  const answer = await login('admin', NEW);
  const set = answer.headers.get('set-cookie');
  for (const part of [/HttpOnly/i, /SameSite=Strict/i, /Path=\//, /Max-Age=28800/]) assert.match(set, part);
  assert.doesNotMatch(set, /Secure/i, 'plain http: the browser would drop it');
  const own = set.split(';')[0];
  assert.ok(own.startsWith(`${COOKIE()}=`), own);
  const cookie = `grok2api_session_1=another-gateway; grok2api_session=another-gateway; ${own}`;
  const write = (headers) => gw.call('POST', '/api/settings', { body: {}, headers: { cookie, ...headers } });
  assert.equal((await gw.call('GET', '/api/settings', { headers: { cookie } })).status, 200);
  refused(await write({}), 403, 'FOREIGN_ORIGIN');
  refused(await write({ origin: 'https://evil.example' }), 403, 'FOREIGN_ORIGIN');
  refused(await write({ origin: 'null' }), 403, 'FOREIGN_ORIGIN');
  const written = await write({ origin: gw.url });
  assert.equal(written.status, 200, written.text);
});

test('the other sessions can be ended, and this one goes on', async () => {
  await gw.signIn(NEW);
  const { session } = gw;
  const { expires_at } = await gw.signIn(NEW);
  assert.ok((await gw.ok('POST', '/sessions/end-others', {})).ended >= 1);
  const { username, must_change_password, ...shown } = await gw.ok('GET', '/session');
  assert.deepEqual([username, must_change_password, shown.expires_at], ['admin', false, expires_at]);
  gw.session = session;
  refused(await gw.api('GET', '/session'), 401, 'SESSION_EXPIRED');
});

test('signing out ends the session', async () => {
  await gw.signIn(NEW);
  assert.equal((await gw.api('POST', '/logout', {})).status, 200);
  refused(await gw.api('GET', '/settings'), 401, 'SESSION_EXPIRED');
});

test('another user name can be set, and is then the only one', async () => {
  await gw.signIn(NEW);
  await gw.settings({}, { admin_username: 'operator' });
  refused(await login('admin', NEW), 401);
  assert.equal((await login('operator', NEW)).status, 200);
});

test('five wrong passwords block the right one for a while too', async () => {
  const other = await startGateway();
  const attempt = (password, headers) => other.call('POST', '/api/login', { body: { username: 'admin', password }, headers });
  try {
    for (let n = 0; n < 5; n++) refused(await attempt(`wrong ${n}`), 401);
    const closed = await attempt(PASSWORD);
    refused(closed, 429, 'TOO_MANY_LOGINS');
    assert.ok(Number(closed.headers.get('retry-after')) > 0);
    refused(await attempt(PASSWORD, { 'x-forwarded-for': '203.0.113.9' }), 429);
    refused(await attempt(PASSWORD, { 'spin-client-addr': '203.0.113.9:1' }), 429);
    await other.ok('GET', '/settings');
  } finally {
    await other.stop();
  }
});

test('after fifty wrong passwords all addresses take turns', async () => {
  const other = await startGateway({ vars: { trusted_proxy: '*', password_iterations: '1000' } });
  const attempt = (n, password) => other.call('POST', '/api/login',
    { body: { username: 'admin', password }, headers: { 'x-forwarded-for': `198.51.100.${n}` } });
  const all = (from, to, password) => Promise.all(Array.from({ length: to - from }, (_, n) => attempt(from + n, password)));
  try {
    for (const answer of await all(0, 50, 'wrong')) refused(answer, 401, 'BAD_CREDENTIALS');
    const began = Date.now();
    const taken = [];
    await Promise.all([50, 51, 52].map(async (n) => taken.push([(await attempt(n, n === 52 ? PASSWORD : 'wrong')).status, Date.now() - began])));
    assert.deepEqual(taken.map(([status]) => status).sort(), [200, 401, 401]);
    assert.ok(taken[1][1] > 1500 && taken[2][1] > 3500, `one every two seconds: ${taken.map(([, ms]) => ms)}`);
    // A request waits ten seconds for its turn. Two of these eight would wait longer and are answered at once. The others
    // end with the gateway. Aborted just when its answer came, Node's `fetch` stayed pending here.
    const later = [];
    for (let n = 0; n < 8; n++) {
      other.call('POST', '/api/login', { body: { username: 'admin', password: 'wrong' }, headers: { 'x-forwarded-for': `203.0.113.${n}` } })
        .then((answer) => { if (answer.status === 429) later.push(answer); }).catch(() => {});
    }
    await until(() => later.length >= 2, 'two answers at once');
    for (const answer of later) refused(answer, 429, 'TOO_MANY_LOGINS');
    const ahead = later.map((answer) => Number(answer.headers.get('retry-after')));
    assert.ok(ahead.every((seconds) => seconds > 8 && seconds < 20), `${ahead} s ahead`);
    assert.equal(new Set(ahead).size, ahead.length, 'each with a place of its own');
  } finally {
    await other.stop();
  }
});

test('a password from the variable cannot be changed here', async () => {
  const ruled = await startGateway();
  try {
    const answer = await ruled.api('POST', '/password', { current: PASSWORD, new: NEW });
    refused(answer, 409);
    refused(await ruled.call('POST', '/api/login', { body: { username: 'admin', password: 'admin' } }), 401);
  } finally {
    await ruled.stop();
  }
});
