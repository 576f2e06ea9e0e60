// The OpenAPI document against what the routes answer: every GET, and what clients of /v1 get, streams and refusals too.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, test } from './lib/suite.mjs';
import { gatewayForFile } from './lib/gateway.mjs';
import { faults } from './lib/schema.mjs';

const gw = gatewayForFile();
let document;
before(async () => {
  document = (await gw.call('GET', '/openapi.json')).body;
});

const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** Returns the schema of an answer to this route. */
function schemaOf(method, route, status, type) {
  const { responses } = document.paths[route][method.toLowerCase()];
  let response = responses[status] ?? responses.default;
  if (response.$ref) response = response.$ref.slice(2).split('/').reduce((node, name) => node[name], document);
  const schema = response.content[type.split(';')[0]]?.schema;
  assert.ok(schema, `${method} ${route}: ${status} with ${type} is not in the document`);
  return schema;
}

function fits(method, route, { status, headers, body }) {
  const schema = schemaOf(method, route, status, headers.get('content-type'));
  assert.deepEqual(faults(document, schema, body), [], `${method} ${route} ${status}`);
}

test('every GET answers as documented, with and without rights', async () => {
  await gw.pool(['basic-1']);
  await gw.chat('[[n:5]]');
  await gw.logged(1);
  let asked = 0;
  for (const [route, { get }] of Object.entries(document.paths)) {
    if (!get || route.includes('{')) continue;
    const answer = await gw.call('GET', route, { headers: bearer(route.startsWith('/v1') ? gw.key : gw.session) });
    assert.equal(answer.status, 200, `${route}: ${answer.text}`);
    fits('GET', route, answer);
    if (!get.security || get.security.length > 0) {
      const refused = await gw.call('GET', route);
      assert.equal(refused.status, 401, route);
      fits('GET', route, refused);
    }
    asked += 1;
  }
  assert.ok(asked > 10, `${asked} routes`);
});

test('messages, whole and streamed, and their refusals', async () => {
  await gw.pool(['basic-1']);
  const route = '/v1/messages';
  const ask = (more) => ({ headers: { 'x-api-key': gw.key }, body: { model: 'grok-fast', max_tokens: 100, messages: [{ role: 'user', content: '[[n:5]]' }], ...more } });
  for (const more of [{}, { thinking: { type: 'adaptive' } }, { model: 'none' }, { messages: [] }, { thread: { type: 'create' } }]) fits('POST', route, await gw.call('POST', route, ask(more)));
  const count = `${route}/count_tokens`;
  for (const more of [{}, { model: 'none' }]) fits('POST', count, await gw.call('POST', count, ask(more)));
  const stream = await gw.fetch('POST', route, ask({ stream: true, thinking: { type: 'adaptive' } }));
  const schema = schemaOf('POST', route, 200, stream.headers.get('content-type'));
  const events = (await stream.text()).split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)));
  assert.equal(events.at(-1).type, 'message_stop');
  for (const event of events) assert.deepEqual(faults(document, schema, event), [], JSON.stringify(event));
});

test('chats, whole and streamed, and their refusals', async () => {
  await gw.pool(['basic-1']);
  const route = '/v1/chat/completions';
  fits('POST', route, await gw.chat('[[n:5]]'));
  for (const wrong of [{ model: 'none' }, { messages: [] }, { temperature: 'hot' }]) fits('POST', route, await gw.chat('x', wrong));
  const stream = await gw.chatRaw('[[n:5]]', { stream: true, stream_options: { include_usage: true } });
  const schema = schemaOf('POST', route, 200, stream.headers.get('content-type'));
  const events = (await stream.text()).split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
  assert.equal(events.pop(), '[DONE]');
  assert.ok(events.length > 2);
  for (const event of events) assert.deepEqual(faults(document, schema, JSON.parse(event)), []);
  fits('GET', '/v1/models/{id}', await gw.call('GET', '/v1/models/grok-4', { headers: bearer(gw.key) }));
  fits('GET', '/v1/models/{id}', await gw.call('GET', '/v1/models/none', { headers: bearer(gw.key) }));
});

test('responses, whole and streamed, and their refusals', async () => {
  await gw.pool(['basic-1']);
  const route = '/v1/responses';
  const ask = (body) => gw.fetch('POST', route, { body: { model: 'grok-4', input: '[[n:5]]', ...body }, headers: bearer(gw.key) });
  const call = (body) => gw.call('POST', route, { body: { model: 'grok-4', input: '[[n:5]]', ...body }, headers: bearer(gw.key) });
  fits('POST', route, await call({}));
  for (const wrong of [{ model: 'none' }, { input: [] }, { background: true }]) fits('POST', route, await call(wrong));
  const stream = await ask({ stream: true });
  const schema = schemaOf('POST', route, 200, stream.headers.get('content-type'));
  const events = (await stream.text()).split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)));
  assert.equal(events.at(-1).type, 'response.completed');
  for (const event of events) assert.deepEqual(faults(document, schema, event), [], JSON.stringify(event));
});
