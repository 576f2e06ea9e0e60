// What the gateway reads from Grok by itself, in the accounts screen: types, quotas by mode, duplicates, and the wait for them.
// Names of accounts, such as free-1 and double-a-1: ../fake-grok/README.md
// Directives in prompts, such as [[n:40]]: ../fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { test } from '../lib/suite.mjs';
import { jwt, until } from '../lib/gateway.mjs';
import { suffix, tokensForFile } from '../lib/tokens.mjs';

const view = tokensForFile({ reads: true });
const { open, dialog, row, stored } = view;

const unread = () => view.page.locator('.unread-count');
const quota = (name, mode) => row(name).locator('.mode', { hasText: mode });
const detail = (mode) => dialog().locator('.quota-list > div', { hasText: mode });
const pool = (name) => dialog().locator('.quota-list > div').filter({ has: view.page.getByText(name, { exact: true }) });
const allRead = () => until(async () => (await view.gw.api('GET', '/tokens')).body.unread === 0, 'all accounts are read', 30_000);

/** Notes the calls of the list. */
function listCalls() {
  const calls = [];
  view.page.on('request', (request) => { if (/\/api\/tokens(\?|$)/.test(request.url())) calls.push(request.url()); });
  return calls;
}

test('added accounts get their type and quotas while one waits', async () => {
  const { page, gw, shot } = view;
  await gw.pool(['basic-1']);
  gw.grok.script({ kind: 'limits' }, { first: 150 });
  await open();
  await page.getByRole('button', { name: 'Add accounts' }).click();
  await dialog().getByLabel('Tokens or xAI keys', { exact: true }).fill(['free-1', 'supergrok-1', 'heavy-1', ...Array.from({ length: 2 }, (_, n) => `free-${n + 2}`)].map(jwt).join('\n'));
  await dialog().getByRole('button', { name: 'Add 5 accounts' }).click();
  await dialog().waitFor({ state: 'detached' });
  await unread().getByText(/^Checking \d+ accounts?…$/).waitFor();
  await row('free-1').getByText('Not checked', { exact: true }).waitFor();
  await shot('tokens-reading');
  await row('free-1').getByRole('checkbox').check();
  await row('free-1').getByRole('button', { name: /^Details/ }).focus();
  await row('free-1').evaluate((element) => { element.isMarked = true; });
  await until(async () => (await unread().innerText()) === '', 'the last account is read', 60_000);
  for (const [name, type] of [['free-1', 'Basic'], ['supergrok-1', 'Super'], ['heavy-1', 'Heavy']]) await row(name).getByText(type, { exact: true }).waitFor();
  assert.match(await quota('free-1', 'auto').innerText(), /auto\s+7\/7/);
  assert.match(await quota('heavy-1', 'heavy').innerText(), /heavy\s+20\/20/);
  assert.equal(await quota('free-1', 'heavy').count(), 0, 'a mode that is not granted takes no space');
  assert.equal(await row('free-1').evaluate((element) => element.isMarked && element.contains(document.activeElement)), true, 'row and focus stay');
  await page.getByText('1 selected', { exact: true }).waitFor();
  await shot('tokens-read');
  await view.check();
  const calls = listCalls();
  await page.waitForTimeout(3_500);
  assert.deepEqual(calls, [], 'nothing is left to wait for');
});

test('each mode says its state, what it means, and its end', async () => {
  const { page, gw, shot } = view;
  await gw.pool([]);
  gw.grok.limit('heavy-1', { modes: { fast: { total: 400, remaining: 0, window: 7_200 } } });
  await gw.addTokens(['heavy-1', 'free-1']);
  await allRead();
  await gw.chat('[[error:too_many]] hi', { model: 'grok-expert' });
  await until(async () => (await stored('heavy-1')).quotas[2].state === 'cooling', 'the mode expert cools down');
  await open();
  assert.match(await quota('heavy-1', 'fast').innerText(), /^fast\s+0\/400$/);
  assert.match(await quota('heavy-1', 'expert').textContent(), /Cooling down/, 'not by its colour alone');
  await shot('tokens-quotas');
  await row('heavy-1').getByRole('button', { name: /^Details/ }).click();
  assert.match(await detail('auto').innerText(), /150 of 150 left[\s\S]*Valid until/);
  assert.match(await detail('fast').innerText(), /Used up\s+(2 hr|1 hr 5\d min)[\s\S]*Back .*other accounts serve this mode/);
  assert.match(await detail('expert').innerText(), /Cooling down\s+\d[\s\S]*Back .*limited the rate/);
  const left = (await stored('heavy-1')).media_quotas.map(({ mode, state, remaining }) => [mode, state, remaining]);
  assert.deepEqual(left, [['image', 'left', 100], ['image_pro', 'left', 50], ['image_edit', 'left', 20], ['video', 'left', 20]]);
  for (const [name, n] of [['Pictures, other', 100], ['Pictures', 50], ['Changes of pictures', 20], ['Videos', 20]]) assert.match(await pool(name).innerText(), new RegExp(`\\b${n}\\b.* left`), name);
  await dialog().getByText(`…${(await stored('heavy-1')).user_id_suffix}`).waitFor();
  await shot('tokens-quotas-details');
  await view.check();
  await page.keyboard.press('Escape');
  await row('free-1').getByRole('button', { name: /^Details/ }).click();
  assert.match(await detail('heavy').innerText(), /Not granted[\s\S]*plan does not include/);
  assert.match(await pool('Changes of pictures').innerText(), /Not granted[\s\S]*plan does not include/);
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
});

test('a duplicate names the account that serves in its place', async () => {
  const { page, gw, shot } = view;
  await gw.pool(['double-a-1', 'double-a-2', 'basic-1']);
  await allRead();
  const rows = await gw.tokens();
  const double = rows.find(({ status_code: code }) => code === 'duplicate');
  const other = rows.find(({ id }) => id === double.duplicate_of);
  await open();
  await page.getByRole('group', { name: 'Accounts by state' }).getByRole('button', { name: 'Duplicate 1' }).click();
  await page.getByText('1 of 3 matches').waitFor();
  // The other one is not in the filtered list, so its name is not known before it is asked for.
  const calls = listCalls();
  await page.getByRole('button', { name: 'Duplicate of another account' }).click();
  await dialog().getByRole('heading', { name: `…${other.token_suffix}` }).waitFor();
  assert.ok(calls.length > 0 && calls.every((url) => new URL(url).searchParams.get('id') === String(other.id)), calls.join());
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^All/ }).first().click();
  await page.getByRole('button', { name: `Duplicate of …${other.token_suffix}` }).waitFor();
  await shot('tokens-duplicate');
  await page.getByRole('row').filter({ hasText: 'Duplicate' }).getByRole('button', { name: /^Details/ }).click();
  await dialog().getByText('Both tokens belong to one Grok account').waitFor();
  await dialog().getByText('In its place serves:').waitFor();
  await shot('tokens-duplicate-details');
  await view.check();
  await dialog().getByRole('button', { name: `…${other.token_suffix}` }).click();
  await dialog().getByRole('heading', { name: `…${other.token_suffix}` }).waitFor();
  await page.keyboard.press('Escape');
});

test('the types filter, and lead to the requests of an account', async () => {
  const { page, gw } = view;
  await gw.pool(['heavy-1', 'free-1']);
  await allRead();
  await open('?type=ssoHeavy');
  await page.getByText('1 of 2 matches').waitFor();
  await row('heavy-1').getByRole('button', { name: /^Details/ }).click();
  await dialog().getByRole('link', { name: 'Its requests' }).click();
  await page.getByRole('heading', { name: 'Requests', level: 1 }).waitFor();
  assert.equal(new URL(page.url()).hash, `#/requests?account=${(await stored('heavy-1')).id}`);
  await dialog().waitFor({ state: 'detached' });
  assert.equal(await row('heavy-1').count(), 0, suffix('heavy-1'));
});

// The last test, because the clock of the page is ahead after it.
test('waiting pauses, gives up, and ends with the screen', async () => {
  const { page, gw } = view;
  await gw.pool(['basic-1', 'basic-2']);
  let left = 3;
  await page.route('**/api/tokens?*', async (route) => route.fulfill({ json: { ...(await (await route.fetch()).json()), unread: left } }));
  await page.clock.install();
  await open();
  await unread().getByText('Checking 3 accounts…').waitFor();
  const calls = listCalls();
  const looks = async () => {
    const before = calls.length;
    await page.clock.fastForward(2_600);
    await page.waitForTimeout(300);
    return calls.length - before;
  };
  const hide = (hidden) => page.evaluate((value) => Object.defineProperty(document, 'hidden', { value, configurable: true }), hidden);
  assert.equal(await looks(), 1);
  await hide(true);
  assert.equal(await looks(), 0, 'a hidden page does not ask');
  await hide(false);
  await page.clock.fastForward(30_000);
  await unread().getByText('3 accounts are not checked yet').waitFor();
  assert.equal(await looks(), 0, 'without progress it gives up');
  left = 1;
  await page.clock.fastForward(30_000);
  await unread().getByText('Checking 1 account…').waitFor();
  await page.goto(`${gw.url}/manage#/keys`);
  await page.getByRole('heading', { name: 'API keys' }).waitFor();
  assert.equal(await looks(), 0, 'another screen does not ask');
  await page.unroute('**/api/tokens?*');
});
