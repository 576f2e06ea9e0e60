// The client's mistakes: answered in OpenAI's error shape with the field's path, never passed on, never charged to an account.
import assert from 'node:assert/strict';
import { before, beforeEach, test } from './lib/suite.mjs';
import { gatewayForFile } from './lib/gateway.mjs';
import { HOST } from './lib/hosts.mjs';

const gw = gatewayForFile();
before(async () => {
  await gw.pool(['basic-1', 'basic-2']);
});
beforeEach(() => gw.grok.reset());

const send = (body, key = gw.key, more = {}) => gw.call('POST', '/v1/chat/completions',
  { body, headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` }, ...more });
const good = { model: 'grok-4', messages: [{ role: 'user', content: 'hi' }] };
const user = (content) => ({ ...good, messages: [{ role: 'user', content }] });

// What is sent, and the path that `param` must name (null: the body as a whole).
const CASES = [
  ['broken JSON', '{"model": "grok-4", "messages": [', null],
  ['no JSON at all', 'hello', null],
  ['an empty body', '', null],
  ['null', 'null', null],
  ['a list', '[]', null],
  ['two values', '{} {}', null],
  ['no model', { messages: good.messages }, 'model'],
  ['model null', { ...good, model: null }, 'model'],
  ['model a number', { ...good, model: 4 }, 'model'],
  ['no messages', { model: 'grok-4' }, 'messages'],
  ['messages a text', { ...good, messages: 'hi' }, 'messages'],
  ['messages an object', { ...good, messages: {} }, 'messages'],
  ['messages empty', { ...good, messages: [] }, 'messages'],
  ['a message that is a text', { ...good, messages: ['hi'] }, 'messages.0'],
  ['a second message that is null', { ...good, messages: [...good.messages, null] }, 'messages.1'],
  ['a message without a role', { ...good, messages: [{ content: 'hi' }] }, 'messages.0.role'],
  ['a role that is a number', { ...good, messages: [{ role: 1, content: 'hi' }] }, 'messages.0.role'],
  ['an unknown role', { ...good, messages: [{ role: 'wizard', content: 'hi' }] }, 'messages.0.role'],
  ['no content', { ...good, messages: [{ role: 'user' }] }, 'messages.0.content'],
  ['content a number', user(5), 'messages.0.content'],
  ['content an object', user({ text: 'hi' }), 'messages.0.content'],
  ['a part that is a text', user(['hi']), 'messages.0.content.0'],
  ['a part without a type', user([{ text: 'hi' }]), 'messages.0.content.0.type'],
  ['a part of an unknown type', user([{ type: 'text', text: 'a' }, { type: 'hologram' }]), 'messages.0.content.1.type'],
  ['a text part without text', user([{ type: 'text' }]), 'messages.0.content.0.text'],
  ['a text part with a number', user([{ type: 'text', text: 5 }]), 'messages.0.content.0.text'],
  ['an image part without an image', user([{ type: 'image_url' }]), 'messages.0.content.0.image_url'],
  ['an image part with a number', user([{ type: 'image_url', image_url: { url: 5 } }]), 'messages.0.content.0.image_url.url'],
  ['stream a text', { ...good, stream: 'yes' }, 'stream'],
  ['stream_options a number', { ...good, stream: true, stream_options: 1 }, 'stream_options'],
  ['include_usage a text', { ...good, stream: true, stream_options: { include_usage: 'yes' } }, 'stream_options.include_usage'],
  ['n of two', { ...good, n: 2 }, 'n'],
  ['n of zero', { ...good, n: 0 }, 'n'],
  ['n a text', { ...good, n: '1' }, 'n'],
];

for (const [name, body, param] of CASES) {
  test(`400 for ${name}`, async () => {
    const answer = await send(body);
    assert.equal(answer.status, 400, answer.text);
    const { error } = answer.body;
    assert.equal(error.type, 'invalid_request_error');
    assert.equal(error.param, param, answer.text);
    assert.ok(error.message.length > 5 && !/panicked|src\//.test(error.message), error.message);
    assert.equal(gw.grok.calls.length, 0, 'nothing may go upstream');
  });
}

test('404 for an unknown model, as OpenAI answers', async () => {
  const { status, body } = await send({ ...good, model: 'gpt-4o' });
  const { type, param, code } = body.error;
  assert.deepEqual([status, type, param, code], [404, 'invalid_request_error', 'model', 'model_not_found']);
  assert.equal(gw.grok.calls.length, 0, 'nothing may go upstream');
});

test('what OpenAI clients usually send beside it is accepted', async () => {
  const answer = await send({ ...good, n: 1, temperature: 0.2, top_p: 1, max_tokens: 5, user: 'me', stream: null, stream_options: null,
    tools: undefined, messages: [{ role: 'developer', content: 'brief' }, { role: 'user', name: 'me', content: 'hi' }] });
  assert.equal(answer.status, 200, answer.text);
});

test('a wrong key is 401 whatever the body, and costs no log row', async () => {
  await gw.ok('POST', '/logs/clear', {});
  for (const body of ['{"model":', JSON.stringify(good), { model: 'gpt-4o', messages: [] }]) {
    assert.equal((await send(body, 'sk-wrong')).status, 401);
  }
  assert.equal((await gw.logs()).length, 0);
});

test('without a key the body is not even read', async () => {
  // A body that never ends: a gateway that reads it before it answers would wait without end.
  const endless = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{"model":')) });
  const answer = await gw.fetch('POST', '/v1/chat/completions', { body: endless, duplex: 'half', signal: AbortSignal.timeout(5_000) });
  assert.equal(answer.status, 401);
  await answer.body?.cancel();
});

/** Spin may close the connection after an early answer while the client still writes: fetch then loses the answer. */
async function answered(request) {
  for (let tries = 1; ; tries++) {
    try {
      return await request();
    } catch (error) {
      if (HOST !== 'spin' || tries === 10 || !['ECONNRESET', 'EPIPE'].includes(error.cause?.code)) throw error;
    }
  }
}

test('a body over 20 MiB is 413, a large one below it is served', async () => {
  const of = (bytes) => JSON.stringify(user('x'.repeat(bytes)));
  const announced = await answered(() => send(of(21 << 20)));
  assert.equal(announced.status, 413, announced.text.slice(0, 200));
  assert.equal(announced.body.error.type, 'invalid_request_error');
  const chunked = await answered(() => send(new Blob([of(21 << 20)]).stream(), gw.key, { duplex: 'half' }));
  assert.equal(chunked.status, 413, chunked.text.slice(0, 200));
  assert.equal(gw.grok.calls.length, 0);
  // Grok repeats the message in one frame, and frames of more than 8 MiB are not taken: so not all of it is message.
  const large = await answered(() => send({ ...user('x'.repeat(6 << 20)), user: 'x'.repeat(13 << 20) }));
  assert.equal(large.status, 200, large.text.slice(0, 200));
});

test('every refusal of a valid key is one log row with its status', async () => {
  await gw.ok('POST', '/logs/clear', {});
  // Rows are written after the answer: the next request waits for the row of the last.
  for (const [n, body] of ['{', { ...good, model: 'gpt-4o' }, { ...good, n: 3 }].entries()) {
    await send(body);
    await gw.logged(n + 1);
  }
  const rows = await gw.logs();
  assert.deepEqual(rows.map((row) => row.status), [400, 404, 400]);
  assert.ok(rows.every((row) => row.key_name === 'suite' && row.error !== ''), JSON.stringify(rows));
});

test('no token was touched by any of this', async () => {
  for (const row of await gw.tokens()) {
    assert.equal(row.cooldown_remaining, 0);
    assert.equal(row.last_failure_reason, '');
  }
});
