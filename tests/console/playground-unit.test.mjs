// What the playground makes of tools and answers, without a page: options checked, chunks collected, messages, JSON, sources.
import assert from 'node:assert/strict';
import { test } from '../lib/suite.mjs';
import { indented } from '../../static/console/screens/playground/json.js';
import { collect, messagesOf, nothing } from '../../static/console/screens/playground/message.js';
import { DEFAULTS, EXAMPLES, checked } from '../../static/console/screens/playground/options.js';
import { text } from '../../static/console/screens/playground/options.text.js';
import { listed } from '../../static/console/screens/playground/sources.js';

const faultOf = (options) => {
  const { faults } = checked({ ...DEFAULTS, ...options });
  return Object.fromEntries(Object.entries(faults).map(([name, { key, values }]) => [name, [key, ...Object.values(values)]]));
};
const tool = (more) => JSON.stringify([{ type: 'function', function: { name: 'a', ...more } }]);

test('options that are not set add nothing to a request', () => {
  assert.equal(JSON.stringify(checked(DEFAULTS).fields), '{}');
});

test('tools, choice, format and thinking become fields', () => {
  const tools = [{ type: 'function', function: { name: 'a', parameters: {} } }, { type: 'custom', custom: { name: 'b.c' } }, { type: 'function', name: 'd' }];
  const fields = (options) => checked({ ...DEFAULTS, tools: JSON.stringify(tools), ...options }).fields;
  assert.deepEqual(fields({}).tools, tools);
  assert.equal(fields({}).tool_choice, undefined);
  assert.equal(fields({ choice: 'required' }).tool_choice, 'required');
  assert.deepEqual(fields({ choice: '=b.c' }).tool_choice, { type: 'custom', custom: { name: 'b.c' } });
  assert.deepEqual(fields({ choice: '=d' }).tool_choice, { type: 'function', function: { name: 'd' } });
  assert.equal(fields({ tools: ' ', choice: 'required' }).tool_choice, undefined, 'a choice among nothing');
  assert.deepEqual(fields({ format: 'json_object', schema: 'left' }).response_format, { type: 'json_object' });
  const schema = { type: 'object' };
  const schemaOf = (value) => fields({ format: 'json_schema', schema: JSON.stringify(value) }).response_format.json_schema;
  assert.deepEqual(schemaOf(schema), { name: 'answer', strict: true, schema });
  assert.deepEqual(schemaOf({ name: 'x', schema, strict: false }), { name: 'x', schema, strict: false });
  assert.equal(fields({ reasoning: 'parsed' }).reasoning_format, 'parsed');
});

test('examples are without fault', () => {
  assert.deepEqual(faultOf({ ...EXAMPLES, format: 'json_schema', choice: '=get_weather' }), {});
});

test('a fault names the option, the tool and the field', () => {
  for (const [tools, ...fault] of [
    ['{}', 'toolsNotList'], ['[1]', 'toolNotObject', 1], ['[{}]', 'toolType', 1], ['[{"type":"function"}]', 'toolDeclaration', 1, 'function'],
    ['[{"type":"custom","custom":[]}]', 'toolDeclaration', 1, 'custom'], [tool({ name: 'a b' }), 'toolName', 1, 'function.name'],
    [tool({ name: 5 }), 'toolName', 1, 'function.name'], [tool({ name: 'x'.repeat(129) }), 'toolName', 1, 'function.name'],
    [`[${tool().slice(1, -1)},${tool().slice(1, -1)}]`, 'toolTwice', 2, 'a'], [tool({ description: 1 }), 'tool:description', 1, 'function.description'],
    [tool({ parameters: [] }), 'tool:parameters', 1, 'function.parameters'],
  ]) {
    assert.deepEqual(faultOf({ tools }), { tools: fault }, tools);
    assert.ok(fault[0] in text.en);
  }
  const { tools: [key, reason] } = faultOf({ tools: '[{' });
  assert.equal(key, 'notJson');
  assert.match(reason, /JSON/);
  assert.deepEqual(faultOf({ tools: tool(), choice: '=gone' }), { choice: ['choiceUnknown', 'gone'] });
  for (const [schema, key] of [['', 'schemaMissing'], ['[]', 'schemaNotObject'], ['{"schema":{}}', 'schemaName']]) assert.deepEqual(faultOf({ format: 'json_schema', schema }), { schema: [key] });
  assert.deepEqual(faultOf({ format: 'text', schema: '[' }), {}, 'a schema that is not sent');
});

/** Returns an answer of these deltas. */
function collected(...deltas) {
  const answer = nothing();
  const shown = deltas.map((delta) => collect(answer, delta));
  return { answer, shown };
}

test('chunks become text, thinking, refusal, calls and sources', () => {
  const { answer, shown } = collected(
    { role: 'assistant', content: '' }, { reasoning_content: 'hm' }, { content: 'I look.' },
    { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'a', arguments: '' } }] }, { tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] },
    { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }, { tool_calls: [{ index: 1, id: 'c2', type: 'custom', custom: { name: 'b', input: '' } }] },
    { tool_calls: [{ index: 1, custom: { input: 'free' } }] }, { refusal: 'No.' },
    { annotations: [{ type: 'url_citation', url_citation: { start_index: 1, end_index: 2, title: 'T', url: 'https://e.org/' } }] }, {});
  assert.deepEqual(answer, { text: 'I look.', reasoning: 'hm', refusal: 'No.', sources: [{ url: 'https://e.org/', title: 'T', start: 1 }],
    calls: [{ id: 'c1', name: 'a', input: '{"x":1}', isCustom: false, result: '' }, { id: 'c2', name: 'b', input: 'free', isCustom: true, result: '' }] });
  assert.deepEqual(shown, [false, ...Array(9).fill(true), false]);
});

test('an answer goes back as messages, with results if sent', () => {
  const calls = [{ id: 'c1', name: 'a', input: '{}', isCustom: false, result: '21' }, { id: 'c2', name: 'b', input: 'x', isCustom: true, result: '{"y":2}' }];
  const turn = { ...nothing(), text: '<think>\nhm\n</think>\nI look.', calls };
  assert.deepEqual(messagesOf(turn), [{ role: 'assistant', content: 'I look.' }], 'calls without sent results are left out');
  assert.deepEqual(messagesOf({ ...turn, areAnswered: true, text: '' }), [
    { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'a', arguments: '{}' } }, { id: 'c2', type: 'custom', custom: { name: 'b', input: 'x' } }] },
    { role: 'tool', tool_call_id: 'c1', content: '21' }, { role: 'tool', tool_call_id: 'c2', content: '{"y":2}' }]);
  assert.deepEqual(messagesOf({ ...nothing(), refusal: 'No.' }), [{ role: 'assistant', content: null, refusal: 'No.' }]);
  assert.deepEqual(messagesOf({ ...nothing(), text: '{"a":"<think>"}', isJson: true }), [{ role: 'assistant', content: '{"a":"<think>"}' }]);
  assert.deepEqual(messagesOf({ ...nothing(), calls }), []);
});

test('JSON is broken into lines and keeps every character', () => {
  assert.equal(indented('{"a":[1,{"b":"x,{\\"}"},[],{}],"n":12345678901234567890.10}'),
    '{\n  "a": [\n    1,\n    {\n      "b": "x,{\\"}"\n    },\n    [],\n    {}\n  ],\n  "n": 12345678901234567890.10\n}');
  for (const same of ['1', '"a: [b]"', 'null', '[]', '{}']) assert.equal(indented(same), same);
  for (const none of ['', '{', '{"a":1}}', 'text']) assert.equal(indented(none), null);
  const deep = indented('['.repeat(3_000) + ']'.repeat(3_000));
  assert.ok(deep.length < 500_000, `${deep.length} characters`);
});

test('sources are listed once, with the number of the text', () => {
  const cite = (url, start, title = 'T') => ({ url, title, start });
  const answer = '🌲 a[[2]](https://b.org/) b[[1]](https://a.org/x)';
  const at = (mark) => [...answer.slice(0, answer.indexOf(mark))].length;
  const found = listed([cite('https://b.org/', at('[[2')), cite('https://a.org/x', at('[[1'), ''), cite('https://b.org/', 0), cite('javascript:alert(1)', 0), cite('mailto:a@b.c', 0), cite('https://c.org/', 0)], answer);
  assert.deepEqual(found, [{ url: 'https://b.org/', title: 'T', host: 'b.org', number: '2' }, { url: 'https://a.org/x', title: 'https://a.org/x', host: 'a.org', number: '1' },
    { url: 'https://c.org/', title: 'T', host: 'c.org', number: undefined }]);
});
