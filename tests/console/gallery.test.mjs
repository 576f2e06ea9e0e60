// The gallery in a browser: everything that was made, opened or not, with its prompt; loaded when near; searched, used
// again, deleted. The viewer and the cache are in media.test.mjs.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, beforeEach, test } from '../lib/suite.mjs';
import { consoleForFile } from '../lib/console.mjs';
import { ENCRYPTED, until } from '../lib/gateway.mjs';

const WIDE = { width: 1280, height: 800 };
const DRAWS = 'grok-imagine-image';
const EDITS = 'grok-imagine-image-edit';

const view = consoleForFile({ vars: ENCRYPTED });
before(() => view.page.evaluate((key) => sessionStorage.setItem('playground-key', JSON.stringify({ name: 'suite', key })), view.gw.key));
beforeEach(async () => {
  const { page, gw } = view;
  // A page that is still loading pictures would have them stored again.
  await page.goto(`${gw.url}/health`);
  await page.setViewportSize(WIDE);
  await gw.pool(['basic-1']);
  await gw.settings({ x_statsig_id: null }, { keep_prompts: true });
  for (let items = await made(); items.length > 0; items = await made()) await gw.ok('POST', '/media/delete', { ids: items.map(({ id }) => id) });
});

async function made(query = '') {
  return (await view.gw.ok('GET', `/media?limit=200${query}`)).items;
}

/** Has pictures drawn over the API, without opening them. Returns their files. */
async function draw(prompt, n = 1) {
  const { gw } = view;
  const { status, text } = await gw.call('POST', '/v1/images/generations', { headers: { authorization: `Bearer ${gw.key}` }, body: { model: DRAWS, prompt, n } });
  assert.equal(status, 200, text);
  return (await made()).slice(0, n);
}

async function open(search = '') {
  const { page, gw } = view;
  // Another hash alone would not load the page; a reload would fetch twice what is being stored.
  await page.goto(`${gw.url}/health`);
  await page.goto(`${gw.url}/manage#/media${search}`);
  await page.locator('.media-sizes').getByText(/^\d+ files? stored$/).first().waitFor();
  await page.locator('.gallery, .empty, .media-more').first().waitFor();
}

const tiles = () => view.page.locator('.tile');
const exactly = (count) => until(async () => (await tiles().count()) === count, `${count} files in the gallery`);
const viewer = () => view.page.locator('dialog.viewer');
const fact = (name) => viewer().locator('.viewer-facts div').filter({ has: view.page.getByText(name, { exact: true }) }).locator('dd');
const search = () => view.page.getByRole('searchbox', { name: 'Search prompts…' });
const choose = (name, value) => view.page.getByRole('combobox', { name }).selectOption(value);
const composer = () => view.page.getByRole('textbox', { name: 'Message' });
const model = () => view.page.getByRole('combobox', { name: 'Model' });

async function useAgain(how) {
  await viewer().getByRole('button', { name: 'Use again' }).click();
  await view.page.getByRole('menuitem', { name: how }).click();
  await composer().waitFor();
}

test('what was drawn is there before it is opened, and used again', async () => {
  const { page, gw } = view;
  const [{ url, id }] = await draw('a lighthouse at dusk');
  assert.equal(gw.grok.of('asset').length, 0, 'it was not opened');
  let load;
  await page.route(`**${url}`, (route) => { load = () => route.continue(); });
  await open();
  await exactly(1);
  await tiles().getByText('a lighthouse at dusk').waitFor();
  await tiles().getByText(DRAWS).waitFor();
  await tiles().getByText('Not fetched').waitFor();
  assert.deepEqual([(await made())[0].state, gw.grok.of('asset').length], ['not_fetched', 0]);
  await until(() => load, 'the request for the picture');
  await load();
  await until(() => tiles().locator('img').evaluate((img) => img.complete && img.naturalWidth > 0), 'its picture');
  await until(async () => !(await tiles().innerText()).includes('Not fetched'), 'the new state');
  assert.match(await tiles().innerText(), /\d (bytes|kB)/);
  await until(async () => /1 file stored/.test(await page.locator('.media-sizes').innerText()), 'the sizes after it');
  await tiles().getByRole('button').click();
  await page.unroute(`**${url}`);
  assert.equal(await viewer().locator('.viewer-prompt p').innerText(), 'a lighthouse at dusk');
  assert.deepEqual([await fact('Model').innerText(), await fact('Key').innerText()], [DRAWS, 'suite']);
  assert.match(await fact('State').innerText(), /^Stored A copy is here until /);
  const [{ token_suffix: suffix, request_id: request }] = await made();
  assert.deepEqual([await fact('Account').innerText(), await fact('Request').innerText()], [`…${suffix}`, request]);
  await view.shot('gallery-viewer');
  await view.check();
  await useAgain('Same model and prompt');
  assert.equal(await composer().inputValue(), 'a lighthouse at dusk');
  await until(async () => await model().inputValue() === DRAWS, 'its model');
  assert.equal(await page.locator('.composer .attached li').count(), 0, 'this model draws from text alone');
  await page.getByRole('button', { name: 'Send', disabled: false }).click();
  await page.locator('.answer-picture img').waitFor();
  await until(async () => (await made()).length === 2, 'the second picture');
  const [again] = await made();
  assert.deepEqual([again.prompt, again.model, again.id === id], ['a lighthouse at dusk', DRAWS, false]);
  assert.deepEqual(gw.grok.of('imagine').map(({ body }) => body.message), ['a lighthouse at dusk', 'a lighthouse at dusk']);
});

test('a picture is changed by its link, once there is a signature', async () => {
  const { page, gw } = view;
  const [{ url }] = await draw('a green boat');
  await open();
  await tiles().getByRole('button').click();
  await useAgain('Change this picture');
  await until(async () => await model().inputValue() === EDITS, 'the model that changes pictures');
  assert.equal(await composer().inputValue(), '');
  assert.equal(await page.locator('.composer .attached img').getAttribute('src'), gw.url + url);
  await page.getByText('the setting x_statsig_id is empty').waitFor();
  assert.equal(await model().locator('option:checked').innerText(), `${EDITS} (no x_statsig_id)`);
  await view.shot('gallery-change');
  await view.check();
  await gw.settings({ x_statsig_id: 'too old' });
  gw.grok.script({ kind: 'chat' }, { error: 'anti_bot' });
  await composer().fill('make it red');
  await page.getByRole('button', { name: 'Send', disabled: false }).click();
  await page.getByRole('alert').getByText('Grok refused the signature in x_statsig_id').waitFor();
  await page.locator('.signature-notice').getByText('at the last request of this model').waitFor();
  await view.shot('gallery-stale');
  gw.grok.reset();
  await gw.settings({ x_statsig_id: 'a new one' });
  await page.getByRole('button', { name: 'Regenerate' }).click();
  await page.locator('.answer-picture img').waitFor();
  await page.locator('.signature-notice').waitFor({ state: 'detached' });
  const [upload] = gw.grok.of('upload');
  const source = await (await fetch(gw.url + url)).arrayBuffer();
  assert.equal(upload.body.content, Buffer.from(source).toString('base64'));
  assert.deepEqual((await made()).slice(0, 1).map(({ prompt, model: by }) => [prompt, by]), [['make it red', EDITS]]);
  await page.goto(`${gw.url}/manage#/overview`);
  await page.getByText('Grok refused the signature x_statsig_id in 1 request of the last 24 hours.').waitFor();
});

test('nothing loads before it is near', async () => {
  const { page, gw } = view;
  for (let n = 0; n < 3; n += 1) await draw(`a hill, ${n}`, 10);
  assert.equal(gw.grok.of('asset').length, 0);
  await page.setViewportSize({ width: 390, height: 700 });
  await open();
  await exactly(30);
  await tiles().nth(0).scrollIntoViewIfNeeded();
  await until(() => gw.grok.of('asset').length > 0, 'the first pictures');
  await page.waitForLoadState('networkidle');
  const withAddress = () => tiles().locator('img[src]').count();
  await until(async () => gw.grok.of('asset').length === await withAddress(), 'one call for each picture with an address');
  assert.ok(await withAddress() < 15, `${await withAddress()} pictures have an address`);
  assert.equal(await tiles().nth(29).locator('img').getAttribute('src'), null);
  await tiles().nth(29).scrollIntoViewIfNeeded();
  await until(() => tiles().nth(29).locator('img').evaluate((img) => img.complete && img.naturalWidth > 0), 'the last picture');
  await until(async () => (await tiles().nth(29).getByText('Not fetched').count()) === 0, 'the last one’s new state');
  await view.check();
  await page.setViewportSize(WIDE);
  await page.evaluate(() => scrollTo(0, 0));
  await view.shot('gallery-many');
});

test('prompts are searched, and lists are filtered', async () => {
  const { page, gw } = view;
  await draw('A Red Moon over the sea');
  await draw('a blue whale');
  await gw.chat('[[picture:2]] a red fox', { model: 'grok-4' });
  await open();
  await exactly(4);
  await page.getByText('4 of 4').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('red MOON');
  await exactly(1);
  await tiles().getByText('A Red Moon over the sea').waitFor();
  await page.getByText('1 found').waitFor();
  assert.match(decodeURIComponent(new URL(page.url()).hash), /text=red[ +]MOON/);
  await view.check();
  await search().fill('a purple cow');
  await page.getByText('Nothing matches these filters.').waitFor();
  await view.shot('gallery-nothing');
  await page.locator('.empty').getByRole('button', { name: 'Clear filters' }).click();
  await exactly(4);
  assert.equal(await search().inputValue(), '');
  await choose('Model', 'grok-4');
  await exactly(2);
  await choose('Model', DRAWS);
  await exactly(2);
  await choose('State', 'gone');
  await page.getByText('Nothing matches these filters.').waitFor();
  await page.getByText('These files cannot be loaded any more').waitFor();
  await choose('State', '');
  await choose('Time', '1h');
  await exactly(2);
  await tiles().nth(0).getByRole('button').click();
  await fact('Key').getByRole('link').click();
  await until(async () => /key=\d+/.test(page.url()) && (await tiles().count()) === 4, 'all of this key');
  await choose('Time', 'custom');
  await page.getByLabel('To', { exact: true }).fill('2020-01-01T00:00');
  await page.getByLabel('From', { exact: true }).fill('2019-01-01T00:00');
  await page.getByText('Nothing matches these filters.').waitFor();
  await page.getByRole('link', { name: 'Videos' }).click();
  assert.match(page.url(), /kind=video/);
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
  await page.getByText('No videos yet').waitFor();
  const [{ id }] = await gw.tokens();
  await page.goto(`${gw.url}/manage#/tokens`);
  await page.getByRole('button', { name: /^Details of/ }).first().click();
  await page.getByRole('dialog').getByRole('link', { name: 'Its media' }).click();
  await exactly(4);
  assert.match(page.url(), new RegExp(`account=${id}`));
  await page.getByRole('button', { name: 'Remove the filter by account' }).click();
  await until(() => !page.url().includes('account='), 'no filter');
});

test('a search goes on through older files, and stops in between', async () => {
  const { page, gw } = view;
  await draw('a needle');
  // One call with a text looks at 200 files.
  for (let n = 0; n < 5; n += 1) await gw.chat('[[picture:50]] hay', { model: 'grok-4' });
  await open('?text=needle');
  await exactly(1);
  await tiles().getByText('a needle').waitFor();
  await page.getByText('1 found').waitFor();
  const asked = [];
  await page.route(/\/api\/media\?/, (route) => {
    const query = new URL(route.request().url()).searchParams;
    asked.push([query.get('text'), query.get('from'), query.get('before')]);
    const next = Number(query.get('before') ?? 1_000) - 1;
    return route.fulfill({ json: { success: true, data: { items: [], next: String(next), total: null, limit: 48 } } });
  });
  await open('?text=needle');
  await page.getByText('Nothing found among the newest files.').waitFor();
  assert.deepEqual([asked.length, asked[0], asked[1], asked[19]], [20, ['needle', '0', null], ['needle', '0', '999'], ['needle', '0', '981']]);
  await view.shot('gallery-searching');
  await page.getByRole('button', { name: 'Search older files' }).click();
  await until(() => asked.length === 40, 'the next calls');
  assert.equal(asked[20][2], '980');
  await page.unroute(/\/api\/media\?/);
});

test('a deleted file is gone: its prompt, its copy and its link', async () => {
  const { page, gw } = view;
  const [kept, other] = await draw('two cups', 2);
  await open();
  await exactly(2);
  await page.locator(`[data-id="${other.id}"]`).click();
  await viewer().getByRole('button', { name: 'Delete' }).click();
  const question = page.getByRole('dialog').last();
  await question.getByText('clients that open the link get a 404').waitFor();
  await view.shot('gallery-delete');
  await question.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('The file was deleted.').first().waitFor();
  await page.keyboard.press('Escape');
  await exactly(1);
  assert.deepEqual((await made()).map(({ id }) => id), [kept.id]);
  assert.deepEqual([(await fetch(gw.url + other.url)).status, (await fetch(gw.url + kept.url)).status], [404, 200]);
});

test('only copies and lost files look different', async () => {
  const { page, gw } = view;
  gw.grok.script({ kind: 'imagine', times: 1 }, { paths: true });
  const [only, lost] = await draw('a rare bird', 2);
  await gw.ok('POST', '/cache/delete', { ids: [lost.id] });
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await open();
  const tileOf = ({ id }) => tiles().filter({ has: page.locator(`[data-id="${id}"]`) });
  await tileOf(only).getByText('Only copy').waitFor();
  await tileOf(lost).getByText('Gone').waitFor();
  assert.match(await page.locator('.media-sizes').innerText(), /\([1-9][\d.,]* (bytes|kB) only here\)/);
  assert.equal(await tileOf(lost).locator('img').count(), 0);
  await view.shot('gallery-states');
  await tileOf(lost).getByRole('button').click();
  await viewer().getByText('The file cannot be loaded any more').first().waitFor();
  assert.match(await fact('State').innerText(), /^Gone It cannot be loaded/);
  assert.ok(!asked.includes(lost.url), 'a lost file is not asked for');
  await view.shot('gallery-gone');
  await viewer().getByRole('button', { name: 'Use again' }).click();
  assert.deepEqual(await page.getByRole('menuitem').allInnerTexts(), ['Same model and prompt']);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await tileOf(only).getByRole('button').click();
  assert.match(await fact('State').innerText(), /^Only copy Grok does not serve it later/);
  await view.check();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Clear the cache' }).click();
  await page.getByRole('menuitem', { name: 'Clear pictures' }).click();
  await page.getByRole('dialog').getByText('Files that exist only here stay.').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Clear pictures' }).click();
  await page.getByText('0 files were cleared.').waitFor();
  assert.equal((await made('&state=kept')).length, 1);
});

test('without kept prompts the gallery says why there is none', async () => {
  const { page, gw } = view;
  await page.goto(`${gw.url}/manage#/settings?section=cache`);
  await page.getByRole('switch', { name: 'Keep prompts' }).uncheck();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('The setting was saved').waitFor();
  await draw('a secret garden');
  await open();
  await tiles().getByText('no prompt').waitFor();
  await tiles().getByRole('button').click();
  await viewer().getByText('No prompt was kept: the setting keep_prompts was off').waitFor();
  assert.ok(!(await page.content()).includes('a secret garden'));
});
