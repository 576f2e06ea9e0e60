// The console of a gateway that has keys of xAI's API alone, and the budgets of keys.
// Directives in prompts, such as [[n:40]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { beforeEach, test } from '../lib/suite.mjs';
import { consoleForFile } from '../lib/console.mjs';
import { ENCRYPTED, jwt, until } from '../lib/gateway.mjs';
import { rowOfKey, xaiForFile } from '../lib/xai.mjs';

/** A key of the scripted xAI; the first part of its name says how it behaves. */
const keyOf = (name) => `xai-${name}-of-the-console-${name}`;

const xai = xaiForFile();
const view = consoleForFile(() => ({ vars: { ...ENCRYPTED, xai_base_url: xai.url } }));
const hosts = new Set();

beforeEach(async () => {
  const { page, gw } = view;
  await gw.pool([]);
  hosts.clear();
  await page.goto(`${gw.url}/favicon.svg`);
  await page.evaluate(() => sessionStorage.clear());
});

const button = (name) => view.page.getByRole('button', { name, exact: true });
const dialog = () => view.page.getByRole('dialog').last();
const card = (title) => view.page.locator('section.card', { has: view.page.getByRole('heading', { name: title }) });
const add = (...names) => view.gw.ok('POST', '/tokens/add', { tokens: names.map(keyOf) });
const read = async () => { for (const { id } of await view.gw.tokens()) await view.gw.api('POST', '/tokens/test', { id }); };
const rowOf = (name) => rowOfKey(view.gw, keyOf(name));
/** Returns how the console names a key. */
const nameOf = async (name) => `#${(await rowOf(name)).id}`;
/** That a step opens, and that a check ends, moves what is below it: both were asked for. */
const movedOnPurpose = () => view.page.evaluate(() => { globalThis.layoutShift = { sum: 0, parts: [] }; });

async function open(screen) {
  await view.page.goto(`${view.gw.url}/manage#/${screen}`);
  await view.page.reload();
  await view.page.getByRole('heading', { level: 1 }).waitFor();
}

async function openKey(name) {
  await open('tokens');
  await button(`Details of ${await nameOf(name)}`).click();
  await dialog().getByRole('button', { name: 'Test now' }).waitFor();
}

test('with a key alone, first steps lead to the first answer', async () => {
  const { page, gw, shot, check } = view;
  const asked = (request) => hosts.add(new URL(request.url()).host);
  page.on('request', asked);
  await open('start');
  await page.getByText('xAI charges for each answer; a daily budget can limit it.').waitFor();
  await page.getByText('Answers cost nothing; the plan').waitFor();
  await shot('xai-start');
  await check();
  await page.getByRole('textbox', { name: 'Tokens or xAI keys' }).fill(keyOf('basic'));
  await button('Add 1 account').click();
  await page.getByText('It works: xAI accepts this key').waitFor();
  assert.deepEqual(await page.locator('.check-step').evaluateAll((all) => all.map(({ className, innerText }) => [className.split(' ')[1], innerText.split('\n')[0].split(':')[0]])),
    [['ok', 'Look up 127.0.0.1'], ['ok', 'Connect'], ['ok', 'Check the key'], ['ok', 'Read its models']]);
  assert.equal(await page.getByText(/grok\.com|User-Agent|Grok account/).count(), 0, 'a key needs nothing of the web service');
  await movedOnPurpose();
  await shot('xai-start-check');
  await check();
  await button('Next').click();
  await page.getByText('One key of xAI’s API is in the pool').waitFor();
  await page.getByText('The gateway can reach xAI’s API.').waitFor();
  await button('Create the key').click();
  await button('Next').click();
  const model = page.getByRole('combobox', { name: 'Model' });
  await model.getByText('xai/grok-4.7', { exact: true }).waitFor({ state: 'attached' });
  await until(async () => await model.inputValue() === 'xai/grok-4.7', 'the first model that xAI lists');
  await button('Send').click();
  await page.getByText('It works.').waitFor();
  assert.notEqual(await page.getByRole('log', { name: 'Answer' }).innerText(), '');
  await movedOnPurpose();
  await shot('xai-start-answer');
  await check();
  page.off('request', asked);
  assert.deepEqual([...hosts], [new URL(gw.url).host], 'the browser asks the gateway only');
  assert.deepEqual(gw.grok.calls, [], 'no request for Grok accounts');
  assert.ok(xai.calls.some(({ kind }) => kind === 'responses'));
  // A name of Grok accounts means the API, too.
  assert.equal((await gw.chat('Hello', { model: 'grok-4' })).status, 200);
  assert.deepEqual(gw.grok.calls, []);
});

test('a refused key says what to do on console.x.ai', async () => {
  const { page, gw, shot, check } = view;
  await open('start');
  await page.getByRole('textbox', { name: 'Tokens or xAI keys' }).fill(keyOf('wrong'));
  await button('Add 1 account').click();
  await page.getByText('xAI does not accept this key.').waitFor();
  await page.getByText('Create a key on console.x.ai and add it').waitFor();
  assert.equal(await page.getByText(/grok\.com|User-Agent/).count(), 0);
  await movedOnPurpose();
  await shot('xai-start-refused');
  await check();
  assert.deepEqual(gw.grok.calls, []);
});

test('the accounts screen lists, filters and counts keys', async () => {
  const { page, gw, shot, check } = view;
  await gw.addTokens(['basic-1']);
  await add('basic', 'broke');
  await read();
  await open('tokens');
  const row = page.getByRole('row').filter({ hasText: await nameOf('basic') });
  await row.first().waitFor();
  await page.getByRole('columnheader', { name: 'Quota, spending' }).waitFor();
  await page.getByText('3 accounts', { exact: true }).waitFor();
  await shot('xai-tokens');
  await check();
  await page.getByRole('combobox', { name: 'Type' }).selectOption({ label: 'xAI API' });
  await page.getByText('2 of 3 match').waitFor();
  assert.equal(await page.getByText('fast', { exact: true }).count(), 0, 'a key has no modes');
  assert.equal(await page.locator('.tokens-table .spending').count(), 2);
  assert.match(await page.locator('.chip-all').innerText(), /2/);
});

test('a key’s details show its models, and change its budget', async () => {
  const { page, shot, check } = view;
  await add('basic');
  await openKey('basic');
  await dialog().getByRole('button', { name: 'Test now' }).click();
  await dialog().getByText(/It works: xAI API · \d+ models/).waitFor();
  await dialog().getByText('grok-4.7', { exact: true }).waitFor();
  await movedOnPurpose();
  await shot('xai-key');
  await check();
  const change = async (entered) => {
    await dialog().getByRole('button', { name: 'Change', exact: true }).click();
    await dialog().getByLabel('US dollars a day').fill(entered);
  };
  await change('-1');
  await dialog().getByText('Enter an amount from 0 to 100,000').waitFor();
  await shot('xai-budget');
  await check();
  await dialog().getByLabel('US dollars a day').fill('2.5');
  await page.keyboard.press('Enter');
  await dialog().getByText('of $2.50').waitFor();
  assert.equal((await rowOf('basic')).daily_budget_usd, 2.5);
  await change('0');
  await page.keyboard.press('Enter');
  await dialog().getByText('Daily budget reached').first().waitFor();
  await movedOnPurpose();
  await shot('xai-key-spent');
  await check();
  await change('');
  await page.keyboard.press('Enter');
  await dialog().getByText('no limit').waitFor();
  assert.equal((await rowOf('basic')).daily_budget_usd, null);
});

test('a test of keys shows what xAI said', async () => {
  const { page, shot, check } = view;
  await add('blocked', 'wrong', 'basic');
  await openKey('wrong');
  await dialog().getByRole('button', { name: 'Test now' }).click();
  await dialog().getByText('xAI refuses this key, so it is marked expired. Reason: xAI does not know this key: Incorrect API key provided').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('checkbox', { name: 'Select all 3 matching accounts' }).click();
  await button('Test').click();
  await page.getByRole('heading', { name: 'Tested: 1 work, 2 do not' }).waitFor();
  const results = await dialog().locator('.results').innerText();
  assert.match(results, /Reason: the key is blocked; see/);
  assert.doesNotMatch(results, /Grok/);
  await shot('xai-tested');
  await check();
  await dialog().getByRole('button', { name: 'Done' }).click();
  await button('Daily budget').click();
  await dialog().getByLabel('US dollars a day').fill('1');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await page.getByText('3 daily budgets were changed').waitFor();
  assert.deepEqual((await view.gw.tokens()).map((row) => row.daily_budget_usd), [1, 1, 1]);
});

test('costs are on the overview, in the log and at the keys', async () => {
  const { page, gw, shot, check } = view;
  await add('basic');
  await read();
  await gw.chat('Hello');
  await gw.chat('[[n:200]] Hello', { model: 'xai/grok-4.7' });
  await gw.chat('[[n:50]] Hello', { model: 'xai/grok-4.3' });
  const spent = () => until(async () => { const { summary } = await gw.ok('GET', '/request-stats'); return summary.cost_today_usd > 0 && summary; }, 'costs');
  await gw.logged(3);
  await spent();
  await open('overview');
  await card('Cost of xAI’s API').getByText('xai/grok-4.7').waitFor();
  assert.match(await card('Cost of xAI’s API').locator('.figure').first().innerText(), /^\$0\.0\d+$/);
  assert.match(await card('Account pool').innerText(), /xAI API/);
  assert.doesNotMatch(await card('Account pool').innerText(), /Basic|Super|Heavy|Quota left/, 'only what the pool has');
  await check();
  await card('Cost of xAI’s API').scrollIntoViewIfNeeded();
  await shot('xai-overview');
  await open('requests');
  await page.getByRole('columnheader', { name: 'Cost' }).waitFor();
  assert.ok(await page.locator('.rows-box').evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth), 'the log keeps its width');
  await shot('xai-requests');
  await check();
  const [entry] = (await gw.logs()).filter(({ model }) => model === 'xai/grok-4.7');
  await page.locator('main tbody tr').filter({ hasText: 'xai/grok-4.7' }).first().click();
  const fact = (name) => dialog().locator('.facts > div').filter({ hasText: name });
  assert.ok((await fact('Cost').innerText()).includes(`$${entry.cost_usd < 0.01 ? entry.cost_usd.toFixed(6).replace(/0+$/, '') : entry.cost_usd.toFixed(4).replace(/0+$/, '')}`), JSON.stringify(entry));
  await shot('xai-request');
  await open('keys');
  await page.getByRole('columnheader', { name: 'Spent today' }).waitFor();
  const { scroll, room } = await page.locator('.table-box').evaluate(({ scrollWidth, clientWidth }) => ({ scroll: scrollWidth, room: clientWidth }));
  assert.ok(scroll <= room, `the table of keys is ${scroll} px wide in ${room}`);
  await page.getByRole('row').filter({ hasText: 'suite' }).getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: 'Daily budget' }).click();
  await dialog().getByLabel('US dollars a day').fill('0.5');
  await page.keyboard.press('Enter');
  await page.getByText('of $0.50').last().waitFor();
  assert.equal((await gw.ok('GET', '/keys')).find(({ name }) => name === 'suite').daily_budget_usd, 0.5);
  await shot('xai-keys');
  await check();
  await gw.ok('POST', '/keys/budget', { ids: (await gw.ok('GET', '/keys')).map(({ id }) => id), daily_budget_usd: null });
});

test('the log names a key by its id, and so do addresses', async () => {
  const { page, gw, shot, check } = view;
  await gw.addTokens(['basic-1']);
  await add('basic');
  await gw.ok('POST', '/tokens/note', { id: (await rowOf('basic')).id, note: 'team' });
  const [name, { id }] = [await nameOf('basic'), await rowOf('basic')];
  assert.equal((await gw.chat('Hello', { model: 'xai/grok-4.7' })).status, 200);
  await until(async () => (await gw.ok('GET', `/logs?account=${id}`)).length > 0, 'its row');
  await open(`requests?account=${id}`);
  await page.getByText(`Account ${name}`).waitFor();
  await shot('xai-requests-of-key');
  await page.locator('main tbody tr').first().click();
  await dialog().getByRole('link', { name }).click();
  await page.getByText('1 of 2 matches').waitFor();
  const query = () => page.evaluate(() => location.hash);
  assert.equal(await query(), `#/tokens?id=${id}`);
  await shot('xai-tokens-of-id');
  await check();
  await button(`Remove the filter by account ${name}`).click();
  await page.getByText('2 accounts', { exact: true }).waitFor();
  const asked = [];
  const keep = (request) => asked.push(request.url());
  page.on('request', keep);
  await page.getByRole('searchbox').fill(` ${keyOf('basic')}`);
  await page.getByText('1 of 2 matches').waitFor();
  assert.equal(await query(), `#/tokens?id=${id}`, 'a whole key is found by its id');
  assert.equal(await page.getByRole('searchbox').inputValue(), '', 'and not kept');
  page.off('request', keep);
  assert.ok(asked.length > 0 && !asked.some((url) => url.includes('xai-')), String(asked));
});

test('exports leave keys out and say so; a preview marks them', async () => {
  const { page, gw, shot, check } = view;
  await gw.addTokens(['basic-1']);
  await add('basic', 'broke');
  await open('tokens');
  const downloads = [];
  const keep = (file) => downloads.push(file);
  page.on('download', keep);
  const choose = async (form) => {
    await button('Export').click();
    await page.getByRole('menuitem', { name: form }).click();
  };
  const said = page.getByText('2 keys of xAI’s API are not exported. Keep them where you got them, at console.x.ai, and add them again on the other gateway.');
  await choose(/^Text/);
  await said.waitFor();
  const content = await readFile(await (await until(async () => downloads[0], 'the file')).path(), 'utf8');
  assert.equal(content.trim(), jwt('basic-1'));
  await shot('xai-export');
  await check();
  await button('Close').click();
  await page.getByRole('combobox', { name: 'Type' }).selectOption({ label: 'xAI API' });
  await page.getByText('2 of 3 match').waitFor();
  await choose(/^JSON/);
  await said.waitFor();
  await button('Close').click();
  await page.getByRole('combobox', { name: 'Type' }).selectOption({ label: 'Basic' });
  await page.getByText('1 of 3 matches').waitFor();
  await choose(/^CSV/);
  await until(async () => downloads.length === 2, 'a file of accounts alone');
  assert.equal(await said.count(), 0);
  page.off('download', keep);
  await button('Add accounts').click();
  await dialog().getByRole('textbox').first().fill(`${keyOf('wrong')}\n${jwt('basic-2')}`);
  const lines = dialog().locator('.results li');
  await lines.nth(1).waitFor();
  assert.deepEqual((await lines.allInnerTexts()).map((text) => text.includes('key of xAI’s API')), [true, false]);
  assert.ok(!(await dialog().locator('.results').innerText()).includes(keyOf('wrong').slice(-6)));
  await shot('xai-preview');
  await check();
});

test('settings and models of the API have texts', async () => {
  const { page, gw, shot, check } = view;
  await add('basic');
  await read();
  await open('settings?section=accounts');
  await page.getByLabel('Use of xAI’s API').waitFor();
  await page.getByLabel('Answer length held of a budget').waitFor();
  await shot('xai-settings');
  await check();
  await page.getByRole('combobox', { name: 'Use of xAI’s API' }).selectOption('first');
  await page.getByRole('region', { name: 'Unsaved changes' }).getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('The setting was saved').waitFor();
  assert.equal((await gw.ok('GET', '/settings')).grok.xai_route, 'first');
  await gw.settings({ xai_route: 'last' });
  await page.evaluate((key) => sessionStorage.setItem('playground-key', JSON.stringify({ name: 'suite', key })), gw.key);
  await open('playground');
  await page.getByRole('combobox', { name: 'Model' }).selectOption('xai/grok-4.7');
  await page.getByText('A model of xAI’s API, which charges for each answer').waitFor();
  await page.getByRole('combobox', { name: 'Model' }).selectOption('xai/grok-imagine-image');
  await page.getByRole('button', { name: 'Draw a lighthouse at dusk.' }).waitFor();
  await check();
});
