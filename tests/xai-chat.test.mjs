// Chats that xAI's API answers: text, streams, reasoning, usage, costs, pictures, with keys as the only accounts.
// Directives in prompts, such as [[n:40]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { jpeg, png } from './fake-grok/media.mjs';
import { costOf } from './fake-xai/usage.mjs';
import { languageModel } from './fake-xai/models.mjs';
import { parseSse, readSse } from './lib/sse.mjs';
import { beforeEach, test } from './lib/suite.mjs';
import { TICKS, xaiGatewayForFile } from './lib/xai.mjs';

const { xai, gw } = xaiGatewayForFile();
beforeEach(() => gw.keys(['basic-1']));

const model = 'xai/grok-4.6';
const ask = (content, more) => gw.chat(content, { model, ...more });
const sent = () => xai.of('responses').at(-1);
const messageOf = ({ body }) => body.choices[0].message;

test('collected and streamed are the same answer', async () => {
  for (const prompt of ['[[n:40]]', 'What is a tree?', '[[text:🌲 Bäume\n\n```js\n1 < 2;\n```]] [[width:1]]', '[[n:30]] [[split:3]]', '[[n:9]] [[bare]] [[no_done_line]] [[unknown]] [[comments]]', '[[big]]']) {
    const collected = await ask(prompt);
    assert.equal(collected.status, 200, collected.text);
    const streamed = await readSse(await gw.chatRaw(prompt, { model, stream: true }));
    assert.ok(streamed.done && streamed.text.length > 0, prompt);
    assert.equal(streamed.text, messageOf(collected).content, prompt);
    assert.deepEqual([collected.body.model, collected.body.choices[0].finish_reason, streamed.choices.at(-1).finish_reason], [model, 'stop', 'stop']);
  }
  assert.equal(gw.grok.calls.length, 0, 'nothing went to Grok');
});

test('the request says who asks, and keeps nothing there', async () => {
  await ask([{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'hi' }], { temperature: 0.3, top_p: 0.9, max_tokens: 50, reasoning_effort: 'low', stop: ['never'] });
  const { body, headers, keyHash } = sent();
  assert.deepEqual([body.model, body.stream, body.store, body.include], ['grok-4.6', true, false, ['reasoning.encrypted_content']]);
  assert.deepEqual([body.temperature, body.top_p, body.max_output_tokens, body.reasoning.effort], [0.3, 0.9, 50, 'low']);
  assert.deepEqual(body.input.map(({ role }) => role), ['system', 'user']);
  assert.match(headers['user-agent'], /^grok2api\/\d/);
  assert.equal(headers.authorization, `Bearer key-${keyHash}`);
});

test('reasoning comes in the form that is asked for', async () => {
  const thought = 'thought0 thought1 thought2';
  for (const raw of ['', ' [[raw_reasoning]]']) {
    for (const [reasoning_format, read] of [['parsed', (message) => message.reasoning_content], ['raw', ({ content }) => /^<think>([^]*?)<\/think>/.exec(content)?.[1]], ['hidden', () => thought]]) {
      const prompt = `[[think:3]] [[text:yes]]${raw}`;
      const collected = messageOf(await ask(prompt, { reasoning_format }));
      assert.equal(read(collected)?.trim(), thought, `${reasoning_format}${raw}: ${JSON.stringify(collected)}`);
      const { choices } = await readSse(await gw.chatRaw(prompt, { model, stream: true, reasoning_format }));
      const join = (name) => choices.map(({ delta }) => delta[name] ?? '').join('');
      assert.deepEqual([join('content'), join('reasoning_content')], [collected.content, collected.reasoning_content ?? ''], reasoning_format);
      assert.equal(JSON.stringify(collected).includes('thought0'), reasoning_format !== 'hidden');
    }
  }
});

test('usage is what xAI counted, and the log has its price', async () => {
  const prompt = '[[n:40]] [[think:7]] [[cached:64]] '.padEnd(600, 'a long prompt ');
  const price = (input, output) => costOf(languageModel('grok-4.6'), { input, cached: 64, output });
  const before = (await gw.logs()).length;
  const { body: { usage } } = await ask(prompt);
  const streamed = parseSse(await (await gw.chatRaw(prompt, { model, stream: true, stream_options: { include_usage: true } })).text());
  const calls = xai.of('responses');
  await Promise.all(calls.map(({ done }) => done));
  for (const [at, reported] of [usage, streamed.chunks.at(-1).usage].entries()) {
    const real = calls[at].usage;
    assert.deepEqual([reported.prompt_tokens, reported.completion_tokens, reported.total_tokens], [real.input_tokens, real.output_tokens, real.total_tokens]);
    assert.deepEqual([reported.prompt_tokens_details.cached_tokens, reported.completion_tokens_details.reasoning_tokens], [64, real.output_tokens_details.reasoning_tokens]);
    assert.ok(real.output_tokens_details.reasoning_tokens > 0);
    assert.equal(real.cost_in_usd_ticks, price(real.input_tokens, real.output_tokens));
  }
  const rows = await gw.logged(before + 2);
  assert.deepEqual((await gw.costs()).slice(-2), calls.map(({ ticks }) => ticks), 'to the tick');
  assert.deepEqual(rows.slice(0, 2).map(({ cost_usd }) => cost_usd), calls.map(({ ticks }) => Math.round(ticks / TICKS * 1e6) / 1e6).reverse());
  const [account] = await gw.tokens();
  assert.ok(account.spent_today_usd > 0 && account.held_usd === 0, JSON.stringify(account));
});

test('an answer that ends at its limit says so', async () => {
  for (const stream of [false, true]) {
    const prompt = '[[n:20]] [[incomplete:max_output_tokens]]';
    const end = stream ? (await readSse(await gw.chatRaw(prompt, { model, stream }))).choices.at(-1) : (await ask(prompt)).body.choices[0];
    assert.equal(end.finish_reason, 'length');
  }
});

test('pictures of the request are sent along', async () => {
  const url = (type, bytes) => `data:image/${type};base64,${bytes.toString('base64')}`;
  const content = [{ type: 'text', text: 'What is on them?' }, { type: 'image_url', image_url: { url: url('png', png('sky')) } }, { type: 'image_url', image_url: { url: url('jpeg', jpeg('sea')) } }];
  const answer = await ask([{ role: 'user', content }]);
  assert.equal(answer.status, 200, answer.text);
  const pieces = sent().body.input.at(-1).content;
  assert.deepEqual(pieces.map(({ type }) => type), ['input_text', 'input_image', 'input_image']);
  assert.deepEqual(pieces.slice(1).map(({ image_url: sentUrl }) => sentUrl), content.slice(1).map(({ image_url: { url: given } }) => given));
});

test('searches are asked for, and their sources are cited', async () => {
  for (const stream of [false, true]) {
    const prompt = '[[web]] [[text:Redwoods are tall.]]';
    const more = { model, web_search_options: {}, reasoning_format: 'hidden' };
    const deltas = stream ? (await readSse(await gw.chatRaw(prompt, { ...more, stream }))).choices.map(({ delta }) => delta) : [messageOf(await ask(prompt, more))];
    assert.deepEqual(sent().body.tools, [{ type: 'web_search' }]);
    const content = deltas.map((delta) => delta.content ?? '').join('');
    const annotations = deltas.flatMap((delta) => delta.annotations ?? []);
    assert.match(content, /^Redwoods are tall\./);
    assert.ok(annotations.length > 0, JSON.stringify(deltas));
    for (const { url_citation: { url, start_index: start, end_index: end } } of annotations) {
      assert.match(url, /^https:/);
      assert.ok(end > start && end <= content.length, `${start} ${end} of ${content.length}`);
    }
    const done = await sent().done;
    assert.equal(done.usage.num_server_side_tools_used, 1);
    assert.ok(done.ticks > TICKS / 200, 'the search is paid');
  }
});

test('the models of keys are listed once they were read', async () => {
  const list = async () => (await gw.call('GET', '/v1/models', { headers: { authorization: `Bearer ${gw.key}` } })).body.data.map(({ id }) => id).filter((id) => id.startsWith('xai/'));
  const [{ id }] = await gw.tokens();
  await gw.ok('POST', '/tokens/test', { token: id });
  assert.ok((await list()).includes('xai/grok-4.6') && (await list()).includes('xai/grok-imagine-image'), String(await list()));
  const [account] = await gw.tokens();
  assert.ok(account.models.includes('grok-4.6'), JSON.stringify(account));
  assert.deepEqual(account, await gw.keyRow('basic-1'));
});
