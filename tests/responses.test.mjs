// OpenAI's Responses API with the official client for Node: whole and streamed, tools, JSON, stored responses.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { NotFoundError, BadRequestError, APIError } from 'openai';
import { readFile } from 'node:fs/promises';
import { ENCRYPTED, gatewayForFile, startGateway } from './lib/gateway.mjs';
import { sqlite, databaseOf } from './lib/database.mjs';
import { openaiOf } from './lib/openai.mjs';

const gw = gatewayForFile({ vars: ENCRYPTED });
const model = 'grok-4';
const WEATHER = { type: 'function', name: 'get_weather', description: 'Current weather of a city.', strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } };

test('a response has its text, its usage and its fields', async () => {
  await gw.pool(['basic-1']);
  const response = await openaiOf(gw).responses.create({ model, input: '[[text:Hello world]]', instructions: 'be nice', metadata: { a: 'b' } });
  assert.equal(response.output_text, 'Hello world');
  assert.deepEqual([response.object, response.status, response.model, response.error, response.store], ['response', 'completed', model, null, true]);
  assert.deepEqual([response.instructions, response.metadata, response.tools, response.tool_choice], ['be nice', { a: 'b' }, [], 'auto']);
  assert.match(response.id, /^resp_[0-9a-f]{32}$/);
  const message = response.output.find(({ type }) => type === 'message');
  assert.deepEqual([message.role, message.status, message.content[0].type], ['assistant', 'completed', 'output_text']);
  assert.equal(response.usage.total_tokens, response.usage.input_tokens + response.usage.output_tokens);
});

test('a stream has the events in order, and ends with the whole', async () => {
  await gw.pool(['basic-1']);
  const events = [];
  const stream = openaiOf(gw).responses.stream({ model, input: '[[n:20]]', reasoning: { summary: 'auto' } });
  for await (const event of stream) events.push(event);
  const whole = await stream.finalResponse();
  assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, at) => at));
  assert.deepEqual(events.slice(0, 2).map(({ type }) => type), ['response.created', 'response.in_progress']);
  assert.equal(events.at(-1).type, 'response.completed');
  const text = events.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta).join('');
  assert.equal(text, whole.output_text);
  assert.equal(events.find(({ type }) => type === 'response.output_text.done').text, text);
  assert.deepEqual(events.at(-1).response.output.map(({ id }) => id), whole.output.map(({ id }) => id));
});

test('a function is called, and its result is answered', async () => {
  await gw.pool(['basic-1']);
  const client = openaiOf(gw);
  for (const stream of [false, true]) {
    const input = [{ role: 'user', content: 'What is the weather in Paris?' }];
    const ask = async () => (stream ? client.responses.stream({ model, input, tools: [WEATHER], store: false }).finalResponse() : client.responses.create({ model, input, tools: [WEATHER], store: false }));
    const first = await ask();
    const call = first.output.find(({ type }) => type === 'function_call');
    assert.deepEqual([call.name, JSON.parse(call.arguments)], ['get_weather', { city: 'Paris' }]);
    input.push(...first.output, { type: 'function_call_output', call_id: call.call_id, output: '21 degrees' });
    assert.match((await ask()).output_text, /21 degrees/);
  }
});

test('custom tools and tools of a namespace are called', async () => {
  await gw.pool(['basic-1']);
  const client = openaiOf(gw);
  const custom = await client.responses.create({ model, input: 'Use apply_patch', tools: [{ type: 'custom', name: 'apply_patch', description: 'Changes files' }] });
  const call = custom.output.find(({ type }) => type === 'custom_tool_call');
  assert.equal(call.name, 'apply_patch');
  assert.ok(call.input.length > 0);
  const namespace = { type: 'namespace', name: 'mcp__files', description: 'Files', tools: [{ type: 'function', name: 'read_page', parameters: { type: 'object', properties: {} } }] };
  const response = await client.responses.create({ model, input: 'Call mcp__files.read_page', tools: [namespace] });
  const spaced = response.output.find(({ type }) => type === 'function_call');
  assert.deepEqual([spaced.name, spaced.namespace], ['read_page', 'mcp__files']);
});

test('JSON by a schema is parsed', async () => {
  await gw.pool(['basic-1']);
  const schema = { type: 'object', properties: { city: { type: 'string' }, n: { type: 'integer' } }, required: ['city', 'n'], additionalProperties: false };
  const response = await openaiOf(gw).responses.parse({ model, input: 'the city is Paris, n is 3', text: { format: { type: 'json_schema', name: 'place', strict: true, schema } } });
  assert.deepEqual(JSON.parse(response.output_text), { city: 'Paris', n: 3 });
});

test('a response is continued, also after a restart, by its key', async () => {
  const first = await startGateway({ vars: ENCRYPTED });
  const { dataDir, key, grok } = first;
  let running = first.host;
  try {
    await first.addTokens(['basic-1']);
    const client = openaiOf(first);
    const one = await client.responses.create({ model, input: '[[echo]] My name is Ann.', instructions: 'never repeated' });
    const two = await client.responses.stream({ model, input: '[[echo]] second', previous_response_id: one.id }).finalResponse();
    assert.match(two.output_text, /My name is Ann[\s\S]*My name is Ann[\s\S]*second/);
    assert.doesNotMatch(two.output_text, /^系统/m, 'instructions are not repeated');
    const other = (await first.ok('POST', '/keys/add', { name: 'other' })).key;
    await first.host.stop();
    running = null;
    const again = await startGateway({ dataDir, grok, vars: ENCRYPTED, fresh: true });
    try {
      again.key = key;
      const mine = openaiOf(again);
      const three = await mine.responses.create({ model, input: '[[echo]] third', previous_response_id: two.id });
      assert.match(three.output_text, /My name is Ann[\s\S]*second[\s\S]*third/);
      assert.equal(three.previous_response_id, two.id);
      assert.equal((await mine.responses.retrieve(one.id)).output_text, one.output_text);
      const items = [];
      for await (const item of mine.responses.inputItems.list(two.id, { order: 'asc', limit: 2 })) items.push(item);
      assert.deepEqual(items.map(({ type, role }) => role ?? type), ['user', 'reasoning', 'assistant', 'user']);
      assert.deepEqual(items[0].content, [{ type: 'input_text', text: '[[echo]] My name is Ann.' }]);
      const reference = { type: 'item_reference', id: one.output.at(-1).id };
      const named = await mine.responses.create({ model, input: [reference, { role: 'user', content: '[[echo]] and now?' }] });
      assert.match(named.output_text, /My name is Ann[\s\S]*and now/);
      again.key = other;
      const stranger = openaiOf(again);
      const refused = (work, code) => assert.rejects(work, (error) => error instanceof NotFoundError && (!code || error.code === code));
      await refused(stranger.responses.create({ model, input: 'x', previous_response_id: one.id }), 'previous_response_not_found');
      await refused(stranger.responses.create({ model, input: [reference] }));
      await refused(stranger.responses.retrieve(one.id));
      await refused(stranger.responses.delete(one.id));
      await refused(stranger.responses.inputItems.list(one.id).asResponse());
      await mine.responses.delete(two.id);
      await refused(mine.responses.retrieve(two.id));
      await refused(mine.responses.create({ model, input: 'x', previous_response_id: three.id }), 'previous_response_not_found');
    } finally {
      await again.host.stop();
    }
    const path = await databaseOf(dataDir);
    assert.ok(Number(await sqlite('count', path, 'responses')) >= 3);
    assert.doesNotMatch((await readFile(path)).toString('latin1'), /My name is Ann/, 'what is stored is encrypted');
  } finally {
    await running?.stop();
    await first.grok.stop();
  }
});

test('what is not to be stored is not', async () => {
  await gw.pool(['basic-1']);
  const client = openaiOf(gw);
  const unstored = await client.responses.create({ model, input: 'hi', store: false });
  assert.equal(unstored.store, false);
  await assert.rejects(client.responses.retrieve(unstored.id), NotFoundError);
  await gw.settings({}, { store_responses: false });
  try {
    const off = await client.responses.create({ model, input: 'hi' });
    assert.equal(off.store, false);
    await assert.rejects(client.responses.create({ model, input: 'x', previous_response_id: off.id }), (error) => error.code === 'previous_response_not_found');
  } finally {
    await gw.settings({}, { store_responses: null });
  }
});

test('refusals name the field, and a stream that breaks says so', async () => {
  await gw.pool(['basic-1', 'basic-2', 'basic-3']);
  const client = openaiOf(gw);
  const refused = (body, param) => assert.rejects(client.responses.create({ model, input: 'x', ...body }), (error) => error instanceof BadRequestError && error.param === param);
  await refused({ background: true }, 'background');
  await refused({ tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }, 'tools.0.type');
  await refused({ input: [] }, 'input');
  await assert.rejects(async () => { for await (const _ of await client.responses.create({ model, input: '[[n:50]] [[cut:30]]', stream: true })); }, APIError);
});

test('a chat takes the items that Cursor sends', async () => {
  await gw.pool(['basic-1']);
  const body = { model, stream: false, input: [{ role: 'user', content: [{ type: 'input_text', text: 'What is the weather in Paris?' }] }], tools: [WEATHER] };
  const { body: answer } = await gw.call('POST', '/v1/chat/completions', { body, headers: { authorization: `Bearer ${gw.key}` } });
  assert.equal(answer.choices[0].message.tool_calls[0].function.name, 'get_weather');
});
