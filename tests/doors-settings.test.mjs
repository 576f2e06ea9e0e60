// Settings that could open the gateway, or break its links: refused with what to write instead.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from './lib/suite.mjs';
import { gatewayForFile, startGateway } from './lib/gateway.mjs';

const gw = gatewayForFile();

const set = (global_config, grok_config = {}) => gw.api('POST', '/settings', { global_config, grok_config });

test('an API key that can be guessed is refused', async () => {
  for (const api_key of ['x', 'fifteen-letters']) {
    const answer = await set({}, { api_key });
    assert.deepEqual([answer.status, answer.body.field], [400, 'grok_config.api_key'], answer.text);
    assert.match(answer.body.message, /at least 16 characters/);
    assert.equal((await gw.call('GET', '/v1/models', { headers: { authorization: `Bearer ${api_key}` } })).status, 401);
  }
  assert.equal((await set({}, { api_key: 'sixteen-letters!' })).status, 200);
  assert.equal((await gw.call('GET', '/v1/models', { headers: { authorization: 'Bearer sixteen-letters!' } })).status, 200);
  await gw.settings({ api_key: null });
});

test('an address that breaks links is refused with advice', async () => {
  for (const base_url of ['https://a.example/"onerror=x', 'https://a.example/<b>', "https://a.example/'", 'https://a.example/)']) {
    const answer = await set({ base_url });
    assert.deepEqual([answer.status, answer.body.field], [400, 'global_config.base_url'], base_url);
  }
  for (const base_url of ['https://a.example/v1', 'https://a.example/v1/', 'https://a.example//V1', 'https://a.example/v1/chat/completions', 'https://a.example/v1/v1']) {
    const answer = await set({ base_url });
    assert.equal(answer.status, 400);
    assert.equal(answer.body.message, 'Leave /v1 out of this address: write https://a.example');
  }
  for (const base_url of ['https://v1.example', 'https://a.example/v1x', 'https://v1', null]) {
    const answer = await set({ base_url });
    assert.equal(answer.status, 200, answer.text);
  }
});

test('null restores a default', async () => {
  const read = async () => (await gw.api('GET', '/settings')).body.data;
  const before = await read();
  await gw.settings({ show_thinking: false, stream_chunk_timeout: 5, chat_transport: 'http' }, { admin_username: 'ann', base_url: 'https://a.example', log_retention_days: 3 });
  assert.notDeepEqual(await read(), before);
  await gw.settings({ show_thinking: null, stream_chunk_timeout: null, chat_transport: null }, { admin_username: null, base_url: null, log_retention_days: null });
  assert.deepEqual(await read(), before);
});

test('a session alone does not change the password', async () => {
  const own = await startGateway({ fresh: true });
  try {
    await own.signIn('admin');
    await own.api('POST', '/password', { current: 'admin', new: 'a long password' });
    await own.signIn('a long password');
    const change = (current_password) => own.api('POST', '/settings', { global_config: { admin_password: 'a longer password' }, current_password });
    const missing = await change(undefined);
    assert.deepEqual([missing.status, missing.body.field], [400, 'current_password']);
    const statuses = [];
    for (let guess = 0; guess < 6; guess++) statuses.push((await change(`guess ${guess}`)).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
    assert.equal((await change('a long password')).status, 429, 'the limit holds for the right one too');
    assert.equal((await own.call('POST', '/api/login', { body: { username: 'admin', password: 'a long password' } })).status, 429);
  } finally {
    await own.stop();
  }
});

/** Returns the first line of the answer to a POST with this `Content-Length`, and the body. */
function announced(path, length) {
  const { hostname, port } = new URL(gw.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.setTimeout(20_000, () => socket.destroy(new Error(`no answer to ${length}`)));
    socket.on('data', (chunk) => {
      text += chunk;
      if (!text.includes('\r\n\r\n')) return;
      socket.destroy();
      resolve({ status: Number(text.split(' ')[1]), text });
    });
    socket.on('error', reject);
    socket.on('end', () => reject(new Error(`closed without an answer to ${length}`)));
    socket.write(`POST ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${gw.key}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n{}`);
  });
}

test('a length that no body has is the fault of the client', async () => {
  for (const length of ['99999999999999999999999', '18446744073709551616', '9223372036854775808', '99999999999', '20971521']) {
    for (const path of ['/v1/chat/completions', '/api/login']) {
      const { status, text } = await announced(path, length);
      assert.ok([400, 413].includes(status), `${path} ${length}: ${text}`);
    }
  }
});
