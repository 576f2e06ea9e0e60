// What every HTTP client takes for granted: HEAD, preflights, lengths, connections that live on, paths as clients join them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { before, test } from './lib/suite.mjs';
import { gatewayForFile } from './lib/gateway.mjs';
import { HOST } from './lib/hosts.mjs';

const gw = gatewayForFile();
before(async () => {
  await gw.pool(['basic-1']);
});

const key = () => ({ authorization: `Bearer ${gw.key}` });

/** Sends requests over one connection and gives what came, until `count` answers have or the connection ends. */
function exchange(requests, count, ms = 5_000) {
  const { hostname, port } = new URL(gw.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    let sent = 0;
    const end = () => { clearTimeout(timer); socket.destroy(); resolve(text); };
    const timer = setTimeout(end, ms);
    socket.on('error', (error) => { clearTimeout(timer); reject(error); });
    socket.on('close', end);
    socket.on('data', (data) => {
      text += data;
      const answers = text.match(/HTTP\/1\.1 \d{3}/g)?.length ?? 0;
      // An answer may come in several pieces.
      if (answers === sent && sent < requests.length) socket.write(requests[sent++]);
      if (answers === count && /\r\n\r\n[\s\S]*\}\s*$/.test(text)) end();
    });
    socket.write(requests[sent++]);
  });
}

test('HEAD is answered like GET, with its headers and no body', async () => {
  for (const [path, headers] of [['/health', {}], ['/v1/models', key()], ['/v1/models/grok-4', key()], ['/openapi.json', {}]]) {
    const [get, head] = [await gw.call('GET', path, { headers }), await gw.call('HEAD', path, { headers })];
    assert.deepEqual([head.status, head.text], [get.status, ''], path);
    assert.equal(head.headers.get('content-type'), get.headers.get('content-type'), path);
  }
  assert.equal((await gw.call('HEAD', '/v1/models')).status, 401);
  // A length in the answer to HEAD is that of GET's body; a file that is made while it is sent has none.
  for (const path of ['/tokens/export?format=json', '/tokens', '/logs?format=csv']) {
    const plain = { 'accept-encoding': 'identity' };
    const [get, head] = [await gw.api('GET', path, undefined, plain), await gw.api('HEAD', path, undefined, plain)];
    assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [get.status, '', get.headers.get('content-length')], path);
  }
  assert.equal((await gw.call('HEAD', '/v1/chat/completions', { headers: key() })).status, 405);
});

test('a preflight allows the headers it asks for, on open paths', async () => {
  const names = 'authorization,content-type,x-stainless-lang,x-stainless-retry-count,http-referer,x-title';
  for (const path of ['/v1/chat/completions', '/v1/models', '/v1/nothing', '/health', '/images/x']) {
    const answer = await gw.call('OPTIONS', path, { headers: { origin: 'https://chat.example', 'access-control-request-method': 'POST',
      'access-control-request-headers': names } });
    assert.equal(answer.status, 204, path);
    assert.equal(answer.headers.get('access-control-allow-headers'), names, path);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*', path);
  }
  const admin = await gw.call('OPTIONS', '/api/settings', { headers: { origin: 'https://chat.example' } });
  assert.equal(admin.headers.get('access-control-allow-origin'), null);
});

test('a wrong path can be read from a page and names the right one', async () => {
  for (const [path, right] of [['/chat/completions', '/v1/chat/completions'], ['/v1/v1/chat/completions', '/v1/chat/completions'], ['/models', '/v1/models'],
    ['/models/', '/v1/models'], ['//chat//completions', '/v1/chat/completions'], ['/openai/v1/chat/completions', '/v1/chat/completions'], ['/v1/v1/v1/models/grok-4', '/v1/models/grok-4']]) {
    const answer = await gw.call('POST', path, { body: {}, headers: key() });
    assert.equal(answer.status, 404, path);
    assert.ok(answer.body.error.message.includes(`call ${right}`), answer.text);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  }
});

test('doubled slashes and one at the end are taken for none', async () => {
  for (const path of ['/v1/models/', '//v1/models', '/v1//models', '/v1/models/grok-4/']) {
    assert.equal((await gw.call('GET', path, { headers: key() })).status, 200, path);
  }
});

test('the key is also taken from x-api-key', async () => {
  assert.equal((await gw.call('GET', '/v1/models', { headers: { 'x-api-key': gw.key } })).status, 200);
  assert.equal((await gw.call('GET', '/v1/models', { headers: { 'x-api-key': 'sk-wrong' } })).status, 401);
});

test('an unknown model is a 404 that names the field, cut short', async () => {
  const answer = await gw.chat('hi', { model: 'm'.repeat(100_000) });
  assert.equal(answer.status, 404, answer.text.slice(0, 200));
  assert.deepEqual([answer.body.error.code, answer.body.error.param], ['model_not_found', 'model']);
  assert.ok(answer.text.length < 500);
});

test('what a client sent is never repeated at length', async () => {
  const long = 'n'.repeat(200_000);
  for (const [path, body] of [['/v1/chat/completions', { model: 'grok-4', messages: [{ role: long, content: 'hi' }] }], ['/v1/chat/completions', { model: 'grok-4', n: long }],
    ['/api/tokens/import', { content: 'x', dry_run: long }], ['/api/tokens/import', { content: 'x', format: long }], ['/api/tokens/note', { id: long, note: '' }],
    ['/api/settings', { global_config: { [long]: 1 } }], ['/api/settings', { grok_config: { chat_transport: long } }]]) {
    const answer = path.startsWith('/v1') ? await gw.call('POST', path, { body, headers: key() }) : await gw.api('POST', path.slice(4), body);
    assert.equal(answer.status, 400, `${path}: ${answer.text.slice(0, 200)}`);
    assert.ok(answer.text.length < 5_000, `${path}: ${answer.text.length} bytes`);
  }
});

test('input sent to chat completions is answered as a chat', async () => {
  await gw.pool(['basic-1']);
  const answer = await gw.call('POST', '/v1/chat/completions', { body: { model: 'grok-fast', input: 'hi' }, headers: key() });
  assert.deepEqual([answer.status, answer.body.object], [200, 'chat.completion'], answer.text);
  assert.notEqual(answer.body.choices[0].message.content, '');
});

test('an answer that leaves the body unread keeps the connection', async () => {
  const body = JSON.stringify({ model: 'grok-fast', messages: [{ role: 'user', content: 'x'.repeat(20_000) }] });
  const post = (path, headers) => `POST ${path} HTTP/1.1\r\nHost: gateway\r\n${headers}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const get = 'GET /health HTTP/1.1\r\nHost: gateway\r\n\r\n';
  for (const [path, headers, status] of [['/v1/chat/completions', '', 401], ['/v1/nothing', `Authorization: Bearer ${gw.key}\r\n`, 404], ['/v1/models', `Authorization: Bearer ${gw.key}\r\n`, 405], ['/api/logout', '', 401]]) {
    const text = await exchange([post(path, headers), get], 2);
    const statuses = text.match(/HTTP\/1\.1 \d{3}/g)?.map((line) => Number(line.slice(-3)));
    assert.deepEqual(statuses, [status, 200], `${path}: ${text}`);
  }
});

test('a whole answer carries its length', async () => {
  for (const [path, headers] of [['/health', {}], ['/v1/models', key()], ['/v1/models', {}]]) {
    const answer = await gw.call('GET', path, { headers: { ...headers, 'accept-encoding': 'identity' } });
    assert.equal(answer.headers.get('content-length'), String(Buffer.byteLength(answer.text)), path);
  }
});

test('a whole answer ends with its first bytes, kept connection', async (t) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async () => {
    const began = performance.now();
    const sent = request(`${gw.url}/v1/models`, { agent, headers: key() }).end();
    const [answer] = await once(sent, 'response');
    const head = performance.now();
    answer.resume();
    await once(answer, 'end');
    return { isKept: sent.reusedSocket, rest: performance.now() - head, all: performance.now() - began };
  };
  const asked = [];
  for (let n = 0; n < 31; n++) asked.push(await ask());
  agent.destroy();
  const kept = asked.filter(({ isKept }) => isKept);
  assert.ok(kept.length >= 25, `${kept.length} on a kept connection`);
  const median = (name) => kept.map((each) => each[name]).sort((a, b) => a - b)[kept.length >> 1];
  t.diagnostic(`${HOST}: half of the answers end within ${median('all').toFixed(1)} ms, ${median('rest').toFixed(1)} ms after their head`);
  // A last piece that waits for the client's acknowledgement comes 40 ms late.
  assert.ok(median('rest') <= 10, `${median('rest')} ms`);
});

test('every 429 of the pool says when to try again', async () => {
  await gw.pool(['quota-1', 'quota-2', 'quota-3', 'quota-4', 'quota-5']);
  const answer = await gw.chat('hi');
  assert.equal(answer.status, 429, answer.text);
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
});

test('the admin API is never kept by a cache', async () => {
  assert.equal((await gw.api('GET', '/settings')).headers.get('cache-control'), 'no-store');
});
