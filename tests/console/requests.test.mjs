// The log in a browser: texts, filters in the address, the live tail, details, exports, and clearing.
// Directives in prompts, such as [[n:40]]: ../fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from '../lib/suite.mjs';
import { text } from '../../static/console/components/filters.text.js';
import { consoleForFile } from '../lib/console.mjs';
import { until } from '../lib/gateway.mjs';

const NASTY = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

const view = consoleForFile({ tokens: 3 });
before(async () => {
  const { key } = await view.gw.ok('POST', '/keys/add', { name: NASTY });
  for (const [content, model, options] of [['[[n:5]]', 'grok-4'], ['[[n:5]]', 'grok-4-fast', { stream: true }], ['hi', NASTY, { key }], ['[[error:anti_bot]]', 'grok-4']]) {
    await (await view.gw.chatRaw(content, { model, ...options })).text();
  }
  await view.gw.logged(4);
  await view.page.clock.install();
});

const rows = () => view.page.locator('.requests tbody tr:not(.gap)');
const query = () => Object.fromEntries(new URLSearchParams(new URL(view.page.url()).hash.split('?')[1] ?? ''));
const choose = (label, value) => view.page.getByRole('combobox', { name: label, exact: true }).selectOption(value);
const exactly = (count) => until(async () => (await rows().count()) === count, `${count} rows`);

/** The page's next look at what is new, now. */
const look = () => view.page.clock.fastForward(3_100);

async function open(search = '') {
  await view.page.goto(`${view.gw.url}/manage#/requests${search}`);
  await view.page.reload();
  await view.page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor();
}

test('the newest comes first, and what users wrote is text', async () => {
  const { page } = view;
  await open();
  await exactly(4);
  assert.match(await rows().nth(0).innerText(), /502\s+grok-4[\s\S]*Grok blocks this gateway/);
  const nasty = await rows().nth(1).innerText();
  assert.equal(nasty.split(NASTY).length - 1, 2, nasty);
  assert.equal(await page.title(), 'Requests · Grok2API');
  await view.shot('requests');
  await view.check();
});

test('filters are kept in the address and asked of the gateway', async () => {
  const { page } = view;
  await open();
  await exactly(4);
  await choose('Status', 'error');
  await exactly(2);
  assert.deepEqual(query(), { status: 'error' });
  await choose('Model', 'grok-4');
  await exactly(1);
  await page.reload();
  await exactly(1);
  assert.equal(await page.getByRole('combobox', { name: 'Model' }).inputValue(), 'grok-4');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await exactly(4);
  assert.deepEqual(query(), {});
  // A search for text needs a range, and gets one.
  await page.getByRole('searchbox').fill('BLOCKED');
  await exactly(1);
  assert.equal(await page.getByRole('combobox', { name: 'Time' }).inputValue(), '24h');
  await page.getByRole('searchbox').fill('nowhere');
  await page.getByText('No request matches these filters.').waitFor();
  await view.shot('requests-none');
  await page.locator('.empty').getByRole('button', { name: 'Clear filters' }).click();
  await exactly(4);
  await choose('Key', { label: NASTY });
  await exactly(1);
});

test('an account is named, leads to itself, and filters the log', async () => {
  const { page, gw } = view;
  const logged = await gw.logs();
  const { account_id: id, token_suffix: suffix } = logged.find(({ account_id: each }) => each !== null);
  const own = logged.filter(({ account_id: each }) => each === id).length;
  await open();
  await exactly(logged.length);
  await rows().filter({ hasText: `…${suffix}` }).first().getByRole('button').click();
  const drawer = page.getByRole('dialog', { name: 'Request' });
  await drawer.getByRole('button', { name: 'this account' }).click();
  await exactly(own);
  assert.deepEqual(query(), { account: String(id) });
  await page.reload();
  await exactly(own);
  const chip = page.getByRole('search').locator('.account-filter');
  assert.match(await chip.innerText(), new RegExp(`Account\\s+…${suffix}`));
  await view.shot('requests-account');
  await view.check();
  await chip.getByRole('button', { name: `Remove the filter by account …${suffix}` }).press('Enter');
  await exactly(logged.length);
  assert.deepEqual(query(), {});
  assert.ok(await page.evaluate(() => document.activeElement !== document.body), 'the focus is somewhere');
  await rows().filter({ hasText: `…${suffix}` }).first().getByRole('link', { name: `…${suffix}` }).last().click();
  await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor();
  assert.equal(await page.getByRole('dialog').count(), 0, 'the link does not open the request');
  await page.getByText('1 of 3 matches').waitFor();
});

test('a range in the past ends the live tail', async () => {
  const { page } = view;
  await open();
  await choose('Time', 'custom');
  await exactly(4);
  await page.getByLabel('To', { exact: true }).fill('2020-01-01T10:00');
  await page.getByText(text.en.wrongRange).waitFor();
  await page.getByLabel('From', { exact: true }).fill('2019-01-01T10:00');
  await page.getByText('No request matches these filters.').waitFor();
  const { from, to } = query();
  assert.deepEqual([from, to].map(Number), ['2019-01-01T10:00', '2020-01-01T10:00'].map((time) => new Date(time).getTime()));
  assert.ok(await page.getByRole('switch', { name: 'Live' }).isDisabled());
  await view.shot('requests-custom');
  // The address keeps the filter, and what counts is what moves on a load.
  await page.reload();
  await page.getByText('No request matches these filters.').waitFor();
  await view.check();
});

test('new rows appear, or wait while the list is scrolled down', async () => {
  const { page, gw } = view;
  await page.setViewportSize({ width: 1280, height: 420 });
  await open();
  await exactly(4);
  for (let n = 0; n < 6; n += 1) await gw.chat('[[n:3]]', { model: 'grok-4-fast' });
  await gw.logged(10);
  await look();
  await exactly(10);
  await until(async () => (await page.locator('tr.fresh').count()) > 0, 'marked rows');
  const box = page.getByRole('region', { name: 'Requests' });
  await box.evaluate((element) => { element.scrollTop = 100; });
  await gw.chat('hi', { model: 'came-later' });
  await gw.logged(11);
  await look();
  await page.getByRole('button', { name: '1 new request' }).waitFor();
  assert.equal(await box.evaluate((element) => element.scrollTop), 100);
  assert.equal(await rows().filter({ hasText: 'came-later' }).count(), 0);
  await view.shot('requests-waiting');
  await page.getByRole('button', { name: '1 new request' }).click();
  await until(async () => (await rows().first().innerText()).includes('came-later'), 'the new row on top');
  assert.equal(await box.evaluate((element) => element.scrollTop), 0);
  assert.equal(await page.locator('.newer button').count(), 0);
  await page.getByRole('switch', { name: 'Live' }).click();
  await gw.chat('hi', { model: 'not-shown' });
  await gw.logged(12);
  const asked = [];
  const note = (request) => { if (request.url().includes('/api/logs')) asked.push(request.url()); };
  page.on('request', note);
  for (let looks = 0; looks < 3; looks += 1) await look();
  await page.waitForTimeout(300);
  page.off('request', note);
  assert.deepEqual(asked, [], 'nothing is looked for');
  assert.equal(await rows().filter({ hasText: 'not-shown' }).count(), 0);
  await page.getByRole('button', { name: 'Reload' }).click();
  await until(async () => (await rows().first().innerText()).includes('not-shown'), 'the row after loading again');
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('by keyboard: down the rows, into one, its neighbours, back', async () => {
  const { page, gw } = view;
  const logged = await gw.logs();
  const at = logged.findIndex(({ error_code: code }) => code === 'upstream_blocked');
  await open();
  await exactly(logged.length);
  await rows().first().getByRole('button').focus();
  for (let n = 0; n < at; n += 1) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('dialog', { name: 'Request' });
  await drawer.getByText('Grok blocks this gateway').waitFor();
  const text = await drawer.innerText();
  for (const fact of [logged[at].request_id, logged[at].error, 'upstream_blocked', 'Check the connection', '127.0.0.1', new Date(logged[at].timestamp).toISOString().slice(11, 23)]) assert.ok(text.includes(fact), `${fact} in ${text}`);
  await view.shot('requests-detail');
  await view.check();
  await drawer.getByRole('button', { name: 'Copy the request ID' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), logged[at].request_id);
  await drawer.getByRole('button', { name: 'Older' }).click();
  await drawer.getByText(logged[at + 1].request_id).waitFor();
  assert.ok((await drawer.innerText()).includes(NASTY));
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.className), 'row-opener number');
  await page.keyboard.press('Enter');
  await drawer.getByRole('button', { name: 'status 502' }).click();
  await exactly(1);
  assert.deepEqual(query(), { status: '502' });
});

test('an export is the filtered log; clearing keeps the counts', async () => {
  const { page, gw } = view;
  await open('?status=error');
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'CSV' }).click()]);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  assert.equal(lines.length - 1, (await gw.ok('GET', '/logs?status=error')).length);
  const { total } = (await gw.ok('GET', '/request-stats')).summary;
  await open();
  const clear = async (button) => {
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Clear the log' }).click();
    await page.getByRole('dialog').getByText('cannot be undone').waitFor();
    await view.shot('requests-clear');
    await page.getByRole('dialog').getByRole('button', { name: button }).last().click();
  };
  await clear('Cancel');
  assert.ok((await gw.logs()).length > 0);
  await clear('Clear the log');
  await page.getByText('No requests yet').waitFor();
  await view.shot('requests-empty');
  assert.deepEqual(await gw.logs(), []);
  assert.equal((await gw.ok('GET', '/request-stats')).summary.total, total);
  await gw.chat('hi', { model: 'first-again' });
  await gw.logged(1);
  await look();
  await until(async () => (await rows().first().innerText()).includes('first-again'), 'a row after clearing');
  await view.check();
});

test('a log that cannot be read says so and can be tried again', async () => {
  const { page } = view;
  await page.route('**/api/logs*', (route) => route.fulfill({ status: 503, json: { success: false, message: 'no', code: 'database_error' } }));
  await open();
  await page.getByRole('alert').getByText('The database is unavailable.').waitFor();
  await view.shot('requests-failed');
  await page.unroute('**/api/logs*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await exactly(1);
  await page.route('**/api/logs*', (route) => route.abort());
  await look();
  await page.getByText('Live updates are interrupted: The gateway does not respond.').waitFor();
  await page.unroute('**/api/logs*');
  await look();
  await page.getByText('Live updates are interrupted').waitFor({ state: 'detached' });
});
