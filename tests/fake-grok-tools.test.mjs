// How the scripted Grok follows instructions about tools and formats: it reads them, and makes up calls and JSON that fit.
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { Source, fill } from './fake-grok/filling.mjs';
import { followed, messagesOf, read } from './fake-grok/tools.mjs';

const WEATHER = { name: 'get_weather', description: 'Current weather of a city.', schema: { type: 'object',
  properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] }, days: { type: 'integer', minimum: 1, maximum: 7 } }, required: ['city', 'unit'] } };
const TIME = { name: 'get_time', description: 'Time in a zone.\n## Notes\nzones of IANA', schema: { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] } };
const PATCH = { name: 'apply_patch', description: 'Changes files.' };

/** Returns instructions in the gateway's words. */
function instructions({ tools = [], format, rules = [], mark = 'k7f3x' }) {
  const declare = ({ name, description, schema }) => `\n## ${name}\n${description}\n${schema ? `Schema: ${JSON.stringify(schema)}` : 'Input: plain text, written as it is.'}\n`;
  const about = tools.length === 0 ? '' : `# Tools\nTo call one, write a block like this one:\n\n<tool_call_${mark} name="${tools[0].name}">\n{}\n</tool_call_${mark}>\n\n`
    + `${['- End your answer after the last block.', ...rules].join('\n')}\n${tools.map(declare).join('')}`;
  const form = format === undefined ? '' : `# Form of the answer\nAnswer with JSON that fits the schema below.\nSchema \`a\` (what, for: it): ${JSON.stringify(format)}\n`
    + `If you must refuse, write <refusal_${mark}>why</refusal_${mark}> instead of JSON.`;
  return `系统：be nice\n系统：${[about, form].filter(Boolean).join('\n\n')}`;
}

const ask = (setup, rest, options = {}, files = []) => followed(options, `${instructions(setup)}\n${rest}\n系统：To call a tool, write a block.`, files);
const call = (name, input) => `<tool_call_k7f3x name="${name}">\n${typeof input === 'string' ? input : JSON.stringify(input)}\n</tool_call_k7f3x>`;

test('a message without instructions is answered as ever', () => {
  assert.equal(followed({}, '系统：be nice\n用户：get_weather in Paris', []), null);
});

test('messages are cut at their labels', () => {
  assert.deepEqual(messagesOf('系统：a\nb\n用户：c\n> 系统：d\ngrok：e'), [{ role: '系统', text: 'a\nb' }, { role: '用户', text: 'c\n> 系统：d' }, { role: 'grok', text: 'e' }]);
});

test('declarations and rules are read', () => {
  const { rules } = read(`${instructions({ tools: [WEATHER, TIME, PATCH], rules: ['- One call at most in an answer.', '- This answer must call `get_time`, and no other tool.'] })}\n用户：hi`);
  assert.deepEqual(rules.tools, [WEATHER, TIME, PATCH]);
  assert.deepEqual([rules.call, rules.single, rules.must, rules.named, rules.format], ['tool_call_k7f3x', true, true, 'get_time', null]);
});

test('the tool of the question is called with its values', () => {
  const tools = [WEATHER, TIME, PATCH];
  assert.equal(ask({ tools }, '用户：What is the weather in Paris in fahrenheit?'), call('get_weather', { city: 'Paris', unit: 'fahrenheit' }));
  assert.equal(ask({ tools }, '用户：Call get_time for "Europe/Rome"'), call('get_time', { zone: 'Europe/Rome' }));
  assert.equal(ask({ tools }, '用户：apply_patch please'), call('apply_patch', 'for apply_patch: apply_patch please'));
  assert.equal(ask({ tools }, '用户：Say a joke'), null, 'an ordinary question gets prose');
});

test('several named tools and places are several calls', () => {
  const tools = [WEATHER, TIME];
  const both = `${call('get_weather', { city: 'Rome', unit: 'celsius' })}\n${call('get_time', { zone: 'Rome' })}`;
  assert.equal(ask({ tools }, '用户：Use get_weather and get_time for Rome'), both);
  const cities = ['Paris', 'Rome'].map((city) => call('get_weather', { city, unit: 'celsius' })).join('\n');
  assert.equal(ask({ tools }, '用户：What is the weather in Paris and Rome?'), cities);
  assert.equal(ask({ tools, rules: ['- One call at most in an answer.'] }, '用户：Use get_weather and get_time for Rome'), both.slice(0, both.indexOf('\n<tool_call_k7f3x name="get_time"')));
});

test('after results the rest is called, then prose has them', () => {
  const tools = [WEATHER, TIME];
  const asked = `用户：First get_weather, then get_time for Rome\ngrok：${call('get_weather', { city: 'Rome', unit: 'celsius' })}\ntool：<tool_result_k7f3x name="get_weather">\n| 21 °C\n| sunny\n</tool_result_k7f3x>`;
  assert.equal(ask({ tools }, asked), call('get_time', { zone: 'Rome' }));
  const answered = `${asked}\ngrok：${call('get_time', { zone: 'Rome' })}\ntool：<tool_result_k7f3x name="get_time">\n| noon\n</tool_result_k7f3x>`;
  assert.equal(ask({ tools }, answered), 'That is what I found: 21 °C\nsunny; noon');
  assert.match(ask({ tools }, `${answered}\ngrok：Done.\n用户：And the weather in Oslo?`), /name="get_weather">\n\{"city":"Oslo"/);
});

test('a call that is demanded comes', () => {
  const tools = [WEATHER, TIME];
  const rules = ['- This answer must call a tool. Begin it with a block.'];
  assert.match(ask({ tools, rules }, '用户：Say a joke'), /^<tool_call_k7f3x name="get_time">/);
  assert.match(ask({ tools, rules: ['- This answer must call `get_weather`, and no other tool.'] }, '用户：Say a joke'), /^<tool_call_k7f3x name="get_weather">/);
});

test('JSON fits the schema', () => {
  const format = { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' }, city: { type: 'string' } }, required: ['name', 'age', 'city'] };
  assert.equal(ask({ format }, '用户：Extract: Ann is 31 years old and lives in Paris.'), '{"name":"Ann","age":31,"city":"Paris"}');
});

test('schemas with references, alternatives and limits are filled', () => {
  const schema = { type: 'object', required: ['kind', 'parts', 'when', 'next', 'ok', 'none', 'pair', 'rating'], $defs: { part: { type: 'object', properties: { size: { type: 'number', exclusiveMinimum: 0 } }, required: ['size'] } },
    properties: { kind: { const: 'a' }, parts: { type: 'array', items: { $ref: '#/$defs/part' }, minItems: 2 }, when: { type: 'string', format: 'date' },
      next: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/part' }] }, ok: { type: 'boolean' }, none: { type: 'null' },
      pair: { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'string' }] }, rating: { type: 'integer', maximum: 5 }, left_out: { type: 'string' } } };
  assert.deepEqual(fill(schema, new Source('do not give 9')), { kind: 'a', parts: [{ size: 9 }, { size: 9 }], when: '2031-05-17', next: { size: 9 }, ok: false, none: null,
    pair: [9, 'do not give 9'], rating: 5 });
});

test('answers are spoilt as asked, and a second try is good', () => {
  const setup = { tools: [WEATHER], format: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } };
  const good = call('get_weather', { city: 'Paris', unit: 'celsius' });
  const of = (garble, rest = '用户：weather in Paris?') => ask(setup, rest, { garble });
  assert.equal(of('fenced'), `\`\`\`xml\n${good}\n\`\`\``);
  assert.ok(of('prose').endsWith(`\n\n${good}`));
  assert.ok(good.startsWith(of('cut')) && of('cut').length < good.length);
  assert.match(of('invalid'), /not JSON/);
  assert.match(of('misfit'), /no_such_member/);
  assert.equal(of('refuse'), "<refusal_k7f3x>I can't help with that.</refusal_k7f3x>");
  assert.equal(of('fenced', '用户：7 trees'), '```json\n{"n":7}\n```');
  const again = `用户：weather in Paris?\ngrok：${of('invalid')}\n用户：Your last answer cannot be used: it is wrong.`;
  assert.equal(of('invalid', again), good);
  assert.match(of('invalid_always', again), /not JSON/);
  assert.throws(() => of('somehow'), /garble does not know somehow/);
});

test('instructions and questions in a file are read', () => {
  const whole = instructions({ tools: [WEATHER] });
  const files = [{ name: 'dialogue.txt', type: 'text/plain', bytes: Buffer.from(`${whole}\n用户：weather in Oslo?`) }];
  assert.equal(followed({}, '系统：# Tools\nshort […]', files), call('get_weather', { city: 'Oslo', unit: 'celsius' }));
});
