// Anthropic's Messages as the official client for Node reads them: answers, streams, reasoning, pictures, limits, errors.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { png } from './fake-grok/media.mjs';
import { anthropicOf } from './lib/anthropic.mjs';
import { gatewayForFile } from './lib/gateway.mjs';
import { before, beforeEach, test } from './lib/suite.mjs';

const gw = gatewayForFile();
let client;
before(() => { client = anthropicOf(gw); });
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3']));

const MODEL = 'claude-opus-5-5';
const ask = (content, more = {}) => ({ model: MODEL, max_tokens: 4000, messages: [{ role: 'user', content }], ...more });
const sent = () => gw.grok.calls.filter(({ kind }) => kind === 'chat').at(-1).body;
const textOf = ({ content }) => content.filter(({ type }) => type === 'text').map(({ text }) => text).join('');

test('a message has one text, its end and the usage', async () => {
  const { data: message, request_id, response } = await client.messages.create(ask('[[text:Hello world]]')).withResponse();
  assert.match(message.id, /^msg_[0-9a-f]{32}$/);
  assert.deepEqual([message.type, message.role, message.model], ['message', 'assistant', MODEL]);
  assert.deepEqual(message.content, [{ type: 'text', text: 'Hello world' }]);
  assert.deepEqual([message.stop_reason, message.stop_sequence], ['end_turn', null]);
  const { input_tokens, output_tokens, ...cached } = message.usage;
  assert.ok(input_tokens > 3 && output_tokens === 3, JSON.stringify(message.usage));
  assert.deepEqual(cached, { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 });
  const [row] = await gw.logged(1);
  assert.deepEqual([row.request_id, request_id, response.headers.get('x-request-id')], [row.request_id, row.request_id, row.request_id]);
  assert.deepEqual([row.model, row.status, row.stream, row.completion_tokens], [MODEL, 200, false, output_tokens]);
});

test('a stream is the same message in the order of the reference', async () => {
  const events = [];
  const stream = client.messages.stream(ask('[[n:60]]'));
  stream.on('streamEvent', ({ type }) => { if (events.at(-1) !== type) events.push(type); });
  const streamed = await stream.finalMessage();
  assert.deepEqual(events, ['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);
  const collected = await client.messages.create(ask('[[n:60]]'));
  const { id, ...same } = collected;
  const { parsed_output, ...whole } = { ...streamed, id };
  assert.deepEqual([whole, parsed_output], [{ id, ...same }, null]);
  assert.equal(textOf(streamed).split(' ').length, 60);
});

test('names of Claude stand for modes of Grok', async () => {
  for (const [model, mode] of [['claude-haiku-4-5-20251001', 'fast'], ['claude-opus-5-5', 'auto'], ['claude-sonnet-4-5', 'auto'], ['grok-fast', 'fast']]) {
    const message = await client.messages.create(ask('[[text:yes]]', { model }));
    assert.equal(message.model, model);
    assert.equal(gw.grok.calls.filter(({ kind }) => kind === 'chat').at(-1).mode, mode, model);
  }
});

test('the models are listed', async () => {
  const models = [];
  for await (const model of client.models.list()) models.push(model);
  assert.ok(models.length > 5 && models.some(({ id, display_name }) => id === 'grok-fast' && display_name === 'Grok Fast'));
});

test('reasoning is shown to those who ask for it', async () => {
  const kinds = async (thinking) => {
    const body = ask('Why is the sky blue?', { thinking });
    const [collected, streamed] = [await client.messages.create(body), await client.messages.stream(body).finalMessage()];
    assert.deepEqual(streamed.content.map(({ type }) => type), collected.content.map(({ type }) => type));
    const [first] = collected.content;
    if (first.type === 'thinking') assert.ok(first.thinking.length > 0 && first.signature.length > 0 && streamed.content[0].signature.length > 0);
    return collected.content.map(({ type }) => type).join(' ');
  };
  assert.equal(await kinds({ type: 'enabled', budget_tokens: 1024 }), 'thinking text');
  assert.equal(await kinds({ type: 'adaptive' }), 'thinking text');
  assert.equal(await kinds({ type: 'adaptive', display: 'omitted' }), 'text');
  assert.equal(await kinds({ type: 'disabled' }), 'text');
  assert.equal(await kinds(undefined), 'text');
});

test('system, earlier answers and results reach Grok', async () => {
  await client.messages.create({ model: MODEL, max_tokens: 100, system: [{ type: 'text', text: 'Speak like a sailor.', cache_control: { type: 'ephemeral' } }],
    messages: [{ role: 'user', content: 'Ahoy' }, { role: 'assistant', content: [{ type: 'thinking', thinking: 'a secret', signature: 's' }, { type: 'text', text: 'Aye.' }] },
      { role: 'user', content: [{ type: 'text', text: 'Where to?' }] }] });
  const { message } = sent();
  for (const part of ['Speak like a sailor.', 'Ahoy', 'Aye.', 'Where to?']) assert.ok(message.includes(part), message);
  assert.ok(!message.includes('a secret'), message);
});

test('a picture of the request reaches Grok', async () => {
  const source = { type: 'base64', media_type: 'image/png', data: png('sky').toString('base64') };
  const message = await client.messages.create(ask([{ type: 'image', source }, { type: 'text', text: 'What is that?' }]));
  assert.equal(message.stop_reason, 'end_turn');
  assert.equal(gw.grok.calls.filter(({ kind }) => kind === 'upload').length, 1);
  assert.equal(sent().fileAttachments.length, 1);
});

test('the text ends at its limit and at a stop sequence', async () => {
  for (const way of ['create', 'stream']) {
    const get = async (body) => (way === 'create' ? client.messages.create(body) : client.messages.stream(body).finalMessage());
    const long = await get(ask('[[n:200]]', { max_tokens: 5 }));
    assert.deepEqual([long.stop_reason, long.usage.output_tokens], ['max_tokens', 5]);
    assert.match(textOf(long), /^.{17,20}$/);
    const stopped = await get(ask('[[text:one two END three]]', { stop_sequences: ['STOP', 'END'] }));
    assert.deepEqual([textOf(stopped), stopped.stop_reason, stopped.stop_sequence], ['one two ', 'stop_sequence', 'END']);
  }
});

test('tokens are counted without asking Grok', async () => {
  const body = { model: MODEL, system: 'Be brief.', messages: [{ role: 'user', content: 'twelve chars' }] };
  const { input_tokens } = await client.messages.countTokens(body);
  const tools = [{ name: 'f', description: 'A tool.', input_schema: { type: 'object', properties: {} } }];
  const more = await client.messages.countTokens({ ...body, tools });
  assert.ok(input_tokens > 5 && more.input_tokens > input_tokens + 5, `${input_tokens} ${more.input_tokens}`);
  assert.equal(gw.grok.calls.length, 0);
  const message = await client.messages.create({ ...body, max_tokens: 100 });
  assert.equal(message.usage.input_tokens, input_tokens);
});

test('the key may come in either header', async () => {
  const bearer = anthropicOf(gw, { apiKey: null, authToken: gw.key });
  assert.equal(textOf(await bearer.messages.create(ask('[[text:yes]]'))), 'yes');
  const stranger = anthropicOf(gw, { apiKey: 'sk-wrong' });
  const { max_tokens, ...counted } = ask('hi');
  for (const call of [() => stranger.messages.create({ ...counted, max_tokens }), () => stranger.messages.countTokens(counted)]) {
    const error = await call().then(() => null, (error) => error);
    assert.ok(error instanceof Anthropic.AuthenticationError, String(error));
    assert.equal(error.type, 'authentication_error');
  }
});

/** Returns the error of a call, whose body and headers must be Anthropic's. */
async function failure(kind, type, call) {
  const error = await call.then(() => assert.fail(`${kind.name} was expected`), (error) => error);
  assert.ok(error instanceof kind, `${error.constructor.name}: ${error.message}`);
  assert.deepEqual([error.error.type, error.error.error.type], ['error', type]);
  assert.match(error.requestID, /^req_[0-9a-f]{24}$/);
  assert.equal(error.error.request_id, error.requestID);
  return error;
}

test('each failure has its type', async () => {
  const { messages } = client;
  await failure(Anthropic.NotFoundError, 'not_found_error', messages.create(ask('hi', { model: 'gpt-5' })));
  const missing = await failure(Anthropic.BadRequestError, 'invalid_request_error', messages.create({ model: MODEL, messages: ask('hi').messages }));
  assert.match(missing.message, /max_tokens/);
  const wrong = await failure(Anthropic.BadRequestError, 'invalid_request_error', messages.create(ask([{ type: 'text' }])));
  assert.match(wrong.message, /messages\.0\.content\.0\.text/);
  const tool = await failure(Anthropic.BadRequestError, 'invalid_request_error', messages.create(ask('hi', { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] })));
  assert.match(tool.message, /code_execution_20250825/);
  await failure(Anthropic.RateLimitError, 'rate_limit_error', messages.create(ask('[[error:usage_limit]]')));
  const busy = await failure(Anthropic.InternalServerError, 'overloaded_error', messages.create(ask('[[error:heavy_usage]]')));
  assert.equal(busy.status, 529);
});

test('failures of the router have this form too', async () => {
  const call = (method, path, headers, body) => gw.call(method, path, { headers, body });
  const key = { 'x-api-key': gw.key };
  const big = new Uint8Array(21 << 20).fill(32);
  for (const [answer, status, type] of [
    [await call('POST', '/v1/messages', {}, {}), 401, 'authentication_error'],
    [await call('GET', '/v1/messages', key), 405, 'invalid_request_error'],
    [await call('POST', '/v1/messages/batches', key, {}), 404, 'not_found_error'],
    [await call('POST', '/v1/messages', key, big), 413, 'request_too_large'],
    [await call('POST', '/v1/messages', key, '{'), 400, 'invalid_request_error'],
  ]) {
    assert.equal(answer.status, status, answer.text);
    assert.deepEqual([answer.body.type, answer.body.error.type], ['error', type]);
    assert.equal(answer.body.request_id, answer.headers.get('request-id'));
  }
});

test('a stream that breaks off ends with an error', async () => {
  const stream = client.messages.stream(ask('[[n:50]] [[cut:30]]'));
  const error = await stream.finalMessage().then(() => assert.fail('it must fail'), (error) => error);
  assert.ok(error instanceof Anthropic.APIError, String(error));
  assert.match(error.message, /api_error/);
});

test('threads are refused, and clients go on without', async () => {
  const thread = { type: 'create' };
  const error = await failure(Anthropic.BadRequestError, 'invalid_request_error', client.beta.messages.create(ask('hi', { thread })));
  assert.deepEqual(error.error.error.details, { error_code: 'thread_unsupported_request' });
  const kept = client.beta.messages.thread({ model: MODEL, max_tokens: 100, unsupportedRequestBehavior: 'continue_unthreaded' });
  assert.equal(textOf(await kept.send([{ role: 'user', content: '[[text:first]]' }])), 'first');
  assert.equal(textOf(await kept.send([{ role: 'user', content: '[[text:second]]' }])), 'second');
  assert.match(sent().message, /first[^]*second/);
});

test('unknown fields and headers of betas pass', async () => {
  const message = await client.beta.messages.create({ ...ask('[[text:yes]]'), betas: ['context-management-2025-06-27'], metadata: { user_id: 'u' }, service_tier: 'auto',
    context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] }, output_config: { effort: 'low' }, temperature: 0.1, top_k: 5 });
  assert.equal(textOf(message), 'yes');
});

test('a page of another origin may call it', async () => {
  const headers = { origin: 'https://e.org', 'access-control-request-method': 'POST', 'access-control-request-headers': 'anthropic-version,x-api-key' };
  const { status, headers: answered } = await gw.call('OPTIONS', '/v1/messages', { headers });
  assert.deepEqual([status, answered.get('access-control-allow-headers')], [204, 'anthropic-version,x-api-key']);
});
