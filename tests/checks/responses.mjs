// OpenAI's Responses API with the official client for Node, whatever provider answers: whole and streamed, tools, JSON.
import assert from 'node:assert/strict';
import { NotFoundError } from 'openai';
import { openaiOf } from '../lib/openai.mjs';
import { test } from '../lib/suite.mjs';

export const WEATHER = { type: 'function', name: 'get_weather', description: 'Current weather of a city.', strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } };

/** Adds the tests for one model, with the accounts that the file has. */
export function checkResponses({ gw, model }) {
  test('a response has its text, its usage and its fields', async () => {
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
    const schema = { type: 'object', properties: { city: { type: 'string' }, n: { type: 'integer' } }, required: ['city', 'n'], additionalProperties: false };
    const response = await openaiOf(gw).responses.parse({ model, input: 'the city is Paris, n is 3', text: { format: { type: 'json_schema', name: 'place', strict: true, schema } } });
    assert.deepEqual(JSON.parse(response.output_text), { city: 'Paris', n: 3 });
  });

  test('what is not to be stored is not', async () => {
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
}
