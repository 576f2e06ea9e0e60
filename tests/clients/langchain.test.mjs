// LangChain for Node and for Python: tools that are bound to a model, and structured output in each of its ways.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { nodePackages, pythonPackages } from '../lib/packages.mjs';
import { checks } from '../lib/python.mjs';
import { before, beforeEach, test } from '../lib/suite.mjs';
import { gatewayForClients } from '../lib/xai.mjs';

await nodePackages();
const python = await pythonPackages();
const { ChatOpenAI } = await import('@langchain/openai');
const { tool } = await import('@langchain/core/tools');
const { HumanMessage } = await import('@langchain/core/messages');
const { z } = await import('zod');

const gw = gatewayForClients();
let model;
before(() => { model = new ChatOpenAI({ model: 'grok-4', apiKey: gw.key, maxRetries: 0, configuration: { baseURL: `${gw.url}/v1` } }); });
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3']));

const PERSON = z.object({ name: z.string(), age: z.number().int(), city: z.string() });
const ANN = { name: 'Ann', age: 31, city: 'Paris' };
const question = 'Extract: Ann is 31 years old and lives in Paris.';
const weather = tool(async ({ city, unit }) => `${unit === 'celsius' ? 21 : 70} degrees in ${city}`,
  { name: 'get_weather', description: 'Returns the weather of a city.', schema: z.object({ city: z.string(), unit: z.enum(['celsius', 'fahrenheit']) }) });
const time = tool(async ({ zone }) => `noon in ${zone}`, { name: 'get_time', description: 'Returns the time of a place.', schema: z.object({ zone: z.string() }) });
const BOTH = 'Use get_weather and get_time for Rome, in fahrenheit.';
const ROME = [['get_weather', { city: 'Rome', unit: 'fahrenheit' }], ['get_time', { zone: 'Rome' }]];
const calls = (message) => message.tool_calls.map(({ name, args }) => [name, args]);

async function streamed(runnable, input) {
  let whole;
  for await (const chunk of await runnable.stream(input)) whole = whole ? whole.concat(chunk) : chunk;
  return whole;
}

test('bound tools are called, invoked and streamed', async () => {
  const bound = model.bindTools([weather, time]);
  for (const message of [await bound.invoke(BOTH), await streamed(bound, BOTH)]) {
    assert.deepEqual(calls(message), ROME);
    assert.deepEqual(message.invalid_tool_calls ?? [], []);
    assert.equal(new Set(message.tool_calls.map(({ id }) => id)).size, 2);
  }
});

test('parallel calls can be forbidden, and a call demanded', async () => {
  assert.deepEqual(calls(await model.bindTools([weather, time], { parallel_tool_calls: false }).invoke(BOTH)), ROME.slice(0, 1));
  const joke = 'Say something about trees.';
  assert.equal((await model.bindTools([weather, time], { tool_choice: 'any' }).invoke(joke)).tool_calls.length, 1);
  assert.deepEqual((await model.bindTools([weather, time], { tool_choice: 'get_weather' }).invoke(joke)).tool_calls.map(({ name }) => name), ['get_weather']);
});

test('results go back to the model', async () => {
  const bound = model.bindTools([weather, time]);
  const messages = [new HumanMessage('First get_weather in fahrenheit, then get_time for "Rome".')];
  const made = [];
  for (let turn = 0; turn < 5; turn++) {
    const answer = await bound.invoke(messages);
    messages.push(answer);
    if (answer.tool_calls.length === 0) break;
    made.push(...calls(answer));
    for (const call of answer.tool_calls) messages.push(await (call.name === 'get_time' ? time : weather).invoke(call));
  }
  assert.deepEqual(made, ROME);
  assert.match(messages.at(-1).text, /That is what I found: 70 degrees in Rome; noon in Rome$/);
});

for (const method of ['jsonSchema', 'functionCalling', 'jsonMode']) {
  test(`structured output by ${method}`, async () => {
    const schema = method === 'jsonMode' ? z.object({ answer: z.string() }).partial() : PERSON;
    const structured = model.withStructuredOutput(schema, { method, name: 'person', includeRaw: true });
    const { parsed, raw } = await structured.invoke(question);
    if (method === 'jsonMode') assert.equal(typeof JSON.parse(raw.text), 'object');
    else assert.deepEqual(parsed, ANN);
    assert.ok(raw.usage_metadata.total_tokens > 0);
  });
}

test('structured output is streamed', async () => {
  let last;
  for await (const part of await model.withStructuredOutput(PERSON, { method: 'jsonSchema', name: 'person' }).stream(question)) last = part;
  assert.deepEqual(last, ANN);
});

test('the same in Python', { timeout: 300_000 }, async () => {
  const held = await checks(python, fileURLToPath(new URL('langchain_client.py', import.meta.url)), gw);
  assert.deepEqual(held, ['bound_tools', 'streamed_tools', 'demanded_calls', 'results', 'structured_output', 'structured_output_streamed']);
});
