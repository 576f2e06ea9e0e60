// Pictures from text and changed pictures: OpenAI's Images API with the official client, against the strict Imagine socket.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { toFile } from 'openai';
import { jpeg, png } from './fake-grok/media.mjs';
import { gatewayForFile, until } from './lib/gateway.mjs';
import { openaiOf } from './lib/openai.mjs';
import { before, beforeEach, test } from './lib/suite.mjs';

const MODEL = 'grok-imagine-image';
const gw = gatewayForFile();
let client;

before(() => { client = openaiOf(gw); });
beforeEach(async () => {
  await gw.pool(['basic-1', 'basic-2']);
  await gw.settings({ x_statsig_id: '' });
});

const draw = (more) => client.images.generate({ model: MODEL, prompt: 'a red moon', ...more });
const script = (options) => gw.grok.script({ kind: 'imagine' }, options);
const gallery = async (query = '') => (await gw.ok('GET', `/media?limit=200${query}`)).items;
const idOf = (url) => url.split('/').at(-1);
const bytesOf = async (url) => Buffer.from(await (await fetch(url)).arrayBuffer());
const isJpeg = (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8;

/** The picture's own bytes, as the scripted Grok drew them. */
function drawn() {
  const [call] = gw.grok.of('imagine');
  assert.deepEqual(gw.grok.of('socket').flatMap((socket) => socket.refused), [], 'the socket refused a message');
  return call;
}

async function refusal(asked) {
  const error = await asked.then(() => assert.fail('it was answered'), (error) => error);
  return [error.status, error.code, error.param];
}

test('a picture has an address, a ratio and a row', async () => {
  const { data: made, response } = await draw({ size: '1792x1024' }).withResponse();
  assert.equal(made.data.length, 1);
  assert.match(made.data[0].url, new RegExp(`^${gw.url}/images/[A-Za-z0-9_-]{22}$`));
  assert.deepEqual([response.headers.get('x-aspect-ratio'), response.headers.get('x-images-missing')], ['16:9', null]);
  const { body } = drawn();
  assert.deepEqual([body.message, body.properties.aspect_ratio, body.properties.num_generations, body.properties.enable_pro], ['a red moon', '16:9', 1, false]);
  const [row] = await gallery();
  assert.deepEqual([row.id, row.state, row.prompt, row.model, row.key_name, row.kind], [idOf(made.data[0].url), 'not_fetched', 'a red moon', MODEL, 'suite', 'image']);
  assert.equal(row.request_id, response.headers.get('x-request-id'));
  assert.ok(isJpeg(await bytesOf(made.data[0].url)));
  await until(async () => (await gallery())[0].state === 'stored', 'it is stored');
  const calls = gw.grok.of('asset').length;
  const part = await fetch(made.data[0].url, { headers: { range: 'bytes=0-1' } });
  assert.deepEqual([part.status, Buffer.from(await part.arrayBuffer()).toString('hex')], [206, 'ffd8']);
  await bytesOf(made.data[0].url);
  assert.equal(gw.grok.of('asset').length, calls, 'the second read needs no call');
});

test('four pictures differ, and all load', async () => {
  const made = await draw({ n: 4 });
  const all = await Promise.all(made.data.map(({ url }) => bytesOf(url)));
  assert.equal(new Set(all.map((bytes) => bytes.toString('base64'))).size, 4);
  assert.ok(all.every(isJpeg));
  const rows = await gallery();
  const ids = made.data.map(({ url }) => idOf(url));
  assert.equal(new Set(rows.filter(({ id }) => ids.includes(id)).map((row) => row.request_id)).size, 1);
});

test('base64 is the same picture', async () => {
  const made = await draw({ n: 2, response_format: 'b64_json', quality: 'high' });
  assert.equal(drawn().body.properties.enable_pro, true);
  assert.deepEqual([made.output_format, made.size, made.quality], ['jpeg', '512x512', 'high']);
  const files = made.data.map(({ b64_json }) => Buffer.from(b64_json, 'base64'));
  const rows = (await gallery()).slice(0, 2);
  const stored = await Promise.all(rows.map(({ url }) => bytesOf(gw.url + url)));
  assert.deepEqual(new Set(files.map(String)), new Set(stored.map(String)));
});

test('a stream has previews, then the picture', async () => {
  const stream = await draw({ stream: true, partial_images: 2 });
  const events = [];
  for await (const event of stream) events.push(event);
  assert.deepEqual(events.map(({ type, partial_image_index: at }) => [type.split('.')[1], at]),
    [['partial_image', 0], ['partial_image', 1], ['completed', undefined]]);
  const bytes = events.map(({ b64_json }) => Buffer.from(b64_json, 'base64'));
  assert.equal(bytes[0].subarray(1, 4).toString(), 'PNG');
  assert.ok(isJpeg(bytes[2]));
  assert.deepEqual([events[2].output_format, events[2].size], ['jpeg', '512x512']);
  await until(async () => (await gallery())[0]?.prompt === 'a red moon', 'it is in the gallery');
  assert.deepEqual(await bytesOf(gw.url + (await gallery())[0].url), bytes[2]);
});

test('a stream without previews has none', async () => {
  const events = [];
  for await (const event of await draw({ stream: true, n: 2 })) events.push(event.type);
  assert.deepEqual(events, ['image_generation.completed', 'image_generation.completed']);
});

test('missing pictures are counted, and the others come', async () => {
  for (const options of [{ moderated: 1 }, { fail_after: 3 }]) {
    gw.grok.reset();
    script(options);
    const { data: made, response } = await draw({ n: 4 }).withResponse();
    assert.deepEqual([made.data.length, response.headers.get('x-images-missing')], [3, '1'], JSON.stringify(options));
  }
});

test('when none comes, the error says why', async () => {
  script({ moderated: 2 });
  assert.deepEqual(await refusal(draw({ n: 2 })), [400, 'content_policy_violation', null]);
  gw.grok.reset();
  script({ error: 'rate_limit_exceeded' });
  const [status, code] = await refusal(draw());
  assert.equal(status, 429, code);
  assert.equal(gw.grok.of('imagine').length, 2, 'each account was asked');
  await gw.pool(['basic-1']);
  script({ error: 'rate_limit_exceeded' });
  const stream = client.images.generate({ model: MODEL, prompt: 'x', stream: true });
  assert.equal((await refusal(stream))[0], 429, 'before a stream begins');
});

test('an account that broke off is replaced by another', async () => {
  gw.grok.script({ kind: 'imagine', times: 1 }, { cut: 3 });
  assert.equal((await draw()).data.length, 1);
  assert.equal(gw.grok.of('imagine').length, 2);
});

test('what no host serves is kept here', async () => {
  script({ paths: true });
  const made = await draw({ n: 2 });
  const [row] = await gallery();
  assert.equal(row.state, 'kept');
  const picture = await bytesOf(made.data[0].url);
  assert.ok(isJpeg(picture));
  assert.equal(gw.grok.of('asset').length, 0);
  await gw.ok('POST', '/cache/clear', {});
  assert.deepEqual(await bytesOf(made.data[0].url), picture, 'clearing spares it');
  assert.ok((await gw.ok('GET', '/cache/size')).kept_size_bytes >= picture.length);
  await gw.ok('POST', '/cache/delete', { ids: [idOf(made.data[0].url)] });
  assert.equal((await fetch(made.data[0].url)).status, 410);
  assert.equal((await gallery('&state=gone')).some(({ id }) => id === idOf(made.data[0].url)), true);
  await gw.ok('POST', '/media/delete', { ids: made.data.map(({ url }) => idOf(url)) });
  assert.equal((await fetch(made.data[1].url)).status, 404);
});

test('a dead address is an error, and base64 works', async () => {
  await gw.settings({}, { image_cache_max_size_mb: 1 });
  script({ paths: true, size: 2 << 20 });
  assert.deepEqual((await refusal(draw())).slice(0, 2), [503, 'media_not_stored']);
  assert.ok(isJpeg(Buffer.from((await draw({ response_format: 'b64_json' })).data[0].b64_json, 'base64')));
  await gw.settings({}, { image_cache_max_size_mb: null });
});

test('what Grok cannot do is a 400 that names the field', async () => {
  for (const [more, param] of [[{ output_format: 'png' }, 'output_format'], [{ n: 11 }, 'n'], [{ size: 'large' }, 'size'],
    [{ background: 'transparent' }, 'background'], [{ model: 'grok-4' }, 'model'], [{ prompt: ' ' }, 'prompt']]) {
    const [status, , field] = await refusal(draw(more));
    assert.deepEqual([status, field], [400, param]);
  }
  assert.deepEqual((await refusal(draw({ model: 'dall-e-9' }))).slice(0, 2), [404, 'model_not_found']);
  assert.equal(gw.grok.calls.length, 0);
});

test('the gallery keeps no prompt if the operator says so', async () => {
  await gw.settings({}, { keep_prompts: false });
  await draw();
  assert.equal((await gallery())[0].prompt, null);
  await gw.settings({}, { keep_prompts: null });
});

test('a chat draws, too', async () => {
  const answer = await client.chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'a red moon' }] });
  const [, url] = /^!\[Generated Image\]\((.+)\)$/.exec(answer.choices[0].message.content);
  assert.ok(isJpeg(await bytesOf(url)));
  assert.equal(drawn().body.message, 'a red moon');
});

test('a chat’s previews of megabytes never reach the client', async () => {
  const ask = (words) => client.chat.completions.create({ model: 'grok-4', messages: [{ role: 'user', content: `draw a moon ${words}` }] });
  const said = (await ask('[[preview:3000000]]')).choices[0].message.content;
  const urls = [...said.matchAll(/!\[Generated Image\]\((.+?)\)/g)].map(([, url]) => url);
  assert.equal(urls.length, 2, said.slice(0, 500));
  assert.ok((await Promise.all(urls.map(bytesOf))).every(isJpeg), 'both load');
  assert.doesNotMatch(said, /data:image|base64/);
  assert.match((await ask('[[picture_moderated]]')).choices[0].message.content, /withheld by Grok/);
  assert.equal((await gallery())[0].prompt, 'draw a moon [[picture_moderated]]');
});

const edit = (more) => client.images.edit({ model: MODEL, prompt: 'make it blue', ...more });
const file = (bytes = png('moon')) => toFile(bytes, 'moon.png', { type: 'image/png' });

test('an edit without the signature says what is needed', async () => {
  assert.deepEqual((await refusal(edit({ image: await file() }))).slice(0, 2), [503, 'missing_x_statsig_id']);
  assert.equal(gw.grok.of('upload').length, 0);
  const video = client.chat.completions.create({ model: 'grok-imagine-0.9', messages: [{ role: 'user', content: 'a kite' }] });
  assert.deepEqual((await refusal(video)).slice(0, 1), [400]);
});

test('a stale signature says so, and changes no account', async () => {
  await gw.settings({ x_statsig_id: 'old-value' });
  gw.grok.script({ kind: 'chat' }, { error: 'anti_bot' });
  assert.deepEqual((await refusal(edit({ image: await file() }))).slice(0, 2), [503, 'stale_x_statsig_id']);
  for (const row of await gw.tokens()) assert.deepEqual([row.cooldown_remaining, row.last_failure_reason], [0, '']);
});

test('an edit changes files', async () => {
  await gw.settings({ x_statsig_id: 'operator-value' });
  const { data: made, response } = await edit({ image: [await file(), await file(jpeg('sea'))], size: '1024x1024' }).withResponse();
  assert.equal(response.headers.get('x-aspect-ratio'), '1:1');
  assert.ok(isJpeg(await bytesOf(made.data[0].url)));
  const [chat] = gw.grok.of('chat');
  const uploads = gw.grok.of('upload');
  assert.deepEqual(uploads.map(({ fileSource }) => fileSource), Array(2).fill('IMAGINE_SELF_UPLOAD_FILE_SOURCE'));
  assert.deepEqual(uploads.map(({ body }) => body.fileMimeType).sort(), ['image/jpeg', 'image/png']);
  assert.deepEqual([chat.body.mediaGenInput.imageToImage.aspectRatio, chat.headers['x-statsig-id']], ['1:1', 'operator-value']);
  const [row] = await gallery();
  assert.deepEqual([row.prompt, row.model], ['make it blue', 'grok-imagine-image-edit']);
  const base64 = await edit({ image: await file(), response_format: 'b64_json' });
  assert.ok(isJpeg(Buffer.from(base64.data[0].b64_json, 'base64')));
});

test('an edit takes our own link, by the account that drew it', async () => {
  await gw.settings({ x_statsig_id: 'operator-value' });
  const { url } = (await draw()).data[0];
  const drawer = drawn().token;
  const { status, body } = await gw.call('POST', '/v1/images/edits', { headers: { authorization: `Bearer ${gw.key}` },
    body: { model: 'grok-imagine-image-edit', prompt: 'make it blue', image: { image_url: url } } });
  assert.equal(status, 200, JSON.stringify(body));
  const [upload] = gw.grok.of('upload');
  assert.equal(upload.token, drawer);
  assert.ok(isJpeg(Buffer.from(upload.body.content, 'base64')));
});

test('a chat sees our own link, and a picture whose type is wrong', async () => {
  const { url } = (await draw()).data[0];
  const drawer = drawn().token;
  const image = (address) => ({ type: 'image_url', image_url: { url: address } });
  const content = [image(url), image(`data:text/html;base64,${png('tree').toString('base64')}`), { type: 'text', text: 'what are these?' }];
  await client.chat.completions.create({ model: 'grok-4', messages: [{ role: 'user', content }] });
  const uploads = gw.grok.of('upload');
  assert.deepEqual(uploads.map(({ body }) => body.fileMimeType).sort(), ['image/jpeg', 'image/png']);
  assert.ok(uploads.every(({ token }) => token === drawer), 'the account that drew it is preferred');
  assert.deepEqual(await bytesOf(url), Buffer.from(uploads.find(({ body }) => body.fileMimeType === 'image/jpeg').body.content, 'base64'));
  const gone = client.chat.completions.create({ model: 'grok-4', messages: [{ role: 'user', content: [image(`${gw.url}/images/${'A'.repeat(22)}`)] }] });
  assert.deepEqual(await refusal(gone), [400, 'invalid_value', 'messages.0.content.0.image_url']);
});
