// How answers of the scripted xAI fail, break off and come late, and what its limits do.
// Directives in prompts, such as [[n:40]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { ERRORS } from './fake-xai.mjs';
import { failure } from './fake-xai/errors.mjs';
import { test } from './lib/suite.mjs';
import { askOf, clientOf, eventsIn, xaiForFile } from './lib/xai.mjs';

const xai = xaiForFile();
const ask = askOf(xai);
const stream = (input, key, more) => ask('/responses', { model: 'grok-4.6', input, stream: true }, key, more);
const events = async (input, key) => eventsIn(await (await stream(input, key)).text());
const status = async (input, key) => (await stream(input, key)).status;

test('every listed failure has its status, its body, its headers', async () => {
  for (const name of Object.keys(ERRORS)) {
    const answer = await stream(`[[error:${name}]]`);
    const expected = failure(name, { key: 'xa***-1', model: 'grok-4.6' });
    assert.equal(answer.status, expected.status, name);
    assert.equal(answer.headers.get('retry-after'), expected.headers['retry-after'] ?? null, name);
    const text = await answer.text();
    if (typeof expected.body === 'string') assert.equal(text, expected.body);
    else assert.deepEqual(Object.keys(JSON.parse(text)), Object.keys(expected.body));
  }
  const bodies = await Promise.all(['rate_limited', 'rate_limited_bare'].map(async (name) => (await stream(`[[error:${name}]]`)).json()));
  assert.deepEqual(bodies.map(({ error }) => typeof error), ['string', 'object']);
  assert.equal(await status('[[error:507]]'), 507);
});

test('a key’s name counts, a rule by key and count beats it', async () => {
  for (const [key, expected] of [['limited', 429], ['throttled', 429], ['broke', 429], ['busy', 503], ['broken', 500]]) assert.equal(await status('hi', `xai-${key}-1`), expected, key);
  assert.match(await (await stream('hi', 'xai-broke-1')).text(), /used all available credits/);
  xai.script({ key: 'xai-basic-1', times: 1 }, { error: 'unavailable' });
  assert.deepEqual([await status('hi', 'xai-basic-2'), await status('hi'), await status('hi')], [200, 503, 200]);
  xai.script({ contains: 'trees', times: 1 }, () => ({ text: 'Redwoods.' }));
  assert.match(await (await stream('about trees')).text(), /Redwoods\./);
});

test('an error event: first, after the text, in mid-answer', async () => {
  const first = await events('[[inband:rate_limited]]');
  assert.deepEqual(first.map(({ type, sequence_number: n }) => [type, n]), [['error', 0]]);
  assert.match(first[0].message, /Too many requests/);
  const late = await events('[[n:9]] [[late_after:4]] [[late:internal]]');
  assert.deepEqual([late.filter(({ type }) => type === 'response.output_text.delta').length, late.at(-1).type, late.at(-1).code], [4, 'error', 'internal']);
  const after = await events('[[n:3]] [[late:unavailable]]');
  assert.deepEqual(after.slice(-2).map(({ type }) => type), ['response.output_item.done', 'error']);
  const seen = [];
  for await (const event of await clientOf(xai).responses.create({ model: 'grok-4.6', input: '[[inband:internal]]', stream: true })) seen.push(event.message);
  assert.deepEqual(seen, ['Internal error.']);
});

test('response.failed has an error and what was said', async () => {
  const failed = (await events('[[n:3]] [[failed:unavailable]]')).at(-1);
  assert.equal(failed.type, 'response.failed');
  assert.deepEqual([failed.response.status, failed.response.error.message], ['failed', 'The model is temporarily unavailable. Try again.']);
  assert.equal(failed.response.output.at(-1).content[0].text, 'word0 word1 word2');
  assert.equal((await events('[[n:9]] [[failed]] [[late_after:2]]')).at(-1).response.error.code, 'internal');
});

test('streams that are cut, torn, empty or without an end', async () => {
  await assert.rejects((await stream('[[n:50]] [[cut:20]]')).text(), 'a cut stream must not end cleanly');
  await assert.rejects(stream('[[reset]]'));
  await assert.rejects((await stream('[[cut:0]]')).text());
  const torn = await (await stream('[[n:50]] [[truncate:12]]')).text();
  assert.ok(!torn.endsWith('\n\n'));
  assert.equal(await (await stream('[[nothing]]')).text(), '');
  assert.deepEqual((await events('[[empty]]')).map(({ type }) => type), ['response.created', 'response.in_progress']);
  assert.equal((await events('[[nodone]]')).at(-1).type, 'response.output_item.done');
  const ends = await Promise.all(['[[n:2]]', '[[n:2]] [[no_done_line]]'].map(async (input) => (await (await stream(input)).text()).endsWith('data: [DONE]\n\n')));
  assert.deepEqual(ends, [true, false]);
});

test('split, comments, bare and unknown events change no text', async () => {
  const said = (list) => list.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta).join('');
  const expected = said(await events('[[n:12]]'));
  for (const way of ['[[split:1]]', '[[split:7]]', '[[comments]]', '[[bare]]', '[[unknown]]', '[[width:3]]', '[[noend]]']) assert.equal(said(await events(`[[n:12]] ${way}`)), expected, way);
  xai.script({ times: 1 }, { events: [{ type: 'response.created' }, ': a comment\n\n', 'data: not JSON\n\n'] });
  assert.equal(await (await stream('hi')).text(), 'event: response.created\ndata: {"sequence_number":0,"type":"response.created"}\n\n: a comment\n\ndata: not JSON\n\n');
});

test('silence, slow pieces and departures are counted', async () => {
  for (const input of ['[[hang]]', '[[n:50]] [[hang:10]]', '[[n:500]] [[slow:20]]']) {
    xai.reset();
    const leaving = new AbortController();
    const answer = stream(input, undefined, { signal: leaving.signal }).then((response) => response.text()).catch(() => 'left');
    const call = await xai.until(() => xai.calls[0]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.deepEqual([call.endedAt, xai.open, xai.state('xai-basic-1').open], [null, 1, 1], input);
    leaving.abort();
    assert.equal(await answer, 'left');
    await call.done;
    assert.deepEqual([call.aborted, xai.open], [true, 0], input);
  }
});

test('the peak counts what is under way at once, by key too', async () => {
  await Promise.all(Array.from({ length: 8 }, async (_, n) => (await stream('[[pause:80]] [[n:2]]', `xai-basic-${n % 2}`)).text()));
  assert.deepEqual([xai.peak, xai.open], [8, 0]);
  assert.deepEqual(xai.state('xai-basic-1'), { open: 0, peak: 4, calls: 4 });
});

test('limits count down by team and model, with Retry-After or not', async () => {
  xai.limit('xai-basic-1', { requests: 2, tokens: 1000, window: 30 });
  const left = ({ headers }) => ['limit-requests', 'remaining-requests', 'limit-tokens'].map((name) => headers.get(`x-ratelimit-${name}`));
  const first = await stream('[[n:2]]');
  assert.deepEqual(left(first), ['2', '1', '1000']);
  await first.text();
  const second = await stream('hi');
  assert.ok(Number(second.headers.get('x-ratelimit-remaining-tokens')) < 1000);
  await second.text();
  const third = await stream('hi');
  assert.deepEqual([third.status, third.headers.get('retry-after'), third.headers.get('x-ratelimit-remaining-requests')], [429, '30', '0']);
  assert.equal((await ask('/responses', { model: 'grok-4.3', input: 'hi' })).status, 200, 'another model');
  assert.equal(await status('hi', 'xai-basic-2'), 200, 'another team');
  xai.turnClock({ pass: 31_000 });
  assert.equal(await status('hi'), 200);
  xai.limit('xai-basic-1', { requests: 0, retry: false });
  const bare = await stream('hi');
  assert.deepEqual([bare.status, bare.headers.get('retry-after')], [429, null]);
  assert.throws(() => xai.limit('*', { request: 3 }), /no limit called request/);
});

test('credits that are used up are a 429 of their own', async () => {
  xai.limit('*', { credits: 0.0001 });
  assert.equal((await (await stream('[[n:10]]')).text()).includes('response.completed'), true);
  assert.ok(xai.spent('xai-basic-1') >= 1_000_000);
  const broke = await stream('hi');
  assert.deepEqual([broke.status, /monthly spending limit/.test((await broke.json()).error)], [429, true]);
});

test('a cut answer is charged for what was written', async () => {
  await (await stream('[[n:50]] [[think:0]] [[cut:10]]')).text().catch(() => {});
  await xai.until(() => xai.spent() > 0);
  const { usage } = xai.calls[0];
  assert.ok(usage.output_tokens > 0 && usage.output_tokens < 50);
  assert.equal(xai.spent(), usage.cost_in_usd_ticks);
});
