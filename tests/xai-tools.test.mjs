// Native tools and structured output of chats that xAI's API answers: the checks of tools.test.mjs with the same client.
// Directives in prompts, such as [[garble:misfit]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { zodResponseFormat } from 'openai/helpers/zod';
import { ANN, PARIS, PERSON, callsOf, chatsOf, checkTools, tools } from './checks/tools.mjs';
import { before, beforeEach, test } from './lib/suite.mjs';
import { xaiGatewayForFile } from './lib/xai.mjs';

const { xai, gw } = xaiGatewayForFile();
const model = 'xai/grok-4.6';
beforeEach(() => gw.keys(['basic-1', 'basic-2', 'basic-3']));
checkTools({ gw, model, turns: () => xai.of('responses').length, refuse: '[[refuse]]', patched: 'apply_patch please' });

const { ask, bothWays, chats: client } = chatsOf(gw, model);
let chats;
before(() => { chats = client(); });
const sent = () => xai.of('responses').at(-1).body;

test('tools and schemas are sent as they are, not as instructions', async () => {
  await chats.create(ask('What is the weather in Paris?', { tools, tool_choice: { type: 'function', function: { name: 'get_weather' } }, parallel_tool_calls: false }));
  assert.deepEqual(sent().tools.map(({ type, name }) => [type, name]), [['function', 'get_weather'], ['function', 'get_time']]);
  assert.deepEqual([sent().tool_choice, sent().parallel_tool_calls, sent().input.length], [{ type: 'function', name: 'get_weather' }, false, 1]);
  assert.deepEqual(sent().tools[0].parameters, tools[0].function.parameters);
  const format = zodResponseFormat(PERSON, 'person');
  await chats.parse(ask(ANN, { response_format: format }));
  assert.deepEqual([sent().text.format.name, sent().text.format.schema], ['person', format.json_schema.schema]);
  assert.deepEqual(sent().input.map(({ role, content }) => [role, content.map(({ text }) => text)]), [['user', [ANN]]]);
});

test('arguments that come in pieces or behind a text are whole', async () => {
  for (const directive of ['[[arguments_by:3]]', '[[arguments_by:1]] [[split:5]]', '[[preface:Let me look.]]', '[[noend]]']) {
    for (const answer of await bothWays(ask(`What is the weather in Paris? ${directive}`, { tools }))) {
      assert.deepEqual(callsOf(answer), [PARIS], directive);
      assert.equal(answer.choices[0].message.content, directive.includes('preface') ? 'Let me look.' : null);
    }
  }
});

test('names that the API does not take come back as they were', async () => {
  const odd = ['mcp.files/read', 'läs_sida', 'x'.repeat(60)].map((name) => ({ type: 'function', function: { name, parameters: { type: 'object', properties: {} } } }));
  for (const { function: { name } } of odd) {
    const answer = await gw.chat(`Call ${name}`, { model, tools: odd, tool_choice: { type: 'function', function: { name } } });
    if (answer.status === 400) assert.match(answer.text, /name/);
    else assert.equal(answer.body.choices[0].message.tool_calls[0].function.name, name, answer.text);
  }
});

test('a result is of the call it belongs to, and one may lack', async () => {
  const called = (id, name) => ({ id, type: 'function', function: { name, arguments: '{}' } });
  const messages = [{ role: 'user', content: 'Both, please.' }, { role: 'assistant', content: null, tool_calls: [called('a', 'get_time'), called('b', 'get_weather')] },
    { role: 'tool', tool_call_id: 'b', content: 'rain' }];
  const answer = await gw.chat(messages, { model, tools: tools.map(({ type, function: { name, parameters } }) => ({ type, function: { name, parameters } })) });
  assert.equal(answer.status, 200, answer.text);
  const outputs = sent().input.filter(({ type }) => type === 'function_call_output');
  assert.deepEqual(outputs.map(({ call_id }) => call_id).sort(), ['a', 'b']);
  assert.equal(outputs.find(({ call_id }) => call_id === 'b').output, 'rain');
});
