// Pictures and videos that answers hold, and pictures that chats bring along, as clients see them.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, beforeEach, test } from './lib/suite.mjs';
import { uuid } from './fake-grok.mjs';
import { jpeg, png } from './fake-grok/media.mjs';
import { gatewayForFile, until } from './lib/gateway.mjs';
import { openaiOf } from './lib/openai.mjs';
import { readSse } from './lib/sse.mjs';

const gw = gatewayForFile();
let client;
before(() => { client = openaiOf(gw); });
beforeEach(async () => {
  await gw.pool(['basic-1', 'basic-2', 'basic-3']);
  // Videos need the operator's signature.
  await gw.settings({ show_thinking: true, x_statsig_id: 'operator-value' });
});

const dataUrl = (type, bytes) => `data:${type};base64,${bytes.toString('base64')}`;
const image = (url) => ({ type: 'image_url', image_url: { url } });
const text = (words) => ({ type: 'text', text: words });

const user = (content) => [{ role: 'system', content: 'be brief' }, { role: 'user', content }];

async function collected(content, more) {
  const answer = await client.chat.completions.create({ model: 'grok-4', messages: user(content), ...more });
  return answer.choices[0].message.content;
}

async function streamed(content, more) {
  const answer = await readSse(await gw.chatRaw(user(content), { model: 'grok-4', stream: true, ...more }));
  assert.equal(answer.error, null);
  assert.equal(answer.done, true);
  return answer.text;
}

/** Returns the addresses of an answer's pictures, which must be its last lines, one each. */
function pictures(answer) {
  const lines = answer.split('\n').filter((line) => line.startsWith('!['));
  assert.ok(answer.endsWith(lines.join('\n')), answer);
  return lines.map((line) => {
    const address = /^!\[Generated Image\]\((.+)\)$/.exec(line)?.[1];
    assert.match(address, new RegExp(`^${gw.url}/images/[A-Za-z0-9_-]{22}$`));
    return address;
  });
}

const WAYS = [['collected', collected], ['streamed', streamed]];
const FORMS = ['', '[[unannounced]]', '[[cards]]', '[[placeholder]]', '[[duplicates]]', '[[split:7]]', '[[sse]]'];

for (const [way, ask] of WAYS) {
  for (const form of FORMS) {
    test(`two pictures, ${way} ${form}`, async () => {
      const found = pictures(await ask(`draw me a moon ${form}`));
      assert.equal(found.length, 2);
      assert.notEqual(found[0], found[1]);
    });
  }

  test(`the last whole modelResponse has the pictures, ${way}`, async () => {
    const frame = (modelResponse) => ({ result: { response: { modelResponse } } });
    const frames = [frame({ message: '', partial: false, generatedImageUrls: ['users/u/generated/first/image.jpg'] }),
      frame({ message: 'Here', partial: false, generatedImageUrls: ['users/u/generated/a/image.jpg', '/', 'users/u/generated/b/image.jpg', ''] }),
      frame({ message: '', partial: true, generatedImageUrls: ['users/u/generated/late/image.jpg'] }), { result: { response: { finalMetadata: {} } } }];
    gw.grok.script({}, { frames });
    const answer = await ask('draw');
    assert.equal(pictures(answer).length, 2);
    assert.match(answer, /^Here\n!\[/);
  });

  test(`a video, ${way}`, async () => {
    const content = [image(dataUrl('image/png', png('first'))), image(dataUrl('image/jpeg', jpeg('second'))), text('make the sun rise')];
    const answer = await ask(content, { model: 'grok-imagine-0.9' });
    assert.match(answer, /^<think>Video 1%\nVideo 5%\n[\s\S]*Video 100%<\/think>\n<video src="[^"]+" controls="controls"><\/video>\s*$/);
    assert.match(answer, new RegExp(`<video src="${gw.url}/videos/[A-Za-z0-9_-]{22}" `));
    const [upload, ...more] = gw.grok.of('upload');
    assert.deepEqual([more.length, upload.body.fileMimeType], [0, 'image/png'], 'only the first picture is used');
    const [post] = gw.grok.of('post');
    assert.match(post.body.mediaUrl, new RegExp(`^${gw.grok.url}/users/[^/]+/[^/]+/content$`));
    const [chat] = gw.grok.of('chat');
    assert.equal(new Set([upload.token, post.token, chat.token]).size, 1, 'one account for all of it');
    const [, page, said] = /^(\S+)  (.*) --mode=custom$/.exec(chat.body.message);
    assert.match(page, new RegExp(`^${gw.grok.url}/imagine/[0-9a-f-]{36}$`));
    assert.equal(chat.headers.referer, page);
    assert.equal(said, 'make the sun rise');
    assert.equal(chat.body.fileAttachments.length, 1);
    assert.deepEqual(chat.body.toolOverrides, { videoGen: true });
  });
}

test('with thinking off a video is all there is', async () => {
  await gw.settings({ show_thinking: false });
  const content = [image(dataUrl('image/png', png('x'))), text('rise')];
  for (const [, ask] of WAYS) assert.match(await ask(content, { model: 'grok-imagine-0.9' }), /^<video src="[^"]+" controls="controls"><\/video>\s*$/);
});

test('a moderated video is refused and changes no account', async () => {
  // Slow enough for the progress to have been shown when the refusal comes.
  const content = [image(dataUrl('image/png', png('x'))), text('[[moderated]] [[slow:40]]')];
  const answer = await gw.chat(user(content), { model: 'grok-imagine-0.9' });
  assert.deepEqual([answer.status, answer.body.error.code], [400, 'content_policy_violation']);
  const stream = await readSse(await gw.chatRaw(user(content), { model: 'grok-imagine-0.9', stream: true }));
  assert.deepEqual([stream.error.code, stream.done], ['content_policy_violation', false]);
  assert.equal(gw.grok.of('chat').length, 2, 'no other account is asked');
  for (const row of await gw.tokens()) assert.deepEqual([row.cooldown_remaining, row.last_failure_reason], [0, '']);
});

test('a video model without a picture is a 400 that says so', async () => {
  const { status, body } = await gw.chat('make the sun rise', { model: 'grok-imagine-0.9' });
  assert.deepEqual([status, body.error.param], [400, 'messages']);
  assert.match(body.error.message, /image_url/);
  assert.equal(gw.grok.calls.length, 0);
});

test('pictures can be asked about, and keep their order', async () => {
  const files = [png('one'), jpeg('two'), png('three')];
  gw.grok.script({ kind: 'upload' }, (call) => ({ first: call.body.content === files[0].toString('base64') ? 600 : 20 }));
  const urls = [dataUrl('image/png', files[0]), dataUrl('image/jpeg', files[1]), dataUrl('image/png', files[2])];
  const messages = [{ role: 'user', content: [image(urls[0]), text('first')] }, { role: 'assistant', content: 'yes' },
    { role: 'user', content: [image(urls[1]), text('and '), image(urls[2]), text('these?')] }];
  await client.chat.completions.create({ model: 'grok-4', messages });
  const [chat] = gw.grok.of('chat');
  const uploads = gw.grok.of('upload');
  assert.equal(uploads.length, 3);
  assert.ok(uploads.every((call) => call.token === chat.token), 'files belong to the account that uploads them');
  const of = (file) => uploads.find((call) => call.body.content === file.toString('base64'));
  assert.deepEqual(files.map((file) => of(file).body.fileMimeType), ['image/png', 'image/jpeg', 'image/png']);
  assert.deepEqual(chat.body.fileAttachments, files.map((file) => uuid(`upload-${of(file).id}-${of(file).at}`)));
  assert.equal(chat.body.message, '用户：first\ngrok：yes\n用户：and these?');
});

test('an answer with pictures costs one request', async () => {
  await gw.pool(['basic-1']);
  const [row] = await gw.tokens();
  await gw.ok('POST', '/tokens/test', { token: row.id, token_type: 'sso' });
  const left = async () => (await gw.tokens())[0].quotas.find(({ mode }) => mode === 'auto').remaining;
  const before = await left();
  assert.ok(before > 8, `${before}`);
  await collected('draw me a moon');
  await until(async () => await left() === before - 1, 'one is spent');
  await streamed('draw me a moon');
  await until(async () => await left() === before - 2, 'two are spent');
});
