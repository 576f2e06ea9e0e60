// Pictures of the scripted xAI: drawn, edited, withheld, refused, paid.
// Directives in prompts, such as [[png]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { startXai } from './fake-xai.mjs';
import { png } from './fake-grok/media.mjs';
import { test } from './lib/suite.mjs';
import { askOf, clientOf, xaiForFile } from './lib/xai.mjs';

const xai = xaiForFile();
const ask = askOf(xai);
const NEW = 'grok-imagine-image-2.0';
const draw = (more) => ask('/images/generations', { model: 'grok-imagine-image', prompt: 'a moon', ...more });
const source = { url: `data:image/png;base64,${png('x').toString('base64')}`, type: 'image_url' };
const edit = (more) => ask('/images/edits', { model: NEW, prompt: 'add a hat', image: source, ...more });

test('pictures by address and inline, and by OpenAI’s client', async () => {
  const { data, usage } = await (await draw({ n: 3 })).json();
  assert.equal(new Set(data.map(({ url }) => url)).size, 3);
  assert.deepEqual(usage, { cost_in_usd_ticks: 3 * 200_000_000 });
  const picture = await fetch(data[0].url);
  assert.equal(picture.headers.get('content-type'), 'image/jpeg');
  assert.deepEqual([...new Uint8Array(await picture.arrayBuffer()).slice(0, 2)], [0xff, 0xd8]);
  const inline = await (await draw({ response_format: 'b64_json', prompt: '[[png]] [[bytes:50000]]' })).json();
  const bytes = Buffer.from(inline.data[0].b64_json, 'base64');
  assert.deepEqual([bytes.length, bytes[1], inline.data[0].mime_type], [50_000, 0x50, 'image/png']);
  const drawn = await clientOf(xai).images.generate({ model: 'grok-imagine-image', prompt: 'a moon', response_format: 'url' });
  assert.ok(drawn.data[0].url.startsWith(`${xai.origin}/imgen/`));
});

test('prices by resolution, quality, inputs, and all of it charged', async () => {
  const price = async (answer) => (await (await answer).json()).usage.cost_in_usd_ticks;
  assert.equal(await price(draw({ model: NEW, quality: 'low' })), 4e8);
  assert.equal(await price(draw({ model: NEW, resolution: '2k', n: 2 })), 16e8);
  assert.equal(await price(edit({ quality: 'low' })), 5e8);
  assert.equal(await price(edit({ image: undefined, images: [source, source], quality: 'low' })), 6e8);
  assert.equal(xai.spent('xai-basic-1'), 31e8);
  assert.equal(xai.calls.reduce((sum, { ticks }) => sum + ticks, 0), 31e8);
});

test('withheld pictures, lost ones, another host, and refusals', async () => {
  const { data } = await (await draw({ n: 2, prompt: '[[moderated]] a moon' })).json();
  assert.deepEqual(data.map(({ url, respect_moderation: shown }) => [url !== '', shown]), [[false, false], [true, true]]);
  const gone = (await (await draw({ prompt: '[[gone]] a moon' })).json()).data[0].url;
  assert.equal((await fetch(gone)).status, 404);
  xai.script({ kind: 'images', times: 1 }, { host: 'http://localhost:1' });
  assert.match((await (await draw()).json()).data[0].url, /^http:\/\/localhost:1\/imgen\//);
  const refused = await draw({ prompt: '[[error:moderated]] a moon' });
  assert.deepEqual([refused.status, /content moderation/.test((await refused.json()).error)], [400, true]);
  xai.script({ kind: 'picture', times: 1 }, { error: 'unavailable' });
  assert.equal((await fetch(data[1].url)).status, 503);
  assert.equal((await ask('/images/generations', { model: NEW, prompt: 'x' }, 'xai-limited-1')).status, 429);
});

test('what requests for pictures must not have', async () => {
  for (const [more, status, why] of [
    [{ size: '1024x1024' }, 400, /not supported: size/], [{ style: 'vivid' }, 400, /not supported: style/], [{ n: 11 }, 400, /n must be from 1 to 10/], [{ n: 0 }, 400, /n must/],
    [{ n: '1' }, 422, /integer/], [{ aspect_ratio: '5:1' }, 422, /unknown variant/], [{ aspect_ratio: '21:9' }, 400, /not supported by grok-imagine-image$/m], [{ resolution: '4k' }, 422, /4k/],
    [{ quality: 'hd' }, 422, /hd/], [{ model: NEW, quality: 'high' }, 400, /quality high/], [{ response_format: 'png' }, 422, /png/], [{ prompt: ' ' }, 400, /empty/], [{ prompt: undefined }, 422, /prompt/],
    [{ model: 'grok-4.6' }, 404, /does not exist/], [{ image: source }, 400, /not supported: image/],
  ]) {
    const answer = await draw(more);
    const text = (await answer.json().catch(() => null))?.error ?? '';
    assert.equal(answer.status, status, JSON.stringify(more));
    if (status !== 422) assert.match(text, why);
  }
  for (const [more, status] of [[{ image: undefined }, 400], [{ images: [source] }, 400], [{ image: undefined, images: Array(6).fill(source) }, 400], [{ image: source.url }, 422],
    [{ image: { ...source, type: 'input_image' } }, 422], [{ image: { ...source, url: 'data:image/webp;base64,UklGRg==' } }, 400], [{ mask: source }, 400]]) {
    assert.equal((await edit(more)).status, status, JSON.stringify(more).slice(0, 100));
  }
});

test('foreign headers and keys at the pictures’ host are reported', async () => {
  const other = await startXai();
  const { url } = (await (await askOf(other)('/images/generations', { model: 'grok-imagine-image', prompt: 'x' })).json()).data[0];
  await fetch(url, { headers: { authorization: 'Bearer xai-basic-1' } });
  await askOf(other)('/models', undefined, undefined, { headers: { cookie: 'sso=abc', 'user-agent': 'Mozilla/5.0', 'x-statsig-id': 'signed' } });
  await assert.rejects(other.stop(), /key was sent to the host of pictures[\s\S]*header cookie[\s\S]*browser's User-Agent/);
});
