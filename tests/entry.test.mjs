// The local server from outside: forged orders, clients that leave, unread bodies, a runtime that dies.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach, test } from './lib/suite.mjs';
import { assertOwnPassword } from '../cloudflare/listen.mjs';
import { PASSWORD, gatewayForFile, startGateway, until } from './lib/gateway.mjs';
import { freePort } from './lib/hosts.mjs';
import { children } from './lib/processes.mjs';
import { follow } from './lib/sse.mjs';

const LEFT_WITHIN_MS = 3_000;

const gw = gatewayForFile();
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3', 'basic-4']));

const login = (gateway, password, headers) => gateway.call('POST', '/api/login', { body: { username: 'admin', password }, headers });

test('guesses from thirty invented addresses are one client’s', async () => {
  const attacked = await startGateway();
  try {
    const statuses = [];
    for (let n = 0; n < 30; n++) {
      const headers = { 'cf-connecting-ip': `203.0.113.${n}`, 'cf-connecting-ipv6': `2001:db8::${n}`, 'spin-client-addr': `203.0.113.${n}:1`, 'x-forwarded-for': `203.0.113.${n}` };
      statuses.push((await login(attacked, `wrong ${n}`, headers)).status);
    }
    assert.deepEqual([statuses.filter((status) => status === 401).length, statuses.at(-1)], [5, 429]);
    assert.equal((await login(attacked, PASSWORD)).status, 429, 'and the client is the one that has the socket');
  } finally {
    await attacked.stop();
  }
});

test('with the first-run password only this machine is served', async () => {
  const fresh = await startGateway({ fresh: true });
  const check = () => assertOwnPassword(fresh.host.miniflare);
  try {
    await assert.rejects(check(), /--listen needs a password of your own/);
    await fresh.signIn('admin');
    await assert.rejects(check(), /--listen needs a password of your own/);
    await fresh.ok('POST', '/password', { current: 'admin', new: PASSWORD });
    await check();
  } finally {
    await fresh.stop();
  }
});

test('headers for the local runtime change nothing', async () => {
  for (const headers of [{ 'mf-original-url': 'http://127.0.0.1/openapi.json' }, { 'mf-route-override': 'outbound' }, { 'mf-cf-blob': '{' }, { 'mf-disable-pretty-error': '1' }]) {
    const answer = await gw.call('GET', '/health', { headers });
    assert.deepEqual([answer.status, answer.body.status], [200, 'healthy'], JSON.stringify(headers));
  }
});

test('the runtime\'s own port answers only the entry', async () => {
  const inner = (path, headers = {}) => fetch(new URL(path, gw.host.inner), { headers });
  for (const [path, headers] of [['/health'], ['/v1/models', { 'mf-original-url': `${gw.url}/health` }], ['/health', { 'x-entry-secret': 'guessed' }], ['/', { 'mf-route-override': 'outbound' }]]) {
    const answer = await inner(path, headers);
    assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}: ${await answer.text()}`);
  }
  // What everybody may read.
  assert.equal((await inner('/login')).status, 200);
});

test('a method that the runtime does not know is a 405', async () => {
  for (const method of ['LINK', 'TRACE', 'PURGE']) {
    const sent = request(`${gw.url}/v1/models`, { method, headers: { authorization: `Bearer ${gw.key}` } }).end();
    const [answer] = await once(sent, 'response');
    answer.resume();
    assert.equal(answer.statusCode, 405, method);
  }
});

test('too many headers are an error without a stack', async () => {
  const headers = Object.fromEntries(Array.from({ length: 1_500 }, (_, n) => [`x-${n}`, '1']));
  const answer = await gw.call('GET', '/health', { headers });
  assert.equal(answer.status, 431);
  assert.equal(answer.body.error.code, 'headers_too_large');
  assert.doesNotMatch(answer.text, /\bat \S+:\d+/);
});

test('unread bodies of any size cost a kept connection nothing', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { hostname, port } = new URL(gw.url);
  const post = async (body, headers) => {
    const sent = request({ hostname, port, path: '/v1/chat/completions', method: 'POST', agent, headers }).end(body);
    const [answer] = await once(sent, 'response');
    answer.resume();
    await once(answer, 'end');
    return [answer.statusCode, sent.reusedSocket];
  };
  for (const size of [100, 60_000, 300_000, 3_000_000]) {
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      for (let n = 0; n < 3; n++) {
        const [status, isReused] = await post(Buffer.alloc(size, ' '), headers);
        assert.deepEqual([status, isReused], [401, isReused], `${size} bytes`);
      }
    }
  }
  assert.deepEqual(await post('{}', {}), [401, true]);
  agent.destroy();
});

test('forty collected chats of clients that leave end with them', async (t) => {
  await gw.ok('POST', '/logs/clear', {});
  const clients = Array.from({ length: 40 }, () => new AbortController());
  for (const { signal } of clients) gw.chatRaw('[[n:3000]] [[slow:20]]', { signal }).catch(() => {});
  await gw.grok.until((grok) => grok.of('chat').length === 40 && grok.of('chat').every((call) => call.frames > 0), 20_000, 'forty chats under way');
  const left = Date.now();
  clients.forEach((client) => client.abort());
  const calls = gw.grok.of('chat');
  await gw.grok.until(() => calls.every((call) => call.endedAt), 15_000, 'the end of every upstream read');
  const last = Math.max(...calls.map((call) => call.endedAt)) - left;
  t.diagnostic(`the last upstream read ended ${last} ms after the clients left`);
  assert.ok(last <= LEFT_WITHIN_MS, `${last} ms`);
  assert.ok(calls.every((call) => call.aborted));
  assert.equal(gw.grok.of('chat').length, 40, 'no further attempt');
  await sleep(300);
  assert.deepEqual((await gw.logs()).filter((row) => row.status < 400), []);
});

test('a stream ends when its client leaves, before and after head', async () => {
  for (const [prompt, hasBegun] of [['[[hang]]', false], ['[[n:3000]] [[slow:20]]', true]]) {
    gw.grok.reset();
    const client = new AbortController();
    const answer = gw.chatRaw(prompt, { stream: true, signal: client.signal });
    answer.catch(() => {});
    const call = await gw.grok.until((grok) => grok.of('chat')[0]);
    if (hasBegun) await follow(await answer, () => false).catch(() => {});
    const left = Date.now();
    client.abort();
    await gw.grok.until(() => call.endedAt, 10_000, 'the end of the upstream read');
    assert.ok(call.endedAt - left <= LEFT_WITHIN_MS, `${prompt}: ${call.endedAt - left} ms`);
    assert.ok(call.aborted, prompt);
  }
});

/** Starts the server as `up` runs it. */
async function server(data, vars, ...options) {
  const port = await freePort();
  const environment = Object.fromEntries(Object.entries(vars).map(([name, value]) => [`SPIN_VARIABLE_${name.toUpperCase()}`, value]));
  const child = spawn(process.execPath, [fileURLToPath(new URL('../cloudflare/serve.mjs', import.meta.url)), '--port', String(port), '--data', data, ...options],
    { env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { said += text; });
  const ended = once(child, 'exit');
  await until(() => /^ready /m.test(said) || child.exitCode !== null, 'the server is ready', 60_000);
  return { child, url: `http://127.0.0.1:${port}`, ended, said: () => said };
}

/** Returns the files in a folder and below, with their modes. */
async function modes(folder) {
  const names = await readdir(folder, { recursive: true });
  return Promise.all([folder, ...names.map((name) => join(folder, name))].map(async (path) => [path, await stat(path)]));
}

test('data stays the owner’s, and the server ends with its parent', { skip: process.platform !== 'linux' }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grok2api-entry-'));
  const data = join(folder, 'data');
  const secret = 'a password in no command line';
  try {
    const first = await server(data, { admin_password: secret });
    const answer = await fetch(`${first.url}/api/login`, { method: 'POST', body: JSON.stringify({ username: 'admin', password: secret }) });
    assert.equal(answer.status, 200, 'the variable applies');
    assert.ok(!execFileSync('ps', ['-A', '-o', 'args'], { encoding: 'utf8' }).includes(secret));
    const open = (await modes(data)).filter(([, { mode }]) => (mode & 0o077) !== 0).map(([path]) => path);
    assert.deepEqual(open, []);
    const [workerd] = children(first.child.pid);
    process.kill(workerd, 'SIGKILL');
    assert.deepEqual(await first.ended, [1, null]);
    assert.match(first.said(), /the runtime workerd ended unexpectedly/);
    await assert.rejects(fetch(`${first.url}/health`));
    const second = await server(data, {});
    const [runtime] = children(second.child.pid);
    second.child.kill('SIGTERM');
    assert.deepEqual(await second.ended, [0, null]);
    assert.throws(() => process.kill(runtime, 0), { code: 'ESRCH' });
    const tied = await server(data, {}, '--tied');
    const [last] = children(tied.child.pid);
    tied.child.stdin.destroy();
    assert.deepEqual(await tied.ended, [0, null]);
    assert.throws(() => process.kill(last, 0), { code: 'ESRCH' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
