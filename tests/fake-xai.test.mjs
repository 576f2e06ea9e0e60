// The scripted xAI itself: its answers, streams, tools and prices, by its wire and by OpenAI's client.
// Directives in prompts, such as [[n:40]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { costOf, hashOf, languageModel } from './fake-xai.mjs';
import { png } from './fake-grok/media.mjs';
import { test } from './lib/suite.mjs';
import { askOf, clientOf, eventsIn, xaiForFile } from './lib/xai.mjs';

const xai = xaiForFile();
const ask = askOf(xai);
const MODEL = 'grok-4.3';
const WEATHER = { type: 'function', name: 'get_weather', description: 'the weather of a city', strict: true,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false } };
const TIME = { type: 'function', name: 'get_time', description: 'the time of a zone', strict: true,
  parameters: { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'], additionalProperties: false } };

const create = (input, more = {}) => ({ model: MODEL, input, store: false, ...more });
const streamed = async (input, more) => eventsIn(await (await ask('/responses', create(input, { stream: true, ...more }))).text());
const collected = async (input, more) => (await ask('/responses', create(input, more))).json();
const said = (events) => events.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta).join('');
const textOf = (response) => response.output.find(({ type }) => type === 'message')?.content[0].text;

test('a stream has the events of the recordings in their order', async () => {
  const events = await streamed('[[n:3]] [[think:2]] hello', { include: ['reasoning.encrypted_content'] });
  const { id } = events[0].response;
  assert.deepEqual(events.map(({ type }) => type.replace('response.', '')), ['created', 'in_progress', 'output_item.added', 'reasoning_summary_part.added',
    'reasoning_summary_text.delta', 'reasoning_summary_text.delta', 'reasoning_summary_text.done', 'reasoning_summary_part.done', 'output_item.done',
    'output_item.added', 'content_part.added', 'output_text.delta', 'output_text.delta', 'output_text.delta', 'output_text.done', 'content_part.done',
    'output_item.done', 'completed']);
  assert.deepEqual(events.map(({ sequence_number: n }) => n), events.map((_, n) => n));
  assert.deepEqual(events.map(({ name }) => name), events.map(({ type }) => type));
  assert.deepEqual(events.filter(({ item_id: item }) => item).map(({ item_id: item, output_index: index }) => [item, index]).filter(([item], n, all) => item !== all[n - 1]?.[0]),
    [[`rs_${id}`, 0], [`msg_${id}`, 1]]);
  assert.equal(events[2].item.encrypted_content, undefined);
  assert.match(events[8].item.encrypted_content, /^[A-Za-z0-9+/]+=*$/);
  const { response } = events.at(-1);
  assert.deepEqual(response.output, [events[8].item, events.at(-2).item]);
  assert.equal(said(events), textOf(response));
  assert.equal(events[0].response.usage, null);
});

test('collected, the answer is what its stream ends with', async () => {
  const prompt = '[[n:20]] hello';
  const one = await collected(prompt);
  const { response } = (await streamed(prompt)).at(-1);
  assert.equal(textOf(one), textOf(response));
  assert.deepEqual(one.usage, response.usage);
  assert.equal(one.status, 'completed');
});

test('usage and cost follow the prices of three recordings', () => {
  // What the service itself said of its own answers.
  assert.equal(costOf(languageModel('grok-4.3'), { input: 197, cached: 192, output: 199 }), 5_421_500);
  assert.equal(costOf(languageModel('grok-4.6'), { input: 5_467, cached: 1_152, output: 593, searches: 1 }), 177_640_000);
  assert.equal(costOf(languageModel('grok-4.3'), { input: 9_212, cached: 3_072, output: 3_417, searches: 3 }), 318_319_000);
  assert.equal(costOf(languageModel('grok-4.6'), { input: 200_000, output: 1 }), 2 * (200_000 * 20_000 + 60_000));
});

test('usage counts reasoning, text and cache, and is charged', async () => {
  const { usage } = await collected('[[n:5]] [[think:7]] [[cached:2]] hi there');
  assert.deepEqual([usage.input_tokens, usage.input_tokens_details.cached_tokens, usage.output_tokens, usage.output_tokens_details.reasoning_tokens, usage.total_tokens],
    [11, 2, 12, 7, 23]);
  assert.equal(usage.cost_in_usd_ticks, 9 * 12_500 + 2 * 2_000 + 12 * 25_000);
  assert.equal(xai.spent('xai-basic-1'), usage.cost_in_usd_ticks);
  assert.equal((await collected('hi [[nocost]]')).usage.cost_in_usd_ticks, undefined);
  assert.ok(xai.spent() > usage.cost_in_usd_ticks, 'an answer without its cost is charged too');
  assert.equal((await collected('hi [[nousage]]')).usage, null);
});

test('a dialogue that goes on finds its beginning cached', async () => {
  const start = [{ role: 'user', content: `[[n:3]] ${'long '.repeat(120)}` }];
  assert.equal((await collected(start)).usage.input_tokens_details.cached_tokens, 0);
  const more = [...start, { role: 'assistant', content: 'yes' }, { role: 'user', content: '[[n:3]] on' }];
  assert.equal((await collected(more)).usage.input_tokens_details.cached_tokens, 128);
  const { usage } = await (await ask('/responses', create(more), 'xai-other-1')).json();
  assert.equal(usage.input_tokens_details.cached_tokens, 0, 'another team');
});

test('OpenAI’s client streams text, by both of its ways', async () => {
  const client = clientOf(xai);
  const types = [];
  for await (const event of await client.responses.create(create('[[n:4]] hi', { stream: true }))) types.push(event.type);
  assert.equal(types.at(-1), 'response.completed');
  const stream = client.responses.stream(create('[[n:4]] hi'));
  const final = await stream.finalResponse();
  assert.equal(final.output_text, 'word0 word1 word2 树3🌲');
  assert.equal(final.usage.output_tokens, 16 + 4);
});

test('calls in parallel by OpenAI’s client, then an answer', async () => {
  const client = clientOf(xai);
  const question = { role: 'user', content: 'What is the weather in Paris, Rome and Oslo?' };
  const first = await client.responses.stream(create([question], { tools: [WEATHER, TIME] })).finalResponse();
  const calls = first.output.filter(({ type }) => type === 'function_call');
  assert.deepEqual(calls.map(({ parsed_arguments: { city } }) => city), ['Paris', 'Rome', 'Oslo']);
  assert.equal(new Set(calls.map(({ call_id: id }) => id)).size, 3);
  const again = calls.map(({ call_id, name, arguments: text }) => ({ type: 'function_call', call_id, name, arguments: text }));
  const outputs = calls.map(({ call_id }, n) => ({ type: 'function_call_output', call_id, output: `${20 + n} degrees` }));
  const second = await client.responses.create(create([question, ...again, ...outputs], { tools: [WEATHER, TIME] }));
  assert.equal(second.output_text, 'That is what I found: 20 degrees; 21 degrees; 22 degrees');
});

test('tool_choice and parallel_tool_calls are honoured', async () => {
  const named = async (input, more) => (await collected(input, { tools: [WEATHER, TIME], ...more })).output.filter(({ type }) => type === 'function_call').map(({ name }) => name);
  const both = 'get_weather in Rome and get_time there';
  assert.deepEqual(await named(both), ['get_weather', 'get_time']);
  assert.deepEqual(await named(both, { parallel_tool_calls: false }), ['get_weather']);
  assert.deepEqual(await named(both, { tool_choice: 'none' }), []);
  assert.deepEqual(await named('hello', {}), []);
  assert.deepEqual(await named('hello', { tool_choice: 'required' }), ['get_time']);
  assert.deepEqual(await named('hello', { tool_choice: { type: 'function', name: 'get_weather' } }), ['get_weather']);
});

test('arguments come whole or in pieces, with a preface if asked', async () => {
  const deltas = async (text) => (await streamed(`get_weather in Rome ${text}`, { tools: [WEATHER] })).filter(({ type }) => type === 'response.function_call_arguments.delta');
  assert.deepEqual((await deltas('')).map(({ delta }) => delta), ['{"city":"Rome"}']);
  assert.deepEqual((await deltas('[[arguments_by:6]]')).map(({ delta }) => delta), ['{"city', '":"Rom', 'e"}']);
  const { output } = await collected('get_weather in Rome [[preface:Let me see.]] [[think:0]]', { tools: [WEATHER] });
  assert.deepEqual(output.map(({ type }) => type), ['message', 'function_call']);
  xai.script({}, { calls: [{ name: 'get_time', arguments: { zone: 'CET' } }] });
  assert.equal((await collected('hi', { tools: [TIME] })).output.at(-1).arguments, '{"zone":"CET"}');
});

test('JSON by schema, parsed by OpenAI’s client', async () => {
  const schema = { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } }, required: ['name', 'age'], additionalProperties: false };
  const format = { type: 'json_schema', name: 'person', schema, strict: true };
  const parsed = await clientOf(xai).responses.parse(create('Ann is 41 years old.', { text: { format } }));
  assert.deepEqual(parsed.output_parsed, { name: 'Ann', age: 41 });
  assert.deepEqual(JSON.parse((await collected('Hello', { text: { format: { type: 'json_object' } } })).output.at(-1).content[0].text), { answer: 'Hello' });
});

test('web and X search come with calls, citations and their price', async () => {
  const tools = [{ type: 'web_search' }, { type: 'x_search' }];
  const events = await streamed('[[web:2]] [[x]] [[text:It is Hyperion.]]', { tools });
  const { response } = events.at(-1);
  assert.deepEqual(response.output.map(({ type }) => type), ['reasoning', 'web_search_call', 'web_search_call', 'custom_tool_call', 'message']);
  assert.deepEqual(events.filter(({ type }) => /web_search_call/.test(type)).map(({ type }) => type.split('.').at(-1)), ['in_progress', 'searching', 'completed', 'in_progress', 'searching', 'completed']);
  const { text, annotations } = response.output.at(-1).content[0];
  assert.equal(annotations.length, 4);
  for (const { start_index: start, end_index: end, url } of annotations) assert.match([...text].slice(start, end).join(''), new RegExp(`^\\[\\[\\d\\]\\]\\(${url}\\)$`));
  assert.deepEqual(events.filter(({ type }) => type === 'response.output_text.annotation.added').map(({ annotation }) => annotation), annotations);
  assert.deepEqual(response.citations, annotations.map(({ url }) => url));
  const { usage } = response;
  assert.deepEqual([usage.num_server_side_tools_used, usage.server_side_tool_usage_details.web_search_calls], [3, 2]);
  assert.equal(usage.cost_in_usd_ticks, usage.input_tokens * 12_500 + usage.output_tokens * 25_000 + 3 * 50_000_000);
  assert.deepEqual((await collected('[[web]] hi')).output.map(({ type }) => type), ['reasoning', 'message'], 'without the tool nothing is searched');
});

test('a refusal, raw reasoning, no reasoning', async () => {
  const refused = await streamed('[[refuse:I may not.]]');
  assert.ok(refused.some(({ type }) => type === 'response.refusal.delta'));
  assert.deepEqual(refused.at(-1).response.output.at(-1).content, [{ type: 'refusal', refusal: 'I may not.' }]);
  const raw = await streamed('[[raw_reasoning]] [[think:3]]');
  assert.equal(raw.filter(({ type }) => type === 'response.reasoning_text.delta').length, 3);
  for (const [text, more] of [['[[think:0]]', {}], ['hi', { reasoning: { effort: 'none' } }], ['hi', { model: 'grok-4.20-0309-non-reasoning' }]]) {
    assert.deepEqual((await collected(text, more)).output.map(({ type }) => type), ['message']);
  }
});

test('max_output_tokens ends an answer in reasoning or in text', async () => {
  const events = await streamed('[[n:50]] [[think:4]]', { max_output_tokens: 10 });
  const { type, response } = events.at(-1);
  assert.deepEqual([type, response.status, response.incomplete_details.reason], ['response.incomplete', 'incomplete', 'max_output_tokens']);
  assert.equal(said(events), 'word0 word1 word2 树3🌲 word4 word5');
  assert.equal(response.usage.output_tokens, 10);
  const thought = await collected('[[n:50]] [[think:4]]', { max_output_tokens: 3 });
  assert.deepEqual(thought.output.map(({ type: kind, status }) => [kind, status]), [['reasoning', 'incomplete']]);
  assert.equal((await collected('[[incomplete:content_filter]]')).incomplete_details.reason, 'content_filter');
});

test('reasoning comes back to its own team only', async () => {
  const body = create([{ role: 'user', content: 'hi' }], { include: ['reasoning.encrypted_content'] });
  const { output: [reasoning, message] } = await (await ask('/responses', body, 'xai-double-a-1')).json();
  const next = create([...body.input, reasoning, message, { role: 'user', content: '[[n:2]] more' }]);
  assert.equal((await ask('/responses', next, 'xai-double-a-2')).status, 200);
  const other = await ask('/responses', next, 'xai-other-1');
  assert.deepEqual([other.status, /Could not decrypt/.test((await other.json()).error)], [400, true]);
  const spoilt = { ...reasoning, encrypted_content: reasoning.encrypted_content.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')) };
  assert.equal((await ask('/responses', { ...next, input: [body.input[0], spoilt] }, 'xai-double-a-1')).status, 400);
});

test('catalogue, prices and the key’s own information', async () => {
  const get = async (path, key) => (await ask(path, undefined, key)).json();
  const { models } = await get('/language-models');
  const model = models.find(({ id }) => id === 'grok-4.6');
  assert.deepEqual([model.prompt_text_token_price, model.cached_prompt_text_token_price, model.completion_text_token_price, model.aliases], [20_000, 5_000, 60_000, ['grok-4.6-latest']]);
  assert.deepEqual((await get('/image-generation-models')).models.map(({ image_price: price, pricing }) => [price, pricing?.length]), [[200_000_000, undefined], [600_000_000, 4]]);
  assert.equal((await get('/models')).data.length, 9);
  assert.equal((await get('/models/grok-latest')).id, 'grok-4.7');
  assert.equal((await ask('/models/gpt-4')).status, 404);
  const key = await get('/api-key', 'xai-blocked-1');
  assert.deepEqual([key.redacted_api_key, key.api_key_blocked, key.team_blocked], ['xai-...ed-1', true, false]);
  assert.deepEqual((await get('/api-key', 'xai-denied-1')).acls, ['api-key:endpoint:models']);
});

test('the record has hashes, not keys, and all else that came', async () => {
  await collected([{ role: 'user', content: [{ type: 'input_text', text: 'a needle' }, { type: 'input_image', image_url: `data:image/png;base64,${png('x').toString('base64')}` }] }]);
  assert.ok(!xai.received.includes('xai-basic-1'));
  assert.ok(!JSON.stringify(xai.calls).includes('xai-basic-1'));
  assert.ok(xai.received.includes(`Bearer key-${hashOf('xai-basic-1')}`));
  assert.ok(xai.received.includes('a needle'));
  assert.deepEqual([xai.calls[0].key, xai.calls[0].kind, xai.calls[0].usage.input_tokens], ['xa***-1', 'responses', 2 + 256]);
});

test('as a program it prints its address, takes orders and ends', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('fake-xai.mjs', import.meta.url)), '--pace', '0']);
  const url = await new Promise((resolve) => child.stdout.on('data', (data) => resolve(/ready (\S+)/.exec(data)[1])));
  const order = (path, body) => fetch(`${url.replace('/v1', '')}/__control/${path}`, body && { method: 'POST', body: JSON.stringify(body) });
  await order('script', { rule: { key: 'xai-basic-9', times: 1 }, options: { error: 'unavailable' } });
  assert.equal((await order('script', { rule: {}, options: { eror: 'x' } })).status, 400);
  const headers = { authorization: 'Bearer xai-basic-9', 'content-type': 'application/json' };
  const answers = [];
  for (let n = 0; n < 2; n++) answers.push((await fetch(`${url}/responses`, { method: 'POST', headers, body: JSON.stringify(create(`hi [[${'no_such_thing'}]]`)) })).status);
  assert.deepEqual(answers, [503, 200]);
  assert.equal((await (await order('calls?kind=responses')).json()).length, 2);
  assert.ok((await (await order('state')).json()).spent > 0);
  child.kill('SIGTERM');
  assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0);
});
