// A server-sent event stream as the gateway sends it, read strictly: what an SDK might forgive is an error here.
import assert from 'node:assert/strict';

/** Returns the payloads of a stream's text; `done` says whether `[DONE]` came last, `error` is the error object if one came. */
export function parseSse(text) {
  assert.ok(text.endsWith('\n\n') || text === '', `the last event is not closed: …${JSON.stringify(text.slice(-80))}`);
  const payloads = text.split('\n\n').filter((event) => event !== '' && !event.startsWith(':')).map((event) => {
    assert.match(event, /^data: /, `not a data event: ${event.slice(0, 80)}`);
    assert.ok(!event.includes('\n'), `an event of several lines: ${event.slice(0, 80)}`);
    return event.slice('data: '.length);
  });
  const done = payloads.at(-1) === '[DONE]';
  const chunks = (done ? payloads.slice(0, -1) : payloads).map((payload) => JSON.parse(payload));
  const error = chunks.find((chunk) => chunk.error)?.error ?? null;
  const choices = chunks.filter((chunk) => !chunk.error && chunk.choices.length > 0).map((chunk) => ({ ...chunk.choices[0], chunk }));
  return { chunks, choices, done, error, text: choices.map((choice) => choice.delta.content ?? '').join('') };
}

/** Reads to the end and parses. */
export async function readSse(response) {
  assert.equal(response.status, 200, `a stream was expected: ${response.status} ${response.status === 200 ? '' : await response.clone().text()}`);
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  return parseSse(await response.text());
}

/** Calls `each` with every piece of text as it arrives, with its time; `each` may return false to stop reading. */
export async function follow(response, each) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return true;
    if (each(value, Date.now()) === false) {
      await reader.cancel();
      return false;
    }
  }
}
