// The official OpenAI client for Node talks with the gateway as if it were OpenAI.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, beforeEach, test } from './lib/suite.mjs';
import OpenAI from 'openai';
import { gatewayForFile } from './lib/gateway.mjs';
import { openaiOf } from './lib/openai.mjs';
import { readSse } from './lib/sse.mjs';

const gw = gatewayForFile();
let client;
before(() => { client = openaiOf(gw); });
beforeEach(async () => {
  await gw.pool(['basic-1', 'basic-2', 'basic-3']);
  await gw.settings({ show_thinking: true });
});

const ask = (content, more = {}) => ({ model: 'grok-4', messages: [{ role: 'user', content }], ...more });

async function collect(content, more) {
  const chunks = [];
  for await (const chunk of await client.chat.completions.create(ask(content, { ...more, stream: true }))) chunks.push(chunk);
  return { chunks, text: chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('') };
}

test('models', async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.equal(ids.length, 15);
  assert.equal((await client.models.retrieve('grok-4')).id, 'grok-4');
  await assert.rejects(client.models.retrieve('gpt-5'), OpenAI.NotFoundError);
});

test('a collected answer has model, role, finish reason and usage', async () => {
  const answer = await client.chat.completions.create(ask('[[text:Hello world]]'));
  assert.match(answer.id, /^chatcmpl-/);
  assert.equal(answer.object, 'chat.completion');
  assert.equal(answer.model, 'grok-4');
  assert.ok(Math.abs(answer.created - Date.now() / 1000) < 60);
  assert.equal(answer.choices.length, 1);
  assert.equal(answer.choices[0].message.role, 'assistant');
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.match(answer.choices[0].message.content, /Hello world$/);
  const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
  assert.ok(prompt_tokens > 0 && completion_tokens > 0);
  assert.equal(total_tokens, prompt_tokens + completion_tokens);
});

test('a stream has one id, one role, a finish reason and [DONE]', async () => {
  const { chunks } = await collect('[[n:30]]');
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  assert.equal(new Set(chunks.map((chunk) => chunk.created)).size, 1);
  assert.ok(chunks.every((chunk) => chunk.model === 'grok-4' && chunk.object === 'chat.completion.chunk'));
  const choices = chunks.map((chunk) => chunk.choices[0]);
  assert.equal(choices[0].delta.role, 'assistant');
  assert.equal(choices.filter((choice) => choice.delta.role !== undefined).length, 1);
  assert.deepEqual(choices.map((choice) => choice.finish_reason).filter(Boolean), ['stop']);
  assert.equal(choices.at(-1).finish_reason, 'stop');
  const raw = await readSse(await gw.chatRaw('[[n:30]]', { stream: true, model: 'grok-4' }));
  assert.equal(raw.done, true);
});

test('every model id keeps its name and is sent as its mode', async () => {
  await gw.addTokens(['super-1'], 'ssoSuper');
  const modes = { 'grok-auto': 'auto', 'grok-4': 'auto', 'grok-fast': 'fast', 'grok-4-fast': 'fast', 'grok-3-fast': 'fast', 'grok-chat-fast': 'fast',
    'grok-expert': 'expert', 'grok-4.1-thinking': 'expert', 'grok-4-expert': 'expert', 'grok-4-fast-expert': 'expert', 'grok-heavy': 'heavy', 'grok-4-heavy': 'heavy' };
  for (const [model, mode] of Object.entries(modes)) {
    const answer = await client.chat.completions.create({ ...ask('hi'), model });
    assert.equal(answer.model, model);
    assert.equal(gw.grok.of('chat').at(-1).mode, mode);
  }
});

test('the older stream sends every model id by its upstream name', async () => {
  await gw.settings({ chat_transport: 'http', x_statsig_id: 'operator-value' });
  const upstream = { 'grok-3-fast': 'grok-3', 'grok-4-fast': 'grok-4-mini-thinking-tahoe', 'grok-4': 'grok-4', 'grok-4.1-thinking': 'grok-4-1-thinking-1129' };
  for (const [model, modelName] of Object.entries(upstream)) {
    const answer = await client.chat.completions.create({ ...ask('hi'), model });
    assert.equal(answer.model, model);
    assert.equal(gw.grok.of('chat').at(-1).body.modelName, modelName);
  }
  await gw.settings({ chat_transport: 'websocket', x_statsig_id: null });
});

test('usage streams only on request, as a last chunk', async () => {
  const { chunks } = await collect('[[n:30]]', { stream_options: { include_usage: true } });
  assert.deepEqual(chunks.at(-1).choices, []);
  const { usage } = chunks.at(-1);
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  const whole = await client.chat.completions.create(ask('[[n:30]]'));
  assert.deepEqual(usage, whole.usage);
  const without = await collect('[[n:30]]');
  assert.ok(without.chunks.every((chunk) => !chunk.usage && chunk.choices.length === 1));
});

test('usage is 1/4 token per ASCII character, 1 per other', async () => {
  await gw.settings({ show_thinking: false });
  const ascii = await client.chat.completions.create(ask(`[[text:${'abcd'.repeat(100)}]]`));
  assert.ok(Math.abs(ascii.usage.completion_tokens - 100) <= 2, `${ascii.usage.completion_tokens}`);
  const han = await client.chat.completions.create(ask(`[[text:${'树'.repeat(100)}]]`));
  assert.ok(Math.abs(han.usage.completion_tokens - 100) <= 2, `${han.usage.completion_tokens}`);
});

test('thinking and search come once, in one think element, first', async () => {
  for (const text of [(await collect('[[text:The answer.]]')).text,
    (await client.chat.completions.create(ask('[[text:The answer.]]'))).choices[0].message.content]) {
    assert.match(text, /^<think>\n[\s\S]*\n<\/think>\n\s*The answer\.$/);
    assert.equal(text.split('<think>').length, 2);
    assert.equal(text.split('</think>').length, 2);
    assert.match(text, /Thinking about the question/);
    assert.match(text, /\[Hyperion\]\(https:\/\/example\.org\/hyperion "The tallest known ?living tree, 115\.9 m\."\)/);
    assert.match(text, /\[Coast redwoods\]\(https:\/\/example\.org\/redwoods /);
    assert.doesNotMatch(text, /tool_usage_card|web_search/);
  }
});

test('with show_thinking off only the answer is left', async () => {
  await gw.settings({ show_thinking: false });
  assert.equal((await collect('[[text:The answer.]]')).text, 'The answer.');
  assert.equal((await client.chat.completions.create(ask('[[text:The answer.]]'))).choices[0].message.content, 'The answer.');
});

test('filtered tags are removed as elements, across token borders', async () => {
  await gw.settings({ show_thinking: false });
  const tokens = ['Before ', '<grok:ren', 'der card_id="k1" type="x"><argument name="citation_id">0</arg', 'ument></grok:re', 'nder>', 'after; ',
    '<xaiArtifact id="1">', 'hidden', '</xaiArtifact>', '1 < 2, a<b, <b>bold</b>, xaiartifact is a word'];
  gw.grok.script({}, { tokens });
  const expected = 'Before after; 1 < 2, a<b, <b>bold</b>, xaiartifact is a word';
  assert.equal((await collect('tags')).text, expected);
  assert.equal((await client.chat.completions.create(ask('tags'))).choices[0].message.content, expected);
});

test('several messages and parts arrive upstream in order', async () => {
  const messages = [{ role: 'system', content: 'be nice' }, { role: 'user', content: 'hi' }, { role: 'assistant', content: 'yo' },
    { role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b ' }] }];
  await client.chat.completions.create({ model: 'grok-4', messages });
  const { message } = gw.grok.of('chat').at(-1).body;
  const at = ['be nice', 'hi', 'yo', 'ab'].map((text) => message.indexOf(text));
  assert.ok(at.every((place, n) => place >= 0 && (n === 0 || place > at[n - 1])), message);
});

test('the handshake has three cookies, Origin, User-Agent only', async () => {
  await client.chat.completions.create(ask('hi'));
  const { headers, x_grok, token } = { ...gw.grok.of('chat').at(-1), ...gw.grok.of('chat').at(-1).body };
  const [{ uid }] = gw.grok.of('socket');
  assert.equal(headers.cookie, `sso=${token}; sso-rw=${token}; x-userid=${uid}`);
  assert.equal(headers.origin, gw.grok.url);
  assert.match(headers['user-agent'], /^Mozilla\/5\.0 \(compatible; grok2api\/[0-9.]+\)$/);
  assert.equal(x_grok.is_temporary, true);
  await gw.settings({ x_statsig_id: 'operator-value', cf_clearance: 'clear-me', user_agent: 'Mozilla/5.0 (suite)', temporary: false });
  await client.chat.completions.create(ask('hi'));
  const second = gw.grok.of('chat').at(-1);
  assert.match(second.headers.cookie, /cf_clearance=clear-me/);
  assert.equal(second.headers['user-agent'], 'Mozilla/5.0 (suite)');
  assert.equal(second.body.x_grok.is_temporary, false);
  for (const socket of gw.grok.of('socket')) assert.deepEqual([socket.unwanted, socket.refused, socket.dropped], [[], [], 0]);
  await gw.settings({ x_statsig_id: null, cf_clearance: null, user_agent: '', temporary: true });
});

test('the account of a chat is asked for its owner once', async () => {
  for (let n = 0; n < 9; n++) await client.chat.completions.create(ask('hi'));
  assert.deepEqual(gw.grok.of('identity').map((call) => call.path), ['/api/auth/session', '/api/auth/session', '/api/auth/session']);
  assert.equal(new Set(gw.grok.of('identity').map((call) => call.token)).size, 3);
});

test('the request of the older stream is as the service expects', async () => {
  await gw.settings({ chat_transport: 'http', x_statsig_id: 'first-value' });
  await client.chat.completions.create(ask('hi'));
  const { headers, body, token } = gw.grok.of('chat').at(-1);
  assert.match(headers.cookie, new RegExp(`(^|;\\s*)sso=${token}(;|$)`));
  assert.match(headers.cookie, new RegExp(`(^|;\\s*)sso-rw=${token}(;|$)`));
  assert.match(headers['x-xai-request-id'], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(headers['x-statsig-id'], 'first-value');
  assert.doesNotMatch(headers.cookie, /cf_clearance/);
  assert.equal(body.temporary, true);
  await gw.settings({ x_statsig_id: 'operator-value', cf_clearance: 'clear-me', user_agent: 'Mozilla/5.0 (suite)', temporary: false });
  await client.chat.completions.create(ask('hi'));
  const second = gw.grok.of('chat').at(-1);
  assert.equal(second.headers['x-statsig-id'], 'operator-value');
  assert.match(second.headers.cookie, /cf_clearance=clear-me/);
  assert.equal(second.headers['user-agent'], 'Mozilla/5.0 (suite)');
  assert.equal(second.body.temporary, false);
  assert.notEqual(second.headers['x-xai-request-id'], headers['x-xai-request-id']);
  await gw.settings({ chat_transport: 'websocket', x_statsig_id: null, cf_clearance: null, user_agent: '', temporary: true });
});
