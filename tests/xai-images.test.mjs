// Pictures that xAI's API draws and changes, by OpenAI's Images API with the official client.
// Directives in prompts, such as [[moderated:2]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { toFile } from 'openai';
import { jpeg, png } from './fake-grok/media.mjs';
import { openaiOf } from './lib/openai.mjs';
import { before, beforeEach, test } from './lib/suite.mjs';
import { xaiGatewayForFile, xaiKey } from './lib/xai.mjs';

const { xai, gw } = xaiGatewayForFile();
const model = 'xai/grok-imagine-image';
let client;
before(() => { client = openaiOf(gw); });
beforeEach(() => gw.keys(['basic-1']));

const draw = (more) => client.images.generate({ model, prompt: 'a red moon', ...more });
const edit = (more) => client.images.edit({ model, prompt: 'make it blue', ...more });
const file = (bytes = png('moon')) => toFile(bytes, 'moon.png', { type: 'image/png' });
const bytesOf = async (url) => Buffer.from(await (await fetch(url)).arrayBuffer());
const isJpeg = (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8;
const gallery = async () => (await gw.ok('GET', '/media?limit=200')).items;
async function refusal(asked) {
  const error = await asked.then(() => assert.fail('it was answered'), (error) => error);
  return [error.status, error.code, error.param];
}
/** The log's newest cost must be what xAI charged for its newest call of this kind. */
async function paid(kind, rows) {
  await gw.logged(rows);
  const { ticks } = xai.of(kind).at(-1);
  assert.equal((await gw.costs()).at(-1), ticks);
  return ticks;
}

test('a picture has an address here, a ratio, a row and a price', async () => {
  const rows = (await gw.logs()).length;
  const { data: made, response } = await draw({ size: '1792x1024' }).withResponse();
  assert.match(made.data[0].url, new RegExp(`^${gw.url}/images/[A-Za-z0-9_-]{22}$`));
  assert.deepEqual([response.headers.get('x-aspect-ratio'), response.headers.get('x-images-missing')], ['16:9', null]);
  const { body, keyHash } = xai.of('images')[0];
  assert.deepEqual(body, { model: 'grok-imagine-image', prompt: 'a red moon', n: 1, response_format: 'b64_json', aspect_ratio: '16:9' });
  assert.ok(isJpeg(await bytesOf(made.data[0].url)));
  const [row] = await gallery();
  assert.deepEqual([row.prompt, row.key_name, row.kind], ['a red moon', 'suite', 'image']);
  assert.equal(await paid('images', rows + 1), 200_000_000);
  const [account] = await gw.tokens();
  assert.deepEqual([account.spent_today_usd, account.held_usd], [0.02, 0]);
  assert.ok(keyHash && gw.grok.calls.length === 0);
});

test('four pictures differ, as addresses and as base64', async () => {
  const rows = (await gw.logs()).length;
  const made = await draw({ n: 4 });
  const all = await Promise.all(made.data.map(({ url }) => bytesOf(url)));
  assert.equal(new Set(all.map((bytes) => bytes.toString('base64'))).size, 4);
  assert.equal(await paid('images', rows + 1), 800_000_000);
  const base64 = await draw({ n: 2, response_format: 'b64_json' });
  assert.ok(base64.data.length === 2 && base64.data.every(({ b64_json: data }) => isJpeg(Buffer.from(data, 'base64'))));
  assert.ok(xai.of('images').every(({ body }) => body.response_format === 'b64_json'), 'no address of xAI is needed');
});

test('sizes become ratios', async () => {
  for (const [size, ratio] of [['1024x1024', '1:1'], ['1024x1792', '9:16'], ['1536x1024', '3:2'], ['auto', undefined]]) {
    await draw({ size, response_format: 'b64_json' });
    const { body } = xai.of('images').at(-1);
    if (ratio) assert.equal(body.aspect_ratio, ratio, size);
    assert.equal(body.size, undefined);
  }
});

test('high quality and other names of models', async () => {
  await draw({ model: 'xai/grok-imagine-image-2.0' });
  assert.equal(xai.of('images').at(-1).body.model, 'grok-imagine-image-2.0');
  await draw({ model: 'grok-imagine-image', quality: 'high' });
  assert.equal(xai.of('images').at(-1).body.model, 'grok-imagine-image-2.0', 'without accounts, the API has it');
  assert.deepEqual((await refusal(draw({ model: 'xai/grok-4.6' }))).slice(0, 1), [400]);
});

test('withheld pictures are counted, or the error says it', async () => {
  const { data: made, response } = await draw({ n: 3, prompt: 'x [[moderated:2]]' }).withResponse();
  assert.deepEqual([made.data.length, response.headers.get('x-images-missing')], [1, '2']);
  assert.deepEqual(await refusal(draw({ n: 2, prompt: 'x [[moderated:2]]' })), [400, 'content_policy_violation', null]);
  for (const error of ['moderated', 'policy']) assert.deepEqual((await refusal(draw({ prompt: `x [[error:${error}]]` }))).slice(0, 2), [400, 'content_policy_violation'], error);
  assert.equal((await gw.tokens())[0].status_code, 'normal', 'it is not the key’s fault');
});

test('large pictures and PNG come whole', async () => {
  const { data } = await draw({ prompt: 'x [[bytes:3000000]] [[png]]', response_format: 'b64_json' });
  const bytes = Buffer.from(data[0].b64_json, 'base64');
  assert.deepEqual([bytes.length >= 3_000_000, bytes.subarray(1, 4).toString()], [true, 'PNG']);
});

test('an edit changes files, and our own link', async () => {
  const rows = (await gw.logs()).length;
  const { data: made } = await edit({ image: [await file(), await file(jpeg('sea'))], size: '1024x1024' });
  assert.ok(isJpeg(await bytesOf(made[0].url)));
  const { body } = xai.of('edits')[0];
  assert.deepEqual([body.images.map(({ url }) => url.slice(0, 16)), body.aspect_ratio, body.image], [['data:image/png;b', 'data:image/jpeg;'], '1:1', undefined]);
  await paid('edits', rows + 1);
  const [drawn] = (await draw()).data;
  const { status, text } = await gw.call('POST', '/v1/images/edits', { headers: { authorization: `Bearer ${gw.key}` }, body: { model, prompt: 'make it blue', image: { image_url: drawn.url } } });
  assert.equal(status, 200, text);
  const sent = xai.of('edits')[1].body.image;
  assert.equal(sent.url, `data:image/jpeg;base64,${(await bytesOf(drawn.url)).toString('base64')}`);
});

test('a stream and a chat draw, too', async () => {
  const events = [];
  for await (const event of await draw({ stream: true, partial_images: 2 })) events.push(event);
  assert.equal(events.at(-1).type, 'image_generation.completed');
  assert.ok(isJpeg(Buffer.from(events.at(-1).b64_json, 'base64')));
  const answer = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'a red moon' }] });
  const [, url] = /^!\[Generated Image\]\((.+)\)$/.exec(answer.choices[0].message.content);
  assert.ok(isJpeg(await bytesOf(url)));
});

test('failures of one key are answered by another', async () => {
  for (const error of ['rate_limited', 'internal', 'unavailable', 'blocked_key', 'no_credits']) {
    await gw.keys(['basic-1', 'basic-2']);
    xai.reset();
    xai.script({ kind: 'images', times: 1 }, { error });
    assert.equal((await draw({ response_format: 'b64_json' })).data.length, 1, error);
    assert.equal(new Set(xai.of('images').map(({ keyHash }) => keyHash)).size, 2, error);
  }
  await gw.keys(['limited-1']);
  assert.equal((await refusal(draw()))[0], 429);
  assert.ok(!JSON.stringify(await gw.tokens()).includes(xaiKey('limited-1')));
});
