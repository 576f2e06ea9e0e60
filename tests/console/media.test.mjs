// Stored files in a browser: how much, lazily; the viewer; deleting and clearing; what cannot be shown. What was made and
// not opened is in gallery.test.mjs.
// Directives in prompts, such as [[n:40]]: ../fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, beforeEach, test } from '../lib/suite.mjs';
import { consoleForFile } from '../lib/console.mjs';
import { pooled, until } from '../lib/gateway.mjs';

const WIDE = { width: 1280, height: 800 };

const view = consoleForFile();
before(async () => {
  // Videos come over HTTP only.
  await view.gw.settings({ chat_transport: 'http', x_statsig_id: 'a signature' });
});
beforeEach(async () => {
  // A page that is still loading pictures would have them stored again.
  await view.page.goto(`${view.gw.url}/health`);
  await view.page.setViewportSize(WIDE);
  await view.gw.ok('POST', '/cache/clear');
  const { items } = await view.gw.ok('GET', '/media?limit=200');
  if (items.length > 0) await view.gw.ok('POST', '/media/delete', { ids: items.map(({ id }) => id) });
  await view.gw.pool(['basic-1']);
});

/** Has files made and opened for the first time, which stores them. Gives their paths, the newest first. */
async function make(prompt) {
  const { text } = await view.gw.chat(prompt, { model: 'grok-4' });
  const paths = [...text.matchAll(/\/(?:images|videos)\/[\w-]{22}/g)].map(([path]) => path);
  assert.ok(paths.length > 0, text);
  await pooled(paths, 4, async (path) => assert.equal((await view.gw.call('GET', path)).status, 200, path));
  return listed(paths[0].startsWith('/videos') ? 'video' : 'image');
}

/** Returns the paths of what was made, the newest first. */
async function listed(kind = 'image') {
  return (await view.gw.ok('GET', `/media?kind=${kind}&limit=200`)).items.map(({ url }) => url);
}

const stored = async (type) => (await view.gw.ok('GET', `/cache/list?type=${type}`)).total;

async function open(search = '') {
  await view.page.goto(`${view.gw.url}/manage#/media${search}`);
  await view.page.reload();
  await view.page.locator('.media-sizes').getByText(/^\d+ files? stored$/).first().waitFor();
  await view.page.locator('.gallery, .empty').first().waitFor();
}

const tiles = () => view.page.locator('.tile');
const exactly = (count) => until(async () => (await tiles().count()) === count, `${count} files in the gallery`);
const idOf = (path) => path.split('/').at(-1);
const shownIn = (locator) => locator.locator('img, video').first().getAttribute('src');
const viewer = () => view.page.locator('dialog.viewer');
const question = () => view.page.getByRole('dialog').last();
const size = (title) => view.page.locator('.media-sizes .card', { hasText: title });
const focused = () => view.page.evaluate(() => { const { activeElement: at } = document; return at.id || at.className || at.localName; });

test('nothing made: empty states, and nothing to clear', async () => {
  const { page } = view;
  await open();
  await page.getByText('Nothing was made yet').waitFor();
  assert.equal(await page.locator('main').getByRole('link', { name: 'Generate one in the playground' }).getAttribute('href'), '#/playground');
  await page.getByRole('button', { name: 'Clear the cache' }).click();
  await page.getByRole('menuitem', { name: 'Clear everything' }).click();
  await page.getByText('The cache is already empty.').waitFor();
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.getByRole('link', { name: 'Videos' }).click();
  await page.getByText('No videos yet').waitFor();
  await page.getByRole('link', { name: 'Pictures' }).click();
  await page.getByText('No pictures yet').waitFor();
  await view.check();
  await view.shot('media-empty');
});

test('files and sizes match; pictures load near, by pages', async () => {
  const { page, gw } = view;
  await make('[[picture:40]] draw');
  const paths = await make('[[picture:20]] draw');
  assert.equal(paths.length, 60);
  const asked = new Set();
  const onRequest = (request) => asked.add(new URL(request.url()).pathname);
  page.on('request', onRequest);
  await page.setViewportSize({ width: 390, height: 800 });
  await open();
  await exactly(48);
  await page.waitForLoadState('networkidle');
  const loaded = () => paths.filter((path) => asked.has(path)).length;
  assert.ok(loaded() >= 2 && loaded() < 20, `${loaded()} pictures were asked for`);
  await page.getByText('48 of 60').waitFor();
  assert.match(await size('Pictures').innerText(), /60 files/);
  const { image_size_bytes: bytes } = await gw.ok('GET', '/cache/size');
  assert.equal(await size('Pictures').locator('progress').getAttribute('value'), String(bytes));
  // What is stored meanwhile moves the pages: nothing comes twice, and nothing is left out.
  await make('[[picture:2]] draw');
  await page.getByRole('button', { name: 'Show more' }).click();
  await exactly(60);
  assert.deepEqual(await tiles().locator('button').evaluateAll((all) => all.map(({ dataset }) => dataset.id)), paths.map(idOf));
  await page.evaluate(async () => {
    for (scrollTo(0, 0); scrollY + innerHeight < document.documentElement.scrollHeight - 1; scrollBy(0, 300)) {
      await new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
    }
  });
  await until(() => loaded() === 60, 'all pictures, scrolled to');
  page.off('request', onRequest);
  await view.check();
  await page.getByRole('button', { name: 'Reload' }).click();
  await page.getByText('48 of 62').waitFor();
  await page.setViewportSize(WIDE);
  await page.evaluate(() => scrollTo(0, 0));
  await view.shot('media-many');
});

test('the viewer: mouse, keyboard, beyond the page, and back', async () => {
  const { page, gw } = view;
  const paths = await make('[[picture:50]] draw');
  await gw.settings({}, { base_url: 'https://pictures.example' });
  await open();
  await tiles().nth(46).getByRole('button').focus();
  await page.keyboard.press('Enter');
  await viewer().getByText('47 of 50').waitFor();
  assert.equal(await shownIn(viewer()), paths[46]);
  for (let n = 0; n < 3; n += 1) await page.keyboard.press('ArrowRight');
  await viewer().getByText('50 of 50').waitFor();
  assert.equal(await shownIn(viewer()), paths[49]);
  await page.keyboard.press('ArrowRight');
  assert.equal(await shownIn(viewer()), paths[49], 'no file follows');
  await viewer().getByRole('button', { name: 'Previous' }).click();
  assert.equal(await shownIn(viewer()), paths[48]);
  await page.keyboard.press('ArrowLeft');
  assert.equal(await shownIn(viewer()), paths[47]);
  await viewer().getByRole('button', { name: 'Copy link' }).click();
  await viewer().getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `https://pictures.example${paths[47]}`);
  const [{ token_suffix: suffix }] = await gw.tokens();
  assert.ok((await viewer().innerText()).includes(`…${suffix}`));
  await view.shot('media-viewer');
  await view.check();
  await page.keyboard.press('Escape');
  await viewer().waitFor({ state: 'detached' });
  assert.ok(await tiles().nth(46).getByRole('button').evaluate((element) => element === document.activeElement), 'the focus is back');
  await gw.settings({}, { base_url: '' });
});

test('deleting in the viewer shows the next; the last closes it', async () => {
  const { page } = view;
  const paths = await make('[[picture:3]] draw');
  await open();
  await tiles().nth(0).getByRole('button').click();
  const remove = async (button) => {
    await viewer().getByRole('button', { name: 'Delete' }).click();
    await question().getByText('Delete this file?').waitFor();
    await question().getByRole('button', { name: button }).last().click();
  };
  await remove('Cancel');
  assert.equal((await listed()).length, 3);
  await remove('Delete');
  await viewer().getByText('1 of 2').waitFor();
  assert.equal(await shownIn(viewer()), paths[1]);
  assert.deepEqual(await listed(), paths.slice(1));
  await until(async () => /2 files/.test(await size('Pictures').innerText()), 'the size without it');
  await remove('Delete');
  await until(async () => (await shownIn(viewer())) === paths[2], 'the last one');
  await remove('Delete');
  await viewer().waitFor({ state: 'detached' });
  await page.getByText('Nothing was made yet').waitFor();
  assert.deepEqual(await listed(), []);
  await until(async () => (await focused()) === 'content', 'the focus beside what is gone');
});

test('some or all are chosen and deleted after a question', async () => {
  const { page } = view;
  const paths = await make('[[picture:4]] draw');
  await open();
  await page.getByRole('checkbox', { name: /^Select picture 2, created / }).check();
  await page.getByText('1 selected').waitFor();
  assert.ok(await page.getByRole('checkbox', { name: 'Select all' }).evaluate((box) => box.indeterminate));
  await page.getByRole('button', { name: 'Delete' }).click();
  await question().getByRole('button', { name: 'Delete' }).click();
  await page.getByText('The file was deleted.').waitFor();
  await exactly(3);
  assert.deepEqual(await listed(), paths.filter((path) => path !== paths[1]));
  await page.getByText('3 of 3').waitFor();
  await page.getByRole('checkbox', { name: 'Select all' }).check();
  await page.getByText('3 selected').waitFor();
  await view.shot('media-chosen');
  await page.getByRole('button', { name: 'Clear selection' }).click();
  await page.getByText('3 of 3').waitFor();
  await page.getByRole('checkbox', { name: 'Select all' }).check();
  await page.getByRole('button', { name: 'Delete' }).click();
  await question().getByText('Delete 3 files?').waitFor();
  await question().getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Nothing was made yet').waitFor();
  assert.deepEqual(await listed(), []);
});

test('a kind is cleared after a question; the other stays', async () => {
  const { page } = view;
  await make('[[picture:3]] draw');
  await make('[[video]] [[bytes:50000]] make it move');
  await open('?kind=video');
  await exactly(1);
  const clear = async (what, button) => {
    await page.getByRole('button', { name: 'Clear the cache' }).click();
    await page.getByRole('menuitem', { name: what }).click();
    await question().getByRole('button', { name: button }).last().click();
  };
  await page.getByRole('button', { name: 'Clear the cache' }).click();
  await page.getByRole('menuitem', { name: 'Clear pictures' }).click();
  const words = await question().innerText();
  assert.match(words, /Clear all stored pictures\?[\s\S]*3 files \([\d.]+ kB\) are stored\.[\s\S]*exist only here stay[\s\S]*removed accounts are lost/);
  await view.shot('media-clear');
  await question().getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await stored('image'), 3);
  await clear('Clear pictures', 'Clear pictures');
  await page.getByText('3 files were cleared.').waitFor();
  assert.deepEqual([await stored('image'), await stored('video')], [0, 1]);
  await until(async () => /0 files/.test(await size('Pictures').innerText()), 'the size after clearing');
  await exactly(1);
  await clear('Clear everything', 'Clear everything');
  await page.getByText('1 file was cleared.').waitFor();
  assert.equal(await stored('video'), 0);
  await tiles().getByText('Cleared').waitFor();
  assert.deepEqual((await view.gw.ok('GET', '/media')).items.map(({ state }) => state), Array(4).fill('cleared'), 'they stay in the gallery');
});

test('a file that cannot be shown leaves words and a way out', async () => {
  const { page, gw } = view;
  const [first] = await make('[[picture:2]] draw');
  await make('[[video]] [[bytes:50000]] not a film, only bytes');
  await gw.pool(['basic-2']);
  await page.route(`**${first}`, (route) => route.fulfill({ status: 410, json: {} }));
  await open();
  await tiles().nth(0).getByText('No preview').waitFor();
  assert.equal(await tiles().nth(0).locator('img').count(), 0);
  await tiles().nth(0).getByRole('button').click();
  await viewer().getByText('The file could not be loaded').waitFor();
  assert.match(await viewer().innerText(), /Account\s+removed/);
  await view.shot('media-failed');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Videos' }).click();
  await tiles().nth(0).getByText('No preview').waitFor();
  await view.check();
  await page.unroute(`**${first}`);
});

/** Returns a film of some frames, recorded in the browser. */
const film = () => view.page.evaluate(async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  const paint = canvas.getContext('2d');
  const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.start();
  for (let n = 0; n < 12; n += 1) {
    paint.fillStyle = `hsl(${n * 30} 60% 45%)`;
    paint.fillRect(0, 0, 320, 180);
    await new Promise((resolve) => { setTimeout(resolve, 60); });
  }
  await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
  return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
});

test('videos show a frame near the window, and play in the viewer', async () => {
  const { page, gw } = view;
  gw.grok.script({ kind: 'asset' }, { file: { type: 'video/webm', bytes: Buffer.from(await film()) } });
  for (let n = 0; n < 8; n += 1) await make(`[[video]] make it move ${n}`);
  await page.setViewportSize({ width: 390, height: 640 });
  await open('?kind=video');
  await exactly(8);
  const state = (n) => tiles().nth(n).locator('video').evaluate((video) => [video.getAttribute('src') !== null, video.readyState >= 2]);
  await until(async () => (await state(0))[1], 'a frame of the first video');
  assert.deepEqual(await state(7), [false, false], 'the last one is far away');
  await tiles().nth(7).scrollIntoViewIfNeeded();
  await until(async () => (await state(7))[1], 'a frame of the last video');
  await tiles().nth(0).getByRole('button').click();
  const played = viewer().locator('video');
  await played.evaluate((video) => { video.muted = true; return video.play(); });
  await until(() => played.evaluate((video) => video.currentTime > 0), 'playing');
  // In the video the arrows are its own.
  await played.focus();
  const before = await shownIn(viewer());
  await page.keyboard.press('ArrowRight');
  assert.equal(await shownIn(viewer()), before);
  await view.check();
  await page.keyboard.press('Escape');
  await page.setViewportSize(WIDE);
  await view.shot('media-videos');
});

test('an unreadable gallery says so, reloads, keeps what it has', async () => {
  const { page } = view;
  await make('[[picture:50]] draw');
  const fail = () => page.route(/\/api\/media\?/, (route) => route.fulfill({ status: 503, json: { success: false, message: 'no', code: 'database_error' } }));
  await fail();
  await page.goto(`${view.gw.url}/manage#/media`);
  await page.reload();
  await page.getByRole('alert').getByText('The database is unavailable.').waitFor();
  await view.shot('media-unreadable');
  await page.unroute(/\/api\/media\?/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await exactly(48);
  await fail();
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByRole('alert').getByText('The database is unavailable.').waitFor();
  assert.equal(await tiles().count(), 48);
  await page.unroute(/\/api\/media\?/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await exactly(50);
  await view.check();
});
