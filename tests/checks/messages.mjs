// Tools and structured output of Anthropic's Messages, with the official client for Node and its tool runner, whatever provider
// answers.
import assert from 'node:assert/strict';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { z } from 'zod';
import { anthropicOf } from '../lib/anthropic.mjs';
import { before, test } from '../lib/suite.mjs';

const WEATHER = { name: 'get_weather', description: 'Returns the weather of a city.', input_schema: { type: 'object',
  properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } }, required: ['city', 'unit'] } };
const TIME = { name: 'get_time', description: 'Returns the time of a place.', input_schema: { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] } };
const BOTH = 'Use get_weather and get_time for Rome, in fahrenheit.';

const callsOf = ({ content }) => content.filter(({ type }) => type === 'tool_use').map(({ name, input }) => [name, input]);
const textOf = ({ content }) => content.filter(({ type }) => type === 'text').map(({ text }) => text).join('');
const PARIS = ['get_weather', { city: 'Paris', unit: 'celsius' }];
const PERSON = z.object({ name: z.string(), age: z.number().int(), city: z.string() });
const ANN = 'Extract: the name is Ann, the age is 31, the city is Paris.';

/** Adds the tests for one model. `refuse` is the directive with which its provider refuses. */
export function checkMessages({ gw, model, refuse }) {
  let client;
  before(() => { client = anthropicOf(gw); });
  const ask = (content, more = {}) => ({ model, max_tokens: 4000, tools: [WEATHER, TIME], messages: [{ role: 'user', content }], ...more });
  /** Returns the answers collected and streamed. */
  const bothWays = async (body) => [await client.messages.create(body), await client.messages.stream(body).finalMessage()];

  test('a tool is called, collected and streamed', async () => {
    for (const answer of await bothWays(ask('What is the weather in Paris?'))) {
      assert.deepEqual(callsOf(answer), [PARIS]);
      assert.equal(answer.stop_reason, 'tool_use');
      assert.match(answer.content[0].id, /^[A-Za-z0-9_-]+$/);
    }
  });

  test('input is streamed as JSON', async () => {
    const seen = [];
    const stream = client.messages.stream(ask(BOTH));
    stream.on('inputJson', (_, snapshot) => seen.push(snapshot));
    const message = await stream.finalMessage();
    assert.deepEqual(callsOf(message).map(([name]) => name), ['get_weather', 'get_time']);
    assert.deepEqual(seen.at(-1), { zone: 'Rome' });
  });

  test('results are answered, and choices are kept', async () => {
    const first = await client.messages.create(ask('What is the weather in Paris?'));
    const result = { type: 'tool_result', tool_use_id: first.content[0].id, content: [{ type: 'text', text: '21 degrees in Paris' }] };
    const messages = [...ask('What is the weather in Paris?').messages, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }];
    const second = await client.messages.create(ask('', { messages }));
    assert.match(textOf(second), /21 degrees in Paris/);
    assert.equal(second.stop_reason, 'end_turn');
    const none = await client.messages.create(ask('What is the weather in Paris?', { tool_choice: { type: 'none' } }));
    assert.deepEqual(callsOf(none), []);
    const any = await client.messages.create(ask('Hello', { tool_choice: { type: 'any' } }));
    assert.equal(callsOf(any).length, 1);
    const named = await client.messages.create(ask('Hello to Oslo', { tool_choice: { type: 'tool', name: 'get_time' } }));
    assert.deepEqual(callsOf(named).map(([name]) => name), ['get_time']);
    const single = await client.messages.create(ask(BOTH, { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }));
    assert.equal(callsOf(single).length, 1);
  });

  test('the tool runner calls tools until the answer', async () => {
    for (const stream of [false, true]) {
      const ran = [];
      const weather = betaZodTool({ name: 'get_weather', description: 'Returns the weather of a city.', inputSchema: z.object({ city: z.string(), unit: z.enum(['celsius', 'fahrenheit']) }),
        run: ({ city, unit }) => { ran.push([city, unit]); return `21 degrees in ${city}`; } });
      const runner = client.beta.messages.toolRunner({ ...ask('What is the weather in Paris?'), tools: [weather], stream });
      const message = await runner.runUntilDone();
      assert.deepEqual(ran, [['Paris', 'celsius']]);
      assert.match(textOf(message), /21 degrees in Paris/);
    }
  });

  test('Grok searches by itself for web_search', async () => {
    const tools = [{ type: 'web_search_20250305', name: 'web_search', max_uses: 2 }];
    const message = await client.messages.create(ask('[[text:found]]', { tools, tool_choice: { type: 'tool', name: 'web_search' } }));
    assert.deepEqual([textOf(message), message.stop_reason], ['found', 'end_turn']);
  });

  test('structured output is parsed', async () => {
    const body = { ...ask(ANN), tools: undefined, output_config: { format: zodOutputFormat(PERSON) } };
    const expected = { name: 'Ann', age: 31, city: 'Paris' };
    assert.deepEqual((await client.messages.parse(body)).parsed_output, expected);
    assert.deepEqual((await client.messages.stream(body).finalMessage()).parsed_output, expected);
  });

  test('a refusal is a reason to stop', async () => {
    // Without the function of the helper that would parse the refusal.
    const format = JSON.parse(JSON.stringify(zodOutputFormat(PERSON)));
    const body = { ...ask(`${ANN} ${refuse}`), tools: undefined, output_config: { format } };
    for (const message of await bothWays(body)) {
      assert.equal(message.stop_reason, 'refusal');
      assert.equal(message.stop_details.explanation, textOf(message));
    }
  });
}
