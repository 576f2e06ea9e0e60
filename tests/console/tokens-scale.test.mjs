// The tokens screen over 5,000 accounts: whatever a person does to the list, the page never stops for over 100 ms.
import assert from 'node:assert/strict';
import { before, test } from '../lib/suite.mjs';
import { consoleForFile } from '../lib/console.mjs';
import { neverStops } from '../lib/tasks.mjs';

const POOL = 5_000;

const view = consoleForFile({ tokens: POOL });
before(async () => {
  const { gw, page } = view;
  await gw.settings({ read_accounts: false });
  const rows = [];
  for (let offset = 0; offset < POOL; offset += 1000) rows.push(...(await gw.api('GET', `/tokens?limit=1000&offset=${offset}`)).body.data);
  const ids = rows.map(({ id }) => id);
  await gw.ok('POST', '/tokens/tags', { ids: ids.slice(0, 2_000), tags: ['first', 'of many', 'a third'] });
  await gw.ok('POST', '/tokens/note', { ids: ids.slice(1_000, 3_000), note: 'bought in spring, to be renewed when the year ends' });
  await gw.ok('POST', '/tokens/status', { ids: ids.slice(500, 1_500), enabled: false });
  await page.setViewportSize({ width: 1280, height: 900 });
});

const box = () => view.page.getByRole('region', { name: 'Accounts' });
const rowAt = (place) => view.page.locator(`tr[aria-rowindex="${place + 1}"] .token-name`);
const says = (words) => view.page.getByText(words, { exact: true }).waitFor();

async function open(query = '') {
  await view.page.goto(`${view.gw.url}/manage#/tokens${query}`);
  await view.page.reload();
  await rowAt(1).waitFor();
}

test('rows come at once, and of thousands only those in sight', async (t) => {
  const { page, gw } = view;
  const asked = performance.now();
  await gw.api('GET', '/tokens?limit=100');
  const page100 = Math.round(performance.now() - asked);
  t.diagnostic(`the gateway's answer: a page of 100 in ${page100} ms`);
  const started = performance.now();
  await open();
  t.diagnostic(`rows are seen ${Math.round(performance.now() - started)} ms after the page was asked for`);
  await says('5,000 accounts');
  assert.ok(await page.locator('tbody tr').count() < 60, 'most rows do not exist');
  assert.equal(await box().getByRole('table').getAttribute('aria-rowcount'), String(POOL + 1));
});

test('scrolling from the first row to the last', async (t) => {
  const { page } = view;
  await open();
  await box().hover();
  await neverStops(t, page, 'wheel', async () => {
    for (let step = 0; step < 80; step += 1) await page.mouse.wheel(0, step % 10 === 0 ? 30_000 : 300);
    await rowAt(POOL).waitFor();
  }, () => box().evaluate((element) => element.scrollTo(0, 0)));
});

test('jumping to the end and back', async (t) => {
  const { page } = view;
  await open();
  await box().focus();
  await neverStops(t, page, 'jump', async () => {
    await jump(t, 'End', POOL);
    await jump(t, 'Home', 1);
  });
});

/** Jumps by a key. A browser on a busy machine may lose one; a list that has lost a row would not show it at the second press either. */
async function jump(t, key, row) {
  await view.page.keyboard.press(key);
  try {
    await rowAt(row).waitFor({ timeout: 8_000 });
  } catch {
    const seen = await box().evaluate(({ scrollTop, scrollHeight, ariaBusy }) => ({ scrollTop, scrollHeight, ariaBusy, focus: document.activeElement.className }));
    t.diagnostic(`${key} did not show row ${row}: ${JSON.stringify(seen)}`);
    await view.page.keyboard.press(key);
    await rowAt(row).waitFor();
  }
}

test('typing a filter', async (t) => {
  const { page } = view;
  await open();
  const field = page.getByRole('searchbox');
  await neverStops(t, page, 'filter', async () => {
    await field.pressSequentially('renewed', { delay: 40 });
    await says('2,000 of 5,000 match');
    await field.fill('');
    await says('5,000 accounts');
  });
});

test('choosing a state, a tag and a type', async (t) => {
  const { page } = view;
  await open();
  await neverStops(t, page, 'choices', async () => {
    await page.getByRole('button', { name: /^Disabled/ }).click();
    await says('1,000 of 5,000 match');
    await page.getByRole('combobox', { name: 'Tag' }).selectOption('first');
    await page.getByRole('button', { name: /^All/ }).click();
    await says('2,000 of 5,000 match');
    await page.getByRole('combobox', { name: 'Tag' }).selectOption('');
    await page.getByRole('combobox', { name: 'Type' }).selectOption('ssoSuper');
    await page.getByText('No account matches these filters.').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await says('5,000 accounts');
  });
});

test('sorting, also far down', async (t) => {
  const { page } = view;
  await open();
  const first = async () => (await rowAt(1).textContent());
  const newest = await first();
  await neverStops(t, page, 'sort', async () => {
    await page.getByRole('columnheader', { name: 'Note' }).getByRole('button').click();
    await page.locator('th[aria-sort=ascending]').waitFor();
    await box().evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await rowAt(POOL).waitFor();
    await page.getByRole('columnheader', { name: 'Token' }).getByRole('button').click();
    await page.waitForFunction((name) => document.querySelector('tr[aria-rowindex="2"] .token-name')?.textContent === name, newest);
  });
});

test('selecting all that fit, a range, and letting go', async (t) => {
  const { page } = view;
  await open();
  await neverStops(t, page, 'select', async () => {
    await page.getByRole('checkbox', { name: 'Select all 5,000 matching accounts' }).click();
    await says('5,000 selected');
    await page.getByRole('button', { name: 'Clear selection' }).click();
    await rowAt(1).locator('xpath=ancestor::tr').getByRole('checkbox').check();
    await box().evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await rowAt(POOL).locator('xpath=ancestor::tr').getByRole('checkbox').click({ modifiers: ['Shift'] });
    await says('5,000 selected');
    await page.getByRole('button', { name: 'Clear selection' }).click();
    await box().evaluate((element) => element.scrollTo(0, 0));
    await rowAt(1).waitFor();
  });
  await view.check();
});
