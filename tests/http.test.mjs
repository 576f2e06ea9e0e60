// What every client meets first: health, the model list, CORS, and what is said to wrong paths, methods and keys.
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { gatewayForFile } from './lib/gateway.mjs';

const gw = gatewayForFile();

const MODELS = ['grok-fast', 'grok-auto', 'grok-expert', 'grok-heavy', 'grok-imagine-image', 'grok-imagine-image-2.0', 'grok-imagine-image-edit',
  'grok-3-fast', 'grok-4-fast', 'grok-4-fast-expert', 'grok-4', 'grok-4-expert', 'grok-4-heavy', 'grok-4.1-thinking', 'grok-imagine-0.9'];
const withKey = () => ({ headers: { authorization: `Bearer ${gw.key}` } });

function openAiError(answer, status, type) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.body.error.type, type);
  assert.equal(typeof answer.body.error.message, 'string');
  assert.ok('code' in answer.body.error && 'param' in answer.body.error, answer.text);
}

test('health needs no key and touches no storage', async () => {
  const answer = await gw.call('GET', '/health');
  assert.equal(answer.status, 200);
  assert.equal(answer.body.status, 'healthy');
  assert.equal(answer.body.service, 'Grok2API');
  assert.match(answer.headers.get('server-timing'), /\bdb;desc="?0"?(;|,|$)/);
  assert.match(answer.headers.get('x-request-id'), /\S{8,}/);
});

test('the models, in order, with their display data', async () => {
  const answer = await gw.call('GET', '/v1/models', withKey());
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.body.object, 'list');
  assert.deepEqual(answer.body.data.map((model) => model.id), MODELS);
  for (const model of answer.body.data) {
    assert.equal(model.object, 'model');
    assert.equal(model.owned_by, 'x-ai');
    assert.ok(Number.isInteger(model.created));
    assert.equal(model.supported_max_output_tokens, 131072);
    assert.equal(model.default_top_p, 0.95);
    assert.ok(model.display_name && model.description && model.raw_model_path.startsWith('xai/'));
  }
  assert.match(answer.headers.get('server-timing'), /\bdb;desc="?1"?(;|,|$)/);
});

test('a page has one address on both hosts', async () => {
  for (const [path, to] of [['/manage/', '/manage'], ['/login/?next=x', '/login?next=x'], ['/manage.html', '/manage']]) {
    const answer = await gw.call('GET', path);
    assert.deepEqual([answer.status, answer.headers.get('location')], [307, to], path);
  }
  assert.equal((await gw.call('GET', '/console/')).status, 404);
});

test('one model by its id, and an unknown one', async () => {
  const one = await gw.call('GET', '/v1/models/grok-4.1-thinking', withKey());
  assert.equal(one.body.id, 'grok-4.1-thinking');
  assert.equal(one.body.display_name, 'Grok 4.1 Thinking');
  const none = await gw.call('GET', '/v1/models/gpt-4o', withKey());
  openAiError(none, 404, 'invalid_request_error');
  assert.equal(none.body.error.code, 'model_not_found');
});

test('the model for videos: what it takes, the setting it needs', async () => {
  const { body } = await gw.call('GET', '/v1/models/grok-imagine-0.9', withKey());
  assert.match(body.description, /video from a picture/);
  assert.match(body.description, /x_statsig_id/);
  // Without a picture it answers 400, as chat-pictures shows.
  assert.doesNotMatch(body.description, /text-to-/);
});

test('a missing and a wrong key are 401 below /v1, before all else', async () => {
  for (const [method, path] of [['GET', '/v1/models'], ['GET', '/v1/models/grok-4'], ['POST', '/v1/chat/completions'], ['GET', '/v1/nothing']]) {
    openAiError(await gw.call(method, path), 401, 'authentication_error');
    for (const authorization of ['Bearer', 'Bearer ', 'Basic YWJj', gw.key]) {
      openAiError(await gw.call(method, path, { headers: { authorization } }), 401, 'authentication_error');
    }
  }
  for (const [method, path] of [['GET', '/v1/models'], ['GET', '/v1/models/grok-4'], ['POST', '/v1/chat/completions']]) {
    const wrong = await gw.call(method, path, { headers: { authorization: 'Bearer sk-wrong' } });
    openAiError(wrong, 401, 'authentication_error');
    assert.doesNotMatch(wrong.body.error.message, /\b8\b/, 'a refusal must not contain the length of the key');
  }
  const lower = await gw.call('GET', '/v1/models', { headers: { authorization: `bearer ${gw.key}` } });
  assert.equal(lower.status, 200);
});

test('unknown paths are 404, wrong methods 405, in each format', async () => {
  openAiError(await gw.call('GET', '/v1/nothing', withKey()), 404, 'invalid_request_error');
  const wrong = await gw.call('DELETE', '/v1/chat/completions', withKey());
  openAiError(wrong, 405, 'invalid_request_error');
  assert.equal(wrong.headers.get('allow'), 'POST');
  const admin = await gw.api('GET', '/nothing');
  assert.equal(admin.status, 404, admin.text);
  assert.equal(admin.body.success, false);
  const method = await gw.api('PUT', '/tokens/add', {});
  assert.equal(method.status, 405, method.text);
  assert.equal(method.body.code, 'method_not_allowed');
  assert.equal((await gw.call('GET', '/nowhere')).status, 404);
});

test('browsers may call /v1 from anywhere and nothing else', async () => {
  const preflight = await gw.call('OPTIONS', '/v1/chat/completions', { headers: { origin: 'https://chat.example',
    'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' } });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get('access-control-allow-headers'), /authorization/i);
  assert.match(preflight.headers.get('access-control-allow-methods'), /POST/);
  for (const answer of [preflight, await gw.call('GET', '/v1/models'), await gw.call('GET', '/v1/models', withKey())]) {
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  }
  assert.equal((await gw.api('GET', '/settings')).headers.get('access-control-allow-origin'), null);
});

test('answers carry no hop-by-hop header and forbid sniffing', async () => {
  for (const answer of [await gw.call('GET', '/health'), await gw.call('GET', '/v1/models', withKey()), await gw.api('GET', '/tokens')]) {
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    for (const name of ['proxy-connection', 'te', 'upgrade']) assert.equal(answer.headers.get(name), null);
  }
});

test('the same request twice has two request ids', async () => {
  const ids = [await gw.call('GET', '/health'), await gw.call('GET', '/health')].map((answer) => answer.headers.get('x-request-id'));
  assert.notEqual(ids[0], ids[1]);
});
