// What Grok says of the accounts, in the tokens screen: one tested, many tested, all refreshed; rests and refusals in words.
import assert from 'node:assert/strict';
import { before, test } from '../lib/suite.mjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../lib/gateway.mjs';
import { suffix, tokensForFile } from '../lib/tokens.mjs';

const view = tokensForFile({ clock: true });
const { open, dialog, row, stored } = view;
// Only what these tests ask for is read.
before(() => view.gw.settings({ read_accounts: false }));

const asked = () => new Set(view.gw.grok.of('limits').map(({ tokenName }) => tokenName));

const act = async (name, what) => {
  await row(name).getByRole('button', { name: /^Actions for/ }).click();
  await view.page.getByRole('menuitem', { name: what }).click();
};
const close = async () => {
  await view.page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
};

test('a test shows what is left, or what to do about a failure', async () => {
  const { page, gw } = view;
  await gw.pool(['basic-1', 'dead-1', 'challenge-1', 'exhausted-1']);
  await gw.addTokens(['supergrok-1', 'heavy-1', 'free-1']);
  await open();
  await act('basic-1', 'Test');
  await dialog().getByText('It works: Basic · auto 80/80 · fast 80/80').waitFor();
  await close();
  await row('basic-1').getByText('Ready', { exact: true }).waitFor();
  assert.equal((await stored('basic-1')).quotas.find(({ mode }) => mode === 'fast').remaining, 80);
  for (const [name, found] of [['supergrok-1', 'Super · auto 50/50 · fast 140/140 · expert 90/90'], ['heavy-1', 'Heavy · auto 150/150 · fast 400/400 · expert 150/150 · heavy 20/20'], ['free-1', 'Basic · auto 7/7 · fast 30/30']]) {
    await row(name).getByText('Not checked', { exact: true }).waitFor();
    await act(name, 'Test');
    await dialog().getByText(`It works: ${found}`, { exact: true }).waitFor();
    await close();
    await row(name).getByText(found.split(' ')[0], { exact: true }).waitFor();
  }
  await act('dead-1', 'Test');
  await dialog().getByText('Grok ended this session').waitFor();
  await dialog().getByText('Sign in to grok.com with this account again').waitFor();
  // Of the modes, and of pictures and videos.
  await until(async () => await dialog().getByText('Not read yet, or the last numbers have expired.', { exact: true }).count() === 2, 'both are unknown');
  await close();
  await row('dead-1').getByText('Expired').waitFor();
  assert.equal(await row('dead-1').getByText('Not checked').count(), 0, 'Grok was asked');
  assert.equal((await stored('dead-1')).status_code, 'expired');
  await act('challenge-1', 'Test');
  await dialog().getByText('Grok blocks this gateway, not the account').waitFor();
  await close();
  assert.equal((await stored('challenge-1')).status_code, 'unused');
  gw.grok.script({ kind: 'limits', token: 'basic-1' }, { hang: 0 });
  await gw.hurry(4);
  await act('basic-1', 'Test');
  await dialog().getByRole('button', { name: 'Test now' }).and(page.locator('[aria-busy=true]')).waitFor();
  await dialog().getByText('Grok could not be reached').waitFor({ timeout: 40_000 });
  await gw.hurry(1);
  await close();
  assert.equal((await stored('basic-1')).status_code, 'normal');
});

test('many are tested, each with its result, and can be stopped', async () => {
  const { page, gw, shot } = view;
  await gw.pool(['basic-1', 'basic-2', 'dead-1', 'challenge-1']);
  await open();
  await page.getByRole('checkbox', { name: /^Select all/ }).check();
  const test = page.getByRole('group', { name: 'Actions', exact: true }).getByRole('button', { name: 'Test' });
  await test.click();
  await dialog().getByRole('heading', { name: 'Tested: 2 work, 2 do not' }).waitFor();
  await shot('tokens-tested');
  await dialog().getByRole('button', { name: 'Expired 1' }).click();
  assert.match((await dialog().getByRole('listitem').allTextContents()).join(), new RegExp(`^…${suffix('dead-1')}Expired.*Grok ended this session`));
  await view.check();
  await dialog().getByRole('button', { name: 'Done' }).click();

  gw.grok.reset();
  gw.grok.script({ kind: 'limits' }, { first: 1_500 });
  await test.click();
  await dialog().getByRole('button', { name: 'Stop' }).click();
  await dialog().getByRole('button', { name: 'Done' }).click();
  // Longer than the answers take that were under way.
  await sleep(2_500);
  assert.ok(asked().size <= 3, 'what had not begun is not asked');
});

test('all are refreshed with a bar on every screen, with results', async () => {
  const { page, gw, shot } = view;
  await gw.pool([...Array.from({ length: 240 }, (_, n) => `basic-${n}`), 'dead-1', 'challenge-1']);
  gw.grok.script({ kind: 'limits' }, { first: 120 });
  await open();
  await page.getByRole('button', { name: 'Refresh all' }).click();
  const bar = page.getByRole('progressbar', { name: 'Refreshing all accounts' });
  await bar.waitFor();
  assert.ok(await page.getByRole('button', { name: 'Refresh all' }).isDisabled());
  assert.equal((await gw.ok('GET', '/tokens/refresh-progress')).running, true);
  const at = () => bar.getAttribute('value').then(Number);
  const first = await until(at, 'the bar moves', 20_000);
  await until(async () => await at() > first, 'the bar moves on', 20_000);
  await shot('tokens-refreshing');
  // It was seen to move: the rest may be quick.
  gw.grok.rules.length = 0;
  await page.goto(`${gw.url}/manage#/keys`);
  await page.getByRole('heading', { name: 'API keys' }).waitFor();
  await until(async () => !(await gw.ok('GET', '/tokens/refresh-progress')).running, 'it ends', 60_000);
  await page.goto(`${gw.url}/manage#/tokens`);
  await page.getByText(/^All accounts were refreshed/).waitFor();
  await page.getByText('240 succeeded, 2 failed').waitFor();
  await page.getByRole('button', { name: 'Results' }).click();
  await dialog().getByRole('button', { name: 'Expired' }).click();
  await dialog().getByRole('listitem').filter({ hasText: suffix('dead-1') }).waitFor();
  assert.equal(await dialog().getByRole('listitem').count(), 1);
  await dialog().getByRole('button', { name: 'Failed' }).click();
  await dialog().getByRole('listitem').filter({ hasText: suffix('challenge-1') }).getByText('anti-bot page').waitFor();
  await dialog().getByRole('button', { name: /^All/ }).click();
  await dialog().getByRole('button', { name: 'Show more' }).click();
  await until(async () => await dialog().getByRole('listitem').count() === 242, 'all results');
  assert.match(await dialog().getByRole('listitem').filter({ hasText: suffix('basic-7') }).innerText(), /Successful\s+Basic · auto 80\/80 · fast 80\/80 · image 100 · image_pro 50 · image_edit 20 · video 20$/);
  await shot('tokens-results');
  await view.check();
  await dialog().getByRole('button', { name: 'Done' }).click();
  assert.equal((await stored('dead-1')).status_code, 'expired');
  await open();
  await page.getByRole('button', { name: 'Hide this result' }).waitFor();
  await row('basic-239').waitFor();
  await view.check();
  await page.getByRole('button', { name: 'Hide this result' }).click();
  await page.getByText(/^All accounts were refreshed/).waitFor({ state: 'detached' });
});

test('a refresh is cancelled, and says so', async () => {
  const { page, gw } = view;
  await gw.pool(Array.from({ length: 300 }, (_, n) => `basic-${n}`));
  gw.grok.script({ kind: 'limits' }, { first: 200 });
  await open();
  await page.getByRole('button', { name: 'Refresh all' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText(/^The refresh was cancelled/).waitFor();
  const { running, state } = await gw.ok('GET', '/tokens/refresh-progress');
  assert.deepEqual([running, state], [false, 'cancelled']);
  assert.ok(asked().size < 300);
  assert.ok(await page.getByRole('button', { name: 'Refresh all' }).isEnabled());
});

test('a refresh that another session started is followed', async () => {
  const { page, gw } = view;
  // The slice that was under way when the last refresh was cancelled may still ask for others.
  const names = Array.from({ length: 60 }, (_, n) => `basic-${1_000 + n}`);
  await gw.pool(names);
  gw.grok.script({ kind: 'limits' }, { first: 300 });
  await open();
  await page.getByText('60 accounts').waitFor();
  await gw.ok('POST', '/tokens/refresh-all', {});
  await page.getByRole('button', { name: 'Refresh all' }).click();
  await page.getByText(/^All accounts were refreshed/).waitFor({ timeout: 40_000 });
  assert.deepEqual([...asked()].filter((name) => names.includes(name)).sort(), names);
  assert.equal(await page.locator('.toast.error').count(), 0);
});

test('a cooldown counts down, and the details say why', async () => {
  const { page, gw, shot } = view;
  await gw.pool(['quota-1', 'usage-1', 'dead-1', 'suspect-1', 'basic-1']);
  for (const { id, token_suffix: each } of await gw.tokens()) {
    // One alone can be asked, so that each gets its refusal.
    await gw.ok('POST', '/tokens/status', { ids: (await gw.tokens()).map((other) => other.id), enabled: false });
    await gw.ok('POST', '/tokens/status', { id, enabled: true });
    await gw.chat(`for ${each}`);
  }
  await gw.ok('POST', '/tokens/status', { ids: (await gw.tokens()).map(({ id }) => id), enabled: true });
  await gw.ok('POST', '/tokens/status', { id: (await stored('basic-1')).id, enabled: false });
  await page.clock.install();
  await open();
  const rest = row('quota-1');
  await rest.locator('.badge', { hasText: 'Cooling down' }).waitFor();
  await rest.locator('.mode-cooling', { hasText: 'fast' }).waitFor();
  const left = () => rest.locator('.countdown').textContent();
  const first = await left();
  assert.match(first, /^(59 min|1 hr|9 hr|10 hr)/);
  await shot('tokens-states');
  await page.getByRole('button', { name: /^Cooling/ }).click();
  await page.getByText(/of 5 match(es)?$/).waitFor();
  await row('dead-1').waitFor({ state: 'detached' });
  await page.clock.fastForward(61_000);
  await until(async () => await left() !== first, 'the countdown goes on');
  await row('quota-1').getByRole('button', { name: /^Details/ }).focus();
  await page.keyboard.press('Enter');
  await dialog().getByText('Grok limited the rate of this account.').first().waitFor();
  await dialog().getByText(/^Cooling down for grok-fast/).waitFor();
  await dialog().getByText('too many requests').first().waitFor();
  await view.check();
  await close();
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), `Details of …${suffix('quota-1')}`);
  await page.keyboard.press('Enter');
  await shot('tokens-cooling');
  await close();
});
