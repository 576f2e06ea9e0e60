// Anthropic's Messages over xAI's API: the checks of messages-tools.test.mjs, thinking across turns and keys, usage.
// Directives in prompts, such as [[n:40]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { checkMessages } from './checks/messages.mjs';
import { png } from './fake-grok/media.mjs';
import { anthropicOf } from './lib/anthropic.mjs';
import { before, beforeEach, test } from './lib/suite.mjs';
import { xaiGatewayForFile } from './lib/xai.mjs';

const { xai, gw } = xaiGatewayForFile();
const model = 'xai/grok-4.6';
let client;
before(() => { client = anthropicOf(gw); });
beforeEach(() => gw.keys(['basic-1', 'basic-2']));
checkMessages({ gw, model, refuse: '[[refuse]]' });

const thinking = { type: 'enabled', budget_tokens: 1024 };
const ask = (content, more = {}) => ({ model, max_tokens: 4000, messages: [{ role: 'user', content }], ...more });
const textOf = ({ content }) => content.filter(({ type }) => type === 'text').map(({ text }) => text).join('');

test('a message and its stream are the same', async () => {
  const collected = await client.messages.create(ask('[[n:60]] [[cached:64]]'));
  const { parsed_output, ...streamed } = await client.messages.stream(ask('[[n:60]] [[cached:64]]')).finalMessage();
  assert.deepEqual({ ...streamed, id: '' }, { ...collected, id: '' });
  const { usage } = await xai.of('responses')[0].done;
  assert.deepEqual([collected.usage.input_tokens + collected.usage.cache_read_input_tokens, collected.usage.output_tokens], [usage.input_tokens, usage.output_tokens]);
});

test('thinking goes to the key that gave it, or not at all', async () => {
  const messages = [];
  for (let turn = 0; turn < 6; turn++) {
    messages.push({ role: 'user', content: `[[n:4]] [[think:3]] turn ${turn}` });
    const body = { ...ask(''), messages, thinking };
    const message = turn % 2 ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
    const [thought] = message.content;
    assert.deepEqual([thought.type, thought.thinking.trim()], ['thinking', 'thought0 thought1 thought2']);
    assert.ok(thought.signature.length > 40, thought.signature);
    messages.push({ role: 'assistant', content: message.content });
  }
  const all = await Promise.all(xai.of('responses').map(({ done }) => done));
  assert.deepEqual(all.map(({ status }) => status), Array(6).fill(200));
  assert.equal(new Set(all.map(({ keyHash }) => keyHash)).size, 2);
  const sentBack = all.at(-1).body.input.filter(({ type }) => type === 'reasoning').length;
  assert.ok(sentBack > 0 && sentBack < 5, String(sentBack));
});

test('a picture is sent along, also in the result of a tool', async () => {
  const source = { type: 'base64', media_type: 'image/png', data: png('sky').toString('base64') };
  const tools = [{ name: 'look', description: 'Takes a picture.', input_schema: { type: 'object', properties: {} } }];
  await client.messages.create(ask([{ type: 'image', source }, { type: 'text', text: 'What is that?' }]));
  assert.ok(xai.of('responses')[0].body.input[0].content.some(({ type }) => type === 'input_image'));
  const messages = [{ role: 'user', content: 'Look.' }, { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'image', source }] }] }];
  const message = await client.messages.create({ ...ask(''), messages, tools });
  assert.equal(message.stop_reason, 'end_turn', JSON.stringify(message));
  assert.ok(JSON.stringify(xai.of('responses')[1].body.input).includes(source.data));
});

test('the text ends at its limit and at a stop sequence', async () => {
  const limited = await client.messages.create(ask('[[n:20]] [[incomplete:max_output_tokens]]'));
  assert.equal(limited.stop_reason, 'max_tokens');
  for (const body of [ask('[[text:one two END three]]', { stop_sequences: ['STOP', 'END'] })]) {
    for (const stopped of [await client.messages.create(body), await client.messages.stream(body).finalMessage()]) {
      assert.deepEqual([textOf(stopped), stopped.stop_reason, stopped.stop_sequence], ['one two ', 'stop_sequence', 'END']);
    }
  }
});

test('failures of xAI have the types of this API', async () => {
  const failed = (prompt, kind) => assert.rejects(client.messages.create(ask(prompt)), (error) => error instanceof kind && error.error.type === 'error', prompt);
  await failed('[[error:rate_limited]]', Anthropic.RateLimitError);
  await gw.keys(['basic-1']);
  await failed('[[error:overloaded]]', Anthropic.InternalServerError);
  await gw.keys(['basic-1']);
  await failed('[[error:policy]]', Anthropic.BadRequestError);
});
