// Streams that go wrong: torn, late, slow, left. A broken answer never looks like a finished one.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { beforeEach, test } from './lib/suite.mjs';
import OpenAI from 'openai';
import { gatewayForFile } from './lib/gateway.mjs';
import { openaiOf } from './lib/openai.mjs';
import { follow, parseSse, readSse } from './lib/sse.mjs';

const LEAVE_WITHIN_MS = 3_000;

const gw = gatewayForFile({ clock: true });
beforeEach(async () => {
  await gw.pool(['basic-1', 'basic-2', 'basic-3']);
  await gw.settings({ show_thinking: false, stream_first_response_timeout: 30, stream_chunk_timeout: 120, stream_total_timeout: 600 });
});

const stream = (content, more) => gw.chatRaw(content, { stream: true, ...more });
const broken = (read, what) => {
  assert.equal(read.done, false, `${what}: no [DONE] after an error`);
  assert.ok(read.error, `${what}: an error event`);
  assert.equal(typeof read.error.message, 'string');
  assert.ok(read.choices.every((choice) => choice.finish_reason === null), `${what}: no finish reason`);
};

test('every framing gives the same text', async () => {
  const expected = (await readSse(await stream('[[n:60]]'))).text;
  assert.match(expected, /^word0 word1 .*树59🌲$|^word0 word1 .*word59$/);
  for (const way of ['[[split:1]]', '[[split:3]]', '[[split:1000]]', '[[concat]]', '[[concat]] [[split:5]]', '[[sse]]', '[[bom]]', '[[width:1]]', '[[noend]]', '[[nomessage]]']) {
    const read = await readSse(await stream(`[[n:60]] ${way}`));
    assert.deepEqual([read.text, read.done], [expected, true], way);
  }
});

test('a token of 64 KB, only a modelResponse, late thinking', async () => {
  assert.equal((await readSse(await stream('[[big]]'))).text.length, 64 * 1024 + '<big></big>'.length);
  assert.equal((await readSse(await stream('[[onlymodel]] [[text:all at once]]'))).text, 'all at once');
  assert.equal((await gw.chat('[[onlymodel]] [[text:all at once]]')).body.choices[0].message.content, 'all at once');
  await gw.settings({ show_thinking: true });
  const late = await readSse(await stream('[[text:the answer]] [[late_thinking]]'));
  assert.doesNotMatch(late.text, /afterthought/);
});

test('thinking is closed where the stream ends or breaks in it', async () => {
  await gw.settings({ show_thinking: true });
  const thought = (token) => ({ result: { response: { token, isThinking: true, messageTag: 'summary', responseId: 'a' } } });
  const end = { result: { response: { finalMetadata: {}, responseId: 'a' } } };
  for (const [frames, done] of [[[thought('first'), thought('second'), end], true], [[thought('first'), thought('second')], false]]) {
    gw.grok.reset();
    // What breaks off before its first part has left the gateway is asked again.
    gw.grok.script({}, { frames, slow: 50 });
    const read = await readSse(await stream('think'));
    assert.match(read.text, /^<think>\n[\s\S]*second\s*<\/think>\s*$/);
    assert.equal(read.done, done);
  }
});

test('a cut after some tokens is an error without [DONE]', async () => {
  for (const way of ['[[cut:30]]', '[[truncate:30]]', '[[late:internal]]', '[[late:too_many]]', '[[model_error]]'].map((end) => `[[n:50]] [[slow:5]] ${end}`)) {
    await gw.pool(['basic-1', 'basic-2', 'basic-3', 'basic-4', 'basic-5']);
    broken(await readSse(await stream(way)), way);
    const client = openaiOf(gw);
    await assert.rejects(async () => {
      for await (const _ of await client.chat.completions.create({ model: 'grok-4', stream: true, messages: [{ role: 'user', content: way }] }));
    }, OpenAI.APIError, way);
    const collected = await gw.chat(way);
    assert.ok(collected.status >= 500 || collected.status === 429, `${way}: ${collected.status} ${collected.text.slice(0, 200)}`);
    assert.ok(collected.body.error);
  }
});

test('a cut stream is logged as a failure', async () => {
  await gw.ok('POST', '/logs/clear', {});
  await readSse(await stream('[[n:50]] [[slow:5]] [[cut:30]]'));
  const [row] = await gw.logged(1);
  assert.ok(row.status >= 500, JSON.stringify(row));
  assert.notEqual(row.error, '');
});

test('a slow stream is delivered as it comes', async () => {
  const response = await stream('[[n:12]] [[slow:150]]');
  const times = [];
  const comments = [];
  await follow(response, (text, at) => {
    if (text.includes('"content"')) times.push(at);
    comments.push(...text.match(/^:.*$/gm) ?? []);
  });
  assert.deepEqual(comments, [], 'some parsers fail on comments');
  const call = await gw.grok.of('chat').at(-1).done;
  assert.ok(times.length >= 10, `${times.length} pieces`);
  assert.ok(call.endedAt - times[0] > 1_200, 'the first piece came long before the end');
  assert.ok(times.at(-1) - times[0] > 1_200, 'the pieces are spread as the tokens were');
});

test('a stream quiet for 10 seconds gets a comment, then each 5', async (t) => {
  if (!gw.host.turnClock) return t.skip('time cannot be hurried on this host');
  await gw.settings({ stream_chunk_timeout: 18 });
  await gw.hurry(20);
  const text = await (await stream('[[n:50]] [[hang:20]]')).text();
  assert.deepEqual(text.match(/^:.*$/gm), [': waiting', ': waiting'], text);
  await gw.hurry(1);
});

for (const [what, prompt, speed] of [['while tokens flow', '[[n:3000]] [[slow:20]]', 1], ['while upstream is silent', '[[n:50]] [[hang:20]]', 10]]) {
  test(`a client that leaves ${what} ends the read`, async (t) => {
    await gw.hurry(speed);
    // Where time cannot be hurried, the two comments that notice it come after 15 seconds.
    const within = speed === 1 || gw.host.turnClock ? LEAVE_WITHIN_MS : 18_000;
    const leaving = new AbortController();
    const answer = stream(prompt, { signal: leaving.signal });
    const call = await gw.grok.until((grok) => grok.of('chat')[0]);
    await follow(await answer, () => false).catch(() => {});
    const left = Date.now();
    leaving.abort();
    await gw.grok.until(() => call.endedAt, within + 2_000, 'the end of the upstream read');
    t.diagnostic(`upstream read ended ${call.endedAt - left} ms after the client left`);
    assert.ok(call.aborted);
    assert.ok(call.endedAt - left <= within, `${call.endedAt - left} ms`);
    assert.equal(gw.grok.of('chat').length, 1, 'no second attempt for someone who has left');
    await gw.hurry(1);
  });
}

test('time-outs are errors, never a finished answer', async () => {
  await gw.hurry(5);
  await gw.settings({ stream_first_response_timeout: 1 });
  for (const prompt of ['[[hang]]', '[[hang:2]]']) {
    for (const more of [{ stream: true }, {}]) {
      const began = Date.now();
      const answer = await gw.chat(prompt, more);
      assert.equal(answer.status, 504, answer.text);
      assert.equal(answer.body.error.code, 'upstream_timeout');
      assert.ok(Date.now() - began < 8_000, 'three attempts of a second each at most');
    }
  }
  await gw.settings({ stream_first_response_timeout: 30, stream_chunk_timeout: 1 });
  broken(await readSse(await stream('[[n:50]] [[hang:20]]')), 'silence');
  assert.equal((await gw.chat('[[n:50]] [[hang:20]]')).status, 504);
  await gw.settings({ stream_chunk_timeout: 120, stream_total_timeout: 1 });
  const began = Date.now();
  broken(await readSse(await stream('[[n:500]] [[slow:20]]')), 'too long');
  assert.ok(Date.now() - began < 4_000);
  const calls = gw.grok.of('chat');
  await gw.grok.until(() => calls.every((call) => call.endedAt), 3_000, 'the end of every upstream read');
  await gw.hurry(1);
});

test('a time-out of 0 is none', async () => {
  await gw.settings({ stream_first_response_timeout: 0, stream_chunk_timeout: 0, stream_total_timeout: 0 });
  const read = await readSse(await stream('[[n:10]] [[slow:100]] [[first:1500]]'));
  assert.equal(read.done, true);
});

test('an empty or garbled answer is retried, then 502', async () => {
  for (const way of ['[[empty]]', '[[nothing]]', '[[raw:no frames here]]', '[[cut]]']) {
    gw.grok.reset();
    const answer = await gw.chat(way, { stream: true });
    assert.equal(answer.status, 502, `${way}: ${answer.text}`);
    assert.equal(gw.grok.of('chat').length, 3, way);
    assert.equal(gw.grok.tokens.size, 3, way);
  }
});

test('the events are what an SSE reader expects', async () => {
  const response = await stream('[[n:5]]');
  assert.equal(response.headers.get('cache-control'), 'no-cache');
  assert.equal(response.headers.get('content-encoding'), null);
  const text = await response.text();
  assert.ok(text.endsWith('data: [DONE]\n\n'));
  assert.ok(parseSse(text).choices.length >= 2);
});
