// Tools, structured output and refusals as the official client for Node reads them. The scripted Grok follows the instructions
// in its message, so what is asserted has gone through the schemas of each request.
// Directives in prompts, such as [[garble:misfit]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { ANN, PARIS, PERSON, callsOf, chatsOf, checkTools, tools } from './checks/tools.mjs';
import { gatewayForFile } from './lib/gateway.mjs';
import { before, beforeEach, test } from './lib/suite.mjs';

const model = 'grok-4';
const gw = gatewayForFile();
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3']));
checkTools({ gw, model, turns: () => gw.grok.of('chat').length, refuse: '[[garble:refuse]]', patched: 'for apply_patch: apply_patch please' });

const { ask, bothWays, chats: client } = chatsOf(gw, model);
let chats;
before(() => { chats = client(); });

test('tools that are forbidden are not in the message', async () => {
  await chats.create(ask('What is the weather in Paris? [[text:It is fine.]]', { tools, tool_choice: 'none' }));
  assert.doesNotMatch(gw.grok.of('chat').at(-1).body.message, /get_weather"|tool_call_/);
});

for (const garble of ['fenced', 'prose', 'cut', 'invalid', 'misfit', 'none']) {
  test(`an answer that is ${garble} is read or asked for once more`, async () => {
    const isReadable = ['fenced', 'prose'].includes(garble);
    const turns = () => gw.grok.of('chat').splice(0).length;
    const { choices: [{ message }] } = await chats.parse(ask(`${ANN} [[garble:${garble}]]`, { response_format: zodResponseFormat(PERSON, 'person') }));
    assert.deepEqual(message.parsed, { name: 'Ann', age: 31, city: 'Paris' });
    assert.equal(turns(), isReadable ? 1 : 2);
    gw.grok.reset();
    for (const answer of await bothWays(ask(`What is the weather in Paris? [[garble:${garble}]]`, { tools, tool_choice: 'required' }))) assert.deepEqual(callsOf(answer), [PARIS]);
    assert.equal(turns(), isReadable ? 2 : 4);
    for (const { token } of gw.grok.of('chat')) assert.ok(token);
  });
}

test('a schema that no value can be checked against is not sent', async () => {
  const circle = { type: 'object', properties: { a: { anyOf: [{ type: 'null' }, { $ref: '#/properties/a' }] } } };
  const list = { type: 'object', properties: { name: { type: 'string' }, next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } }, required: ['name', 'next'], additionalProperties: false };
  const messages = [{ role: 'user', content: '[[text:{"name":"a","next":{"name":"b","next":null}}]]' }];
  const format = (schema) => ({ type: 'json_schema', name: 'x', schema, strict: true });
  const tool = (parameters) => ({ type: 'function', function: { name: 'f', parameters, strict: true } });
  const post = (path, body) => gw.call('POST', path, { body, headers: { authorization: `Bearer ${gw.key}` } });
  for (const [path, body, param, code] of [
    ['/v1/chat/completions', (schema) => ({ messages, response_format: { type: 'json_schema', json_schema: format(schema) } }), 'response_format.json_schema.schema', 'invalid_json_schema'],
    ['/v1/chat/completions', (schema) => ({ messages, tools: [tool(schema)] }), 'tools.0.function.parameters', 'invalid_function_parameters'],
    ['/v1/responses', (schema) => ({ input: messages, text: { format: format(schema) } }), 'text.format.schema', 'invalid_json_schema'],
    ['/v1/responses', (schema) => ({ input: messages, tools: [{ type: 'function', ...tool(schema).function }] }), 'tools.0.parameters', 'invalid_function_parameters'],
    ['/v1/messages', (schema) => ({ messages, max_tokens: 100, output_config: { format: { type: 'json_schema', schema } } }), 'output_config.format.schema'],
    ['/v1/messages', (schema) => ({ messages, max_tokens: 100, tools: [{ name: 'f', input_schema: schema }] }), 'tools.0.input_schema'],
  ]) {
    const { status, body: { error } } = await post(path, { model, ...body(circle) });
    assert.equal(status, 400, JSON.stringify(error));
    assert.ok(error.message.includes(`'${param}'`) && error.message.includes("'#/properties/a' leads in a circle"), error.message);
    if (code) assert.deepEqual([error.param, error.code], [param, code]);
    assert.equal(gw.grok.of('chat').length, 0);
    assert.equal((await post(path, { model, ...body(list) })).status, 200, `${path}: a list may refer to itself`);
    gw.grok.reset();
  }
});

test('what stays wrong is an error with a code, never prose', async () => {
  const format = zodResponseFormat(PERSON, 'person');
  for (const [body, code] of [[ask(`${ANN} [[garble:misfit_always]]`, { response_format: format }), 'invalid_structured_output'],
    [ask('What is the weather in Paris? [[garble:misfit_always]]', { tools }), 'invalid_tool_call'],
    [ask('What is the weather in Paris? [[garble:none_always]]', { tools, tool_choice: 'required' }), 'tool_call_missing']]) {
    gw.grok.reset();
    await assert.rejects(chats.create(body), (error) => error instanceof OpenAI.APIError && error.code === code, code);
    await assert.rejects(chats.stream(body).finalChatCompletion(), (error) => error instanceof OpenAI.APIError && error.code === code, `${code}, streamed`);
    assert.deepEqual(new Set(gw.grok.of('chat').map(({ token }) => token)).size, 2, 'one account for each request');
    assert.equal(gw.grok.of('chat').length, 4);
  }
});
