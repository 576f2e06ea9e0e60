// What the scripted xAI refuses, as the service does: keys, bodies, parameters, items, tools, schemas, pictures.
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { jpeg, png } from './fake-grok/media.mjs';
import { test } from './lib/suite.mjs';
import { askOf, xaiForFile } from './lib/xai.mjs';

const xai = xaiForFile();
const ask = askOf(xai);
const base = { model: 'grok-4.6', input: 'hi' };

/** Fails unless the body is refused with the status and a text like `why`. */
async function refused(more, status, why, path = '/responses', start = base) {
  const answer = await ask(path, { ...start, ...more });
  const text = await answer.text();
  assert.equal(answer.status, status, `${JSON.stringify(more).slice(0, 200)}: ${text.slice(0, 300)}`);
  assert.match(text, why);
}
const items = (...input) => ({ input });
const user = { role: 'user', content: 'hi' };
const call = (id, args = '{}') => ({ type: 'function_call', call_id: id, name: 'f', arguments: args });
const output = (id) => ({ type: 'function_call_output', call_id: id, output: 'x' });
const tool = (more) => ({ tools: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, ...more }] });
const image = (url) => items({ role: 'user', content: [{ type: 'input_image', image_url: url }] });
const data = (type, bytes) => `data:${type};base64,${bytes.toString('base64')}`;

test('keys: none, odd, wrong, blocked, without permission', async () => {
  const post = (headers) => fetch(`${xai.url}/responses`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(base) });
  assert.equal((await post({})).status, 401);
  const odd = await post({ authorization: 'Basic eGFpOnhhaQ==' });
  assert.deepEqual([odd.status, (await odd.json()).error.code], [401, 'unauthenticated']);
  for (const key of ['sk-something', 'xai-wrong-1']) {
    const answer = await post({ authorization: `Bearer ${key}` });
    const { code, error } = await answer.json();
    assert.deepEqual([answer.status, code], [400, 'Client specified an invalid argument']);
    assert.ok(error.startsWith(`Incorrect API key provided: ${key.slice(0, 2)}***${key.slice(-2)}.`) && !error.includes(key));
  }
  for (const kind of ['blocked', 'disabled', 'banned', 'denied']) assert.equal((await ask('/responses', base, `xai-${kind}-1`)).status, 403, kind);
  assert.equal((await ask('/models', undefined, 'xai-blocked-1')).status, 403);
  assert.equal((await ask('/models', undefined, 'xai-denied-1')).status, 200);
});

test('routes, methods, content types, bodies', async () => {
  assert.equal((await ask('/completions', {})).status, 404);
  const headers = { authorization: 'Bearer xai-basic-1' };
  assert.equal((await fetch(`${xai.url}/responses`, { headers })).status, 405);
  assert.equal((await fetch(`${xai.url}/models`, { method: 'POST', headers, body: '{}' })).status, 405);
  assert.equal((await ask('/responses', base, undefined, { headers: { 'content-type': 'text/plain' } })).status, 415);
  const torn = await ask('/responses', '{"model":');
  assert.deepEqual([torn.status, (await torn.text()).slice(0, 45)], [400, 'Failed to parse the request body as JSON: Une']);
  assert.equal((await ask('/responses', '[]')).status, 422);
  assert.equal((await ask('/images/edits', 'x', undefined, { headers: { 'content-type': 'multipart/form-data; boundary=x' } })).status, 415);
});

test('parameters: unknown, of another type, out of range', async () => {
  for (const [more, status, why] of [
    [{ model: undefined }, 422, /missing field `model`/], [{ model: 4 }, 422, /model: invalid type: number/], [{ model: 'gpt-5' }, 404, /gpt-5 does not exist/],
    [{ input: undefined }, 422, /missing field `input`/], [{ input: '' }, 400, /at least one content element/], [{ messages: [] }, 400, /not supported: messages/],
    [{ max_tokens: 5 }, 400, /not supported: max_tokens/], [{ n: 2 }, 400, /not supported: n/], [{ stream: 'yes' }, 422, /stream: invalid type: string/],
    [{ temperature: 3 }, 400, /temperature must be from 0 to 2/], [{ top_p: '1' }, 422, /top_p/], [{ max_output_tokens: 0 }, 400, /max_output_tokens/],
    [{ max_output_tokens: 1.5 }, 422, /expected an integer/], [{ include: ['message.input_image.image_url'] }, 422, /include\[0\]: unknown variant/],
    [{ background: true }, 400, /background/], [{ previous_response_id: 'x' }, 404, /Response with id=x not found/], [{ search_parameters: {} }, 410, /deprecated/],
    [{ text: { format: { type: 'xml' } } }, 422, /text\.format: unknown variant `xml`/], [{ text: { format: { type: 'json_schema', name: 'a b', schema: {} } } }, 400, /text\.format\.name/],
    [{ text: { verbosity: 'low' } }, 400, /not supported: text\.verbosity/], [{ reasoning: { effort: 'huge' } }, 422, /reasoning\.effort/],
    [{ metadata: 'x' }, 422, /metadata/], [{ service_tier: 'flex' }, 422, /service_tier/],
  ]) await refused(more, status, why);
});

test('what reasoning models refuse, and each model’s efforts', async () => {
  for (const name of ['presence_penalty', 'frequency_penalty']) await refused({ [name]: 0.5 }, 400, /does not support parameter (presence|frequency)Penalty/);
  for (const name of ['presencePenalty', 'frequencyPenalty', 'stop']) await refused({ [name]: ['x'] }, 400, new RegExp(`grok-4.6 does not support parameter ${name}`));
  assert.equal((await ask('/responses', { ...base, model: 'grok-4.20-0309-non-reasoning', presence_penalty: 0.5 })).status, 200);
  await refused({ model: 'grok-build-0.1', reasoning: { effort: 'low' } }, 400, /does not support parameter reasoningEffort/);
  await refused({ model: 'grok-4.5', reasoning: { effort: 'xhigh' } }, 400, /reasoning effort xhigh/);
  await refused({ reasoning: { effort: 'none' } }, 400, /reasoning effort none/);
  assert.equal((await ask('/responses', { ...base, model: 'grok-4.3', reasoning: { effort: 'none' } })).status, 200);
});

test('items: unknown, incomplete, of the wrong role, twice', async () => {
  for (const [more, status, why] of [
    [items(), 400, /from 1 to/], [items('hi'), 422, /expected a map/], [items({ type: 'picture' }), 422, /unknown variant `picture`/],
    [items({ role: 'tool', content: 'x' }), 422, /unknown variant `tool`/], [items({ role: 'user' }), 422, /missing field `content`/],
    [items({ role: 'user', content: [] }), 400, /at least one content element/], [items({ role: 'user', content: [{ type: 'text', text: 'x' }] }), 422, /unknown variant `text`/],
    [items({ role: 'user', content: [{ type: 'output_text', text: 'x' }] }), 400, /role user has no output_text/],
    [items(user, { role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }), 400, /role assistant has no input_text/],
    [items({ role: 'system', content: 'x' }), 400, /message of the user/], [items({ ...user, name: 'Ann' }), 400, /not supported: input\[0\]\.name/],
    [items({ ...user, id: 'a' }, { ...user, id: 'a' }), 400, /Duplicate item found with id a/],
    [items(user, { type: 'reasoning', summary: [], encrypted_content: 'gAAA' }), 400, /Could not decrypt the provided encrypted_content/],
    [items(user, { type: 'reasoning', id: 'rs_1' }), 422, /missing field `summary`/],
  ]) await refused(more, status, why);
});

test('calls and their outputs come in pairs and in order', async () => {
  for (const [more, why] of [
    [items(user, output('a')), /No tool call found for function call output with call_id a/], [items(user, output('a'), call('a')), /No tool call found/],
    [items(user, call('a')), /No tool output found for function call a/], [items(user, call('a'), call('a'), output('a')), /second function call with call_id a/],
    [items(user, call('a'), output('a'), output('a')), /second output for call_id a/], [items(user, call('a', '{'), output('a')), /JSON object in a string/],
    [items(user, call('a', '[]'), output('a')), /JSON object in a string/], [items(user, call(''), output('')), /call_id is empty/],
  ]) await refused(more, 400, why);
  assert.equal((await ask('/responses', { ...base, ...items(user, call('a'), call('b'), output('b'), output('a')) })).status, 200);
});

test('tools: names, doubles, choices, settings, too many', async () => {
  const many = Array.from({ length: 129 }, (_, n) => ({ type: 'function', name: `f${n}` }));
  for (const [more, status, why] of [
    [tool({ name: 'get weather' }), 400, /name must match/], [tool({ name: 'x'.repeat(65) }), 400, /name must match/], [tool({ name: undefined }), 422, /missing field `name`/],
    [{ tools: [{ type: 'function', function: { name: 'f' } }] }, 400, /not supported: tools\[0\]\.function/], [{ tools: [{ type: 'retrieval' }] }, 422, /unknown variant `retrieval`/],
    [{ tools: [...tool().tools, ...tool().tools] }, 400, /defined more than once/], [{ tools: many }, 400, /from 0 to 128/],
    [{ tool_choice: 'required' }, 400, /no tools/], [{ tool_choice: 'any' }, 422, /unknown variant `any`/], [{ ...tool(), tool_choice: { type: 'function', name: 'g' } }, 400, /names g/],
    [{ ...tool(), tool_choice: { type: 'function', function: { name: 'f' } } }, 400, /not supported/],
    [{ tools: [{ type: 'web_search', allowed_domains: ['a.org'], excluded_domains: ['b.org'] }] }, 400, /not both/],
    [{ tools: [{ type: 'web_search', filters: { allowed_domains: Array(6).fill('a.org') } }] }, 400, /from 1 to 5/],
    [{ tools: [{ type: 'web_search', search_context_size: 'low' }] }, 400, /not supported/], [{ tools: [{ type: 'x_search', from_date: 'today' }] }, 400, /date/],
  ]) await refused(more, status, why);
});

test('schemas: roots, types, references, patterns', async () => {
  const parameters = (schema) => tool({ parameters: schema });
  for (const [schema, why] of [
    [{ type: 'array', items: {} }, /type object/], [{ type: 'object', properties: { a: { type: 'text' } } }, /properties\.a: \\"text\\" is not a type/],
    [{ type: 'object', properties: [] }, /properties of a schema/], [{ type: 'object', properties: { a: { $ref: '#/$defs/b' } } }, /\$ref leads nowhere/],
    [{ type: 'object', properties: { a: { $ref: 'https://example.org/s' } } }, /leads out/], [{ type: 'object', properties: { a: { enum: [] } } }, /enum/],
    [{ type: 'object', required: 'a' }, /required/], [{ type: 'object', properties: { a: true } }, /properties\.a is true/], [{ type: 'object', properties: { a: { anyOf: [] } } }, /anyOf/],
    [{ type: 'object', properties: { a: { type: 'array', items: [{}] } } }, /prefixItems/], [{ type: 'object', properties: { a: { type: 'array', maxContains: 2 } } }, /maxContains/],
    ...['\\bword', '(?=a)', '(a)\\1', '\\p{L}', '(?i)a'].map((pattern) => [{ type: 'object', properties: { a: { type: 'string', pattern } } }, /pattern has a construct/]), [{ type: 'object', properties: { a: { type: 'string', pattern: '(' } } }, /pattern/],
  ]) {
    await refused(parameters(schema), 400, why);
    await refused({ text: { format: { type: 'json_schema', name: 'a', schema } } }, 400, why);
  }
  const good = { type: 'object', properties: { a: { $ref: '#/$defs/b' } }, required: ['a'], additionalProperties: false, $defs: { b: { type: ['string', 'null'], pattern: '^a' } } };
  assert.equal((await ask('/responses', { ...base, ...parameters(good) })).status, 200);
});

test('pictures: only JPEG and PNG of 20 MiB, as data or address', async () => {
  for (const [url, why] of [
    [data('image/webp', Buffer.from('RIFF')), /unsupported content-type image\/webp/], [data('image/gif', Buffer.from('GIF89a')), /unsupported content-type/],
    [data('image/png', jpeg('x')), /not a picture of the type/], ['data:image/png;base64,!!!!', /not valid base64/], ['file:///etc/passwd', /https URL/],
    [data('image/png', Buffer.concat([png('x'), Buffer.alloc(20 << 20)])), /larger than 20 MiB/],
  ]) await refused(image(url), 400, why);
  await refused({ model: 'grok-build-0.1', ...image(data('image/png', png('x'))) }, 400, /Image inputs are not supported/);
  await refused(items({ role: 'user', content: [{ type: 'input_image', image_url: { url: 'https://example.org/a.png' } }] }), 422, /expected a string/);
  await refused(items({ role: 'user', content: [{ type: 'input_image', image_url: 'https://example.org/a.png', detail: 'full' }] }), 422, /unknown variant `full`/);
  for (const url of [data('image/png', png('x')), data('image/jpeg', jpeg('x')), 'https://example.org/a.png']) assert.equal((await ask('/responses', { ...base, ...image(url) })).status, 200);
});
