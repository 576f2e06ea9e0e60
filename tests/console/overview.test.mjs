// The overview in a browser: first steps, figures, charts in both appearances, warnings, and refreshing by itself.
// Directives in prompts, such as [[n:40]]: ../fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { test } from '../lib/suite.mjs';
import { until } from '../lib/gateway.mjs';
import { consoleForFile } from '../lib/console.mjs';

const NASTY = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

const view = consoleForFile({ reads: true });
let key;

const card = (title) => view.page.locator('section.card', { has: view.page.getByRole('heading', { name: title }) });
const figure = (name) => view.page.locator('.figures .card', { hasText: name }).locator('.figure');
const warning = (start) => view.page.locator('.warnings li', { hasText: start });
const counted = (total) => until(async () => (await view.gw.ok('GET', '/request-stats')).summary.total >= total, `${total} counted requests`);

async function open() {
  await view.page.goto(`${view.gw.url}/manage#/overview`);
  await view.page.reload();
  await view.page.locator('.figures').waitFor();
}

/** Returns how many dots of a chart have about this colour. */
const painted = (variable) => view.page.evaluate((name) => {
  const canvas = document.querySelector('.chart-box canvas');
  const dot = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
  dot.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  dot.fillRect(0, 0, 1, 1);
  const wanted = dot.getImageData(0, 0, 1, 1).data;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255 && [0, 1, 2].every((part) => Math.abs(data[at + part] - wanted[part]) < 3)) count += 1;
  return count;
}, variable);

test('a new gateway is led to its first steps', async () => {
  await open();
  await view.page.getByRole('heading', { name: 'Welcome' }).waitFor();
  assert.match(await view.page.locator('.first-steps').innerText(), /no accounts yet/);
  assert.equal(await view.page.getByRole('link', { name: 'Get started' }).getAttribute('href'), '#/start');
  assert.equal(await figure('Requests today').innerText(), '0');
  assert.equal(await figure('Success rate').innerText(), '–');
  assert.equal(await card('Cost of xAI').count(), 0, 'without keys of the API nothing costs');
  assert.equal(await warning('Secrets are stored unencrypted').count(), 1);
  await view.shot('overview-new');
  await view.check();
});

test('figures are those of the gateway, and names are text', async () => {
  const { gw, page } = view;
  await gw.pool(['basic-1', 'basic-2', 'basic-3']);
  await gw.addTokens(['heavy-1']);
  await until(async () => (await gw.api('GET', '/tokens')).body.unread === 0, 'all accounts are read', 30_000);
  const row = (await gw.tokens()).find(({ token_type: type }) => type === 'sso');
  await gw.ok('POST', '/tokens/status', { id: row.id, enabled: false });
  ({ key } = await gw.ok('POST', '/keys/add', { name: NASTY }));
  for (let n = 0; n < 3; n += 1) assert.equal((await gw.chat('[[n:5]]', { model: 'grok-4', key })).status, 200);
  await gw.chat('hi', { model: 'none-such' });
  await gw.chat('[[error:anti_bot]] hi');
  await counted(5);
  await open();
  const stats = await gw.ok('GET', '/request-stats');
  assert.equal(await figure('Requests today').innerText(), '5');
  assert.equal(await figure('Success rate').innerText(), `${stats.summary.success_rate}%`);
  assert.equal(await figure('Accounts ready').innerText(), '3');
  assert.match(await figure('First byte').innerText(), /^\d[\d.]* (ms|sec)$/);
  assert.equal(await page.locator('.first-steps').count(), 0);
  assert.match(await card('Account pool').innerText(), /disabled 1/);
  const pool = await gw.ok('GET', '/stats');
  const cell = (type, mode) => card('Account pool').getByRole('row', { name: new RegExp(`^${type} `) }).getByRole('cell').nth(['auto', 'fast', 'expert', 'heavy'].indexOf(mode)).innerText();
  assert.match(await cell('Heavy', 'heavy'), /^20 \/ 20/);
  assert.match(await cell('Basic', 'heavy'), /none has this mode/);
  const { remaining, total } = pool.normal.modes.fast;
  assert.ok((await cell('Basic', 'fast')).startsWith(`${remaining} / ${total}`), JSON.stringify(pool));
  assert.ok((await cell('All', 'fast')).startsWith(`${remaining + pool.heavy.modes.fast.remaining} / ${total + pool.heavy.modes.fast.total}`));
  await card('Account pool').getByRole('link', { name: /disabled/ }).first().waitFor();
  assert.match(await card('Models').innerText(), /grok-4\s+3\s+60%/);
  assert.ok((await card('Busiest keys').innerText()).includes(NASTY));
  assert.match(await card('Failures').innerText(), /The model does not exist\s+Client\s+1/);
  assert.match(await warning('Grok blocked 1 request').innerText(), /Check the connection.*cf_clearance/s);
  assert.equal(await warning('Grok blocked 1 request').getByRole('link').getAttribute('href'), '#/settings?section=upstream');
  assert.equal(await page.title(), 'Overview · Grok2API');
  await view.shot('overview');
  await view.check();
});

test('a chart follows its appearance and has a table', async () => {
  const { page } = view;
  const bright = await painted('--accent');
  assert.ok(bright > 20, `${bright} dots of the success colour`);
  assert.ok(await painted('--danger') > 20);
  await page.evaluate(() => globalThis.setTheme('dark'));
  await until(async () => (await painted('--accent')) > 20, 'the dark colours');
  await page.evaluate(() => globalThis.setTheme('light'));
  const chart = card('Last 24 hours');
  await chart.locator('.chart-box').hover({ position: { x: (await chart.locator('.chart-box').boundingBox()).width - 16, y: 80 } });
  assert.match(await chart.locator('.chart-tip').innerText(), /Success\s*3/);
  await chart.getByRole('button', { name: 'Show as table' }).click();
  assert.equal(await chart.locator('tbody tr').count(), 24);
  assert.match(await chart.locator('tbody tr').last().innerText(), /3\s+2\s+0/);
  await view.shot('overview-table');
  await view.check();
});

test('the counts come again by themselves and nothing flickers', async () => {
  const { page, gw } = view;
  await page.clock.install();
  await open();
  await page.evaluate(() => {
    globalThis.removed = 0;
    new MutationObserver((list) => { for (const { removedNodes } of list) globalThis.removed += [...removedNodes].filter((node) => node.nodeType === 1).length; })
      .observe(document.querySelector('main'), { childList: true, subtree: true });
  });
  // What leads already, so that no line changes its place.
  await gw.chat('[[n:5]]', { model: 'grok-4', key });
  await counted(6);
  await page.clock.fastForward(30_500);
  await page.locator('.figures .card', { hasText: 'Requests today' }).getByText('6', { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.removed), 0);
});

test('a pool that cannot serve is said so, with where to look', async () => {
  const { gw, page } = view;
  const rows = await gw.tokens();
  await gw.ok('POST', '/tokens/status', { ids: rows.map(({ id }) => id), enabled: false });
  await open();
  assert.equal(await warning('None of the 4 accounts is usable').getByRole('link').getAttribute('href'), '#/tokens');
  await page.route('**/api/stats', (route) => route.fulfill({ status: 503, json: { success: false, message: 'no', code: 'database_error' } }));
  await page.reload();
  await page.getByRole('alert').getByText('The database is unavailable.').waitFor();
  await view.shot('overview-failed');
  await page.unroute('**/api/stats');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('.figures').waitFor();
  await view.check();
});
