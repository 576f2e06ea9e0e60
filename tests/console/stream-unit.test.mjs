// The console's reader of server-sent events, fed with streams that are cut at every place.
import assert from 'node:assert/strict';
import { test } from '../lib/suite.mjs';
import { events, explainChat, streamChat } from '../../static/console/screens/playground/stream.js';

const bytes = (text) => new TextEncoder().encode(text);

function body(...parts) {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(typeof part === 'string' ? bytes(part) : part);
      controller.close();
    },
  });
}

async function read(stream) {
  const found = [];
  for await (const event of events(stream)) found.push(event);
  return found;
}

const chunk = (content, more = {}) => `data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: null, ...more }] })}\n\n`;

/** Returns a chat whose answer is this. */
async function chat(answer, { status = 200, headers = {}, signal } = {}) {
  const chunks = [];
  const real = globalThis.fetch;
  globalThis.fetch = async () => {
    if (answer instanceof Error) throw answer;
    return new Response(answer, { status, headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'r1', ...headers } });
  };
  try {
    const result = await streamChat({ key: 'k', body: { model: 'm', messages: [] }, signal, onChunk: (delta, raw) => chunks.push([delta, raw]) });
    return { ...result, chunks, text: chunks.map(([delta]) => delta.content ?? '').join('') };
  } finally {
    globalThis.fetch = real;
  }
}

test('a stream cut at any byte gives the same events', async () => {
  const whole = bytes(': keep-alive\n\ndata: {"a":"树🌲é"}\r\n\r\ndata: one\ndata:two\nevent: x\n\n\rdata: [DONE]\r\r');
  const expected = [
    { data: null, raw: ': keep-alive' }, { data: '{"a":"树🌲é"}', raw: 'data: {"a":"树🌲é"}' },
    { data: 'one\ntwo', raw: 'data: one\ndata:two\nevent: x' },
  ];
  for (let at = 0; at <= whole.length; at++) {
    const found = await read(body(whole.subarray(0, at), whole.subarray(at)));
    assert.deepEqual(found.slice(0, 3), expected, `cut at ${at}`);
  }
  const single = await read(body(...[...whole].map((byte) => Uint8Array.of(byte))));
  assert.deepEqual(single.slice(0, 3), expected);
});

test('an event that the end cuts off is none', async () => {
  assert.deepEqual(await read(body('data: 1\n\ndata: 2\n')), [{ data: '1', raw: 'data: 1' }]);
});

test('the text, the end and the usage of an answer', async () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  const result = await chat(`${chunk('Hel')}: quiet\n\n${chunk('lo')}${chunk(undefined, { finish_reason: 'stop' })}data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
  assert.deepEqual([result.text, result.finishReason, result.error, result.requestId], ['Hello', 'stop', null, 'r1']);
  assert.deepEqual(result.usage, usage);
  assert.deepEqual(result.chunks.map(([, raw]) => raw).filter((raw) => !raw.startsWith('data: {')), [': quiet', 'data: [DONE]']);
});

test('an error or an end without [DONE] leaves the text', async () => {
  const failed = await chat(`${chunk('Hel')}data: {"error":{"message":"M","code":"upstream_error"}}\n\n`);
  assert.deepEqual([failed.text, failed.finishReason, failed.error.code], ['Hel', null, 'upstream_error']);
  assert.match(explainChat(failed.error), /Ask again/);
  assert.equal(failed.error.message, 'M');
  const cut = await chat(chunk('Hel') + chunk('', { finish_reason: 'stop' }));
  assert.deepEqual([cut.text, cut.finishReason, cut.error.code], ['Hel', null, 'broken_off']);
  assert.equal((await chat('data: {"cho\n\n')).error.code, 'not_a_stream');
});

test('a refusal says why, and when it is worth a try', async () => {
  const answer = JSON.stringify({ error: { message: 'All cool', code: 'rate_limit_exceeded', param: null } });
  const { error } = await chat(answer, { status: 429, headers: { 'content-type': 'application/json', 'retry-after': '90' } });
  assert.deepEqual([error.status, error.code, error.retryAfter], [429, 'rate_limit_exceeded', 90]);
  assert.match(explainChat(error), /2 min/);
  const unknown = await chat('<html>', { status: 502, headers: { 'content-type': 'text/html' } });
  assert.match(explainChat(unknown.error), /502/);
  assert.equal((await chat('<html>', { headers: { 'content-type': 'text/html' } })).error.code, 'not_a_stream');
});

test('no answer, a lost connection and a manual stop differ', async () => {
  assert.equal((await chat(new TypeError('fetch failed'))).error.status, 0);
  const lost = new ReadableStream({ pull(controller) { controller.error(new TypeError('network error')); } });
  assert.equal((await chat(lost)).error.code, 'broken_off');
  const control = new AbortController();
  control.abort();
  const stopped = await chat(control.signal.reason, { signal: control.signal });
  assert.deepEqual([stopped.finishReason, stopped.error], ['aborted', null]);
});
