// OpenAI's Responses over xAI's API: the checks of responses.test.mjs, encrypted reasoning across turns and keys, searches.
// Directives in prompts, such as [[n:40]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { checkResponses } from './checks/responses.mjs';
import { ENCRYPTED } from './lib/gateway.mjs';
import { openaiOf } from './lib/openai.mjs';
import { before, beforeEach, test } from './lib/suite.mjs';
import { xaiGatewayForFile } from './lib/xai.mjs';

const { xai, gw } = xaiGatewayForFile({ vars: ENCRYPTED });
const model = 'xai/grok-4.6';
let responses;
before(() => { ({ responses } = openaiOf(gw)); });
beforeEach(() => gw.keys(['basic-1', 'basic-2']));
checkResponses({ gw, model });

const include = ['reasoning.encrypted_content'];
const thoughtsIn = (items) => items.filter(({ type }) => type === 'reasoning');

test('reasoning goes to the key that gave it, or not at all', async () => {
  const input = [];
  for (let turn = 0; turn < 6; turn++) {
    input.push({ role: 'user', content: `[[n:4]] turn ${turn}` });
    const body = { model, input, store: false, include };
    const response = turn % 2 ? await responses.stream(body).finalResponse() : await responses.create(body);
    const [thought] = thoughtsIn(response.output);
    assert.ok(thought.encrypted_content.length > 40, JSON.stringify(thought));
    input.push(...response.output.map(({ parsed, ...item }) => item));
  }
  const calls = xai.of('responses');
  const all = await Promise.all(calls.map(({ done }) => done));
  assert.deepEqual(all.map(({ status }) => status), Array(6).fill(200), 'none is refused, none is repeated');
  assert.ok(new Set(calls.map(({ keyHash }) => keyHash)).size === 2, 'both keys answer');
  const last = thoughtsIn(calls.at(-1).body.input).length;
  assert.ok(last > 0 && last < 5, `${last}: its own come back, those of the other key do not`);
});

test('the reasoning of one key alone comes back whole', async () => {
  await gw.keys(['basic-1']);
  const input = [{ role: 'user', content: 'first' }];
  const first = await responses.create({ model, input, store: false, include });
  input.push(...first.output, { role: 'user', content: 'second' });
  await responses.create({ model, input, store: false, include });
  const [item] = thoughtsIn(xai.of('responses').at(-1).body.input);
  assert.ok(first.output[0].encrypted_content.endsWith(item.encrypted_content) && !item.encrypted_content.startsWith('xai1.'));
});

test('reasoning that xAI refuses is left out, and the answer comes', async () => {
  await gw.keys(['basic-1']);
  const input = [{ role: 'user', content: 'first' }];
  const first = await responses.create({ model, input, store: false, include });
  const spoilt = first.output.map((item) => (item.type === 'reasoning' ? { ...item, encrypted_content: `${item.encrypted_content.slice(0, -8)}AAAAAAA=` } : item));
  const second = await responses.create({ model, input: [...input, ...spoilt, { role: 'user', content: '[[text:second]]' }], store: false });
  assert.equal(second.output_text, 'second');
  const calls = xai.of('responses').slice(1);
  await Promise.all(calls.map(({ done }) => done));
  assert.deepEqual(calls.map(({ status, body }) => [status, thoughtsIn(body.input).length]), [[400, 1], [200, 0]]);
  const other = [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAAABfromAnotherService' }, { role: 'user', content: '[[text:third]]' }];
  assert.equal((await responses.create({ model, input: [...input, ...other], store: false })).output_text, 'third');
});

test('a response is continued by its id', async () => {
  const one = await responses.create({ model, input: 'My name is Ann.' });
  const two = await responses.create({ model, input: '[[recite]] and now?', previous_response_id: one.id });
  assert.match(two.output_text, /My name is Ann\.[^]*and now/);
  assert.ok(xai.of('responses').every(({ body }) => body.previous_response_id === undefined && body.store === false));
});

test('X and the web are searched, and sources are cited', async () => {
  for (const [type, host] of [['web_search', /^https:/], ['x_search', /^https:\/\/x\.com\//]]) {
    const body = { model, input: `[[${type === 'x_search' ? 'x' : 'web'}]] [[text:Redwoods are tall.]]`, tools: [{ type }] };
    for (const response of [await responses.create(body), await responses.stream(body).finalResponse()]) {
      const part = response.output.find((item) => item.type === 'message').content[0];
      assert.match(part.text, /^Redwoods are tall\./);
      assert.ok(part.annotations.length > 0, JSON.stringify(response.output));
      for (const { url, start_index: start, end_index: end } of part.annotations) {
        assert.match(url, host);
        assert.ok(end > start && end <= part.text.length, `${start} ${end} of ${part.text.length}`);
      }
      assert.deepEqual(xai.of('responses').at(-1).body.tools, [{ type }]);
    }
  }
});

test('an answer that reaches its limit is incomplete', async () => {
  const body = { model, input: '[[n:20]] [[incomplete:max_output_tokens]]', max_output_tokens: 30 };
  for (const response of [await responses.create(body), await responses.stream(body).finalResponse()]) {
    assert.deepEqual([response.status, response.incomplete_details.reason], ['incomplete', 'max_output_tokens']);
  }
  assert.equal(xai.of('responses')[0].body.max_output_tokens, 30);
});
