// Which way a request takes: Grok accounts, keys of xAI's API, one after the other, or one of them alone.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs, fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { readSse } from './lib/sse.mjs';
import { beforeEach, test } from './lib/suite.mjs';
import { xaiGatewayForFile, xaiKey } from './lib/xai.mjs';

const { xai, gw } = xaiGatewayForFile();
const route = (xai_route) => gw.settings({ xai_route });
beforeEach(() => route('last'));

/** Replaces the pool by Grok accounts and keys of xAI's API. */
const pool = async (accounts, keys) => {
  await gw.pool(accounts);
  await gw.addKeys(keys);
};
const ask = (content, more) => gw.chat(content, { model: 'grok-4', reasoning_format: 'hidden', ...more });
const asked = () => [gw.grok.of('chat').length, xai.of('responses').length];

/** Asks collected or streamed; returns the text of the one answer. */
async function answered(prompt, stream) {
  if (!stream) {
    const answer = await ask(prompt);
    assert.deepEqual([answer.status, answer.body.choices?.length], [200, 1], answer.text);
    return answer.body.choices[0].message.content;
  }
  const { text, done, choices, error } = await readSse(await gw.chatRaw(prompt, { model: 'grok-4', reasoning_format: 'hidden', stream }));
  assert.deepEqual([done, error, choices.filter(({ delta }) => delta.role).length, choices.filter(({ finish_reason: end }) => end).length], [true, null, 1, 1], 'one answer');
  return text;
}

for (const stream of [false, true]) {
  test(`the API answers for used-up accounts${stream ? ', streamed' : ''}`, async () => {
    await pool(['usage-1', 'usage-2'], ['basic-1']);
    assert.equal(await answered('[[text:one answer]]', stream), 'one answer');
    const { body, keyHash } = xai.of('responses')[0];
    assert.equal(body.model, 'grok-4.6');
    assert.equal(xai.of('responses').length, 1);
    assert.ok(gw.grok.of('chat').length > 0, 'the accounts were asked first');
    for (let n = 0; n < 3; n++) {
      gw.grok.reset();
      assert.equal(await answered('[[text:another]]', stream), 'another');
    }
    assert.deepEqual([...asked(), xai.of('responses')[3].keyHash], [0, 4, keyHash], 'and rest now in both modes');
    const [row] = await gw.logged(1);
    assert.deepEqual([row.model, row.status], ['grok-4', 200]);
  });
}

test('while accounts can answer, the API costs nothing', async () => {
  await pool(['basic-1'], ['basic-1']);
  for (const stream of [false, true, false]) await answered('[[n:3]]', stream);
  assert.deepEqual(asked(), [3, 0]);
});

test('the API is asked first, and accounts after it', async () => {
  await route('first');
  await pool(['basic-1'], ['basic-1']);
  for (const stream of [false, true]) await answered('[[n:3]]', stream);
  assert.deepEqual(asked(), [0, 2]);
  for (const key of ['limited-1', 'broke-1', 'broken-1', 'blocked-1', 'cut-1', 'empty-1']) {
    await pool(['basic-1'], [key]);
    xai.reset();
    xai.script({ key: xaiKey('cut-1') }, { cut: 0 });
    assert.equal(await answered('[[text:from Grok]]', key === 'cut-1'), 'from Grok', key);
    assert.deepEqual([gw.grok.of('chat').length, xai.of('responses').length > 0], [1, true], key);
  }
});

test('never means never', async () => {
  await route('never');
  await pool(['usage-1'], ['basic-1']);
  for (const stream of [false, true]) {
    const answer = await ask('hi', { stream });
    assert.equal(answer.status, 429, answer.text);
    assert.ok(Number(answer.headers.get('retry-after')) > 3_000);
  }
  await gw.keys(['basic-1']);
  assert.equal((await ask('hi')).status, 503);
  assert.equal(xai.calls.length, 0);
  assert.equal((await ask('hi', { model: 'xai/grok-4.6' })).status, 200, 'its own names stay');
});

test('what has begun goes nowhere else', async () => {
  for (const setting of ['last', 'first']) {
    await route(setting);
    await pool(['basic-1'], ['basic-1']);
    const { text, error, done } = await readSse(await gw.chatRaw('[[n:300]] [[cut:200]]', { model: 'grok-4', reasoning_format: 'hidden', stream: true }));
    assert.ok(error && !done && text.startsWith('word0 '), `${setting}: ${JSON.stringify(error)} ${text}`);
    assert.deepEqual(asked(), setting === 'last' ? [1, 0] : [0, 1], setting);
    xai.reset();
  }
});

test('what a request asks for wrongly is asked once', async () => {
  await route('first');
  await pool(['basic-1'], ['basic-1', 'basic-2']);
  for (const error of ['policy', 'moderated', 'encrypted']) {
    xai.reset();
    xai.script({}, { error });
    const answer = await ask('hi');
    assert.equal(answer.status, 400, answer.text);
    assert.deepEqual(asked()[1], 1, error);
  }
});

test('xai/ names reach the API alone', async () => {
  for (const setting of ['last', 'first', 'never']) {
    await route(setting);
    await pool(['basic-1'], ['limited-1']);
    const limited = await ask('hi', { model: 'xai/grok-4.6' });
    assert.equal(limited.status, 429, limited.text);
    assert.ok(Number(limited.headers.get('retry-after')) <= 7);
    await gw.pool(['basic-1']);
    const none = await ask('hi', { model: 'xai/grok-4.6' });
    assert.equal(none.status, 503, none.text);
    assert.match(none.body.error.message, /key of xAI's API/);
    assert.equal(gw.grok.of('chat').length, 0);
  }
  await gw.keys(['basic-1']);
  const unknown = await ask('hi', { model: 'xai/grok-99' });
  assert.equal(unknown.status, 404, unknown.text);
});
