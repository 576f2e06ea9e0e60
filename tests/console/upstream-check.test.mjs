// The check of the way to Grok in a browser: in the first steps, and wherever Grok's refusal is shown.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, test } from '../lib/suite.mjs';
import { text } from '../../static/console/components/upstream-check/text.js';
import { consoleForFile } from '../lib/console.mjs';
import { jwt, until } from '../lib/gateway.mjs';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0';

const view = consoleForFile();
beforeEach(async () => {
  const { page, gw } = view;
  await gw.pool([]);
  await gw.settings({ user_agent: '', cf_clearance: null, x_statsig_id: null, chat_transport: 'websocket' });
  await page.goto(`${gw.url}/favicon.svg`);
  await page.evaluate(() => {
    sessionStorage.clear();
    localStorage.setItem('locale', 'en');
  });
});

const button = (name) => view.page.getByRole('button', { name, exact: true });
const dialog = () => view.page.getByRole('dialog').last();
const steps = async () => (await view.page.locator('.check-step').evaluateAll((all) => all.map(({ className, innerText }) => [className.split(' ')[1], innerText.replace(/\s+/g, ' ')])));
const states = async () => (await steps()).map(([state]) => state);
const ownAgent = () => view.page.evaluate(() => navigator.userAgent);
const storedAgent = async () => (await view.gw.ok('GET', '/settings')).grok.user_agent;
const openStart = async () => {
  await view.page.goto(`${view.gw.url}/manage#/start`);
  await view.page.getByRole('textbox', { name: 'Tokens' }).waitFor();
};
/** That a step opens, and that a check ends, moves what is below it: both were asked for. */
const movedOnPurpose = () => view.page.evaluate(() => { globalThis.layoutShift = { sum: 0, parts: [] }; });

/** Grok lets in this User-Agent, with this clearance if one is named. */
function letIn(userAgent, clearance = '') {
  const isKnown = ({ headers }) => headers['user-agent'] === userAgent && (headers.cookie ?? '').includes(clearance && `cf_clearance=${clearance}`);
  view.gw.grok.script({ kind: 'socket' }, (call) => (isKnown(call) ? {} : { error: 'challenge' }));
}

async function addAccount(name = 'basic-1') {
  await view.page.getByRole('textbox', { name: 'Tokens' }).fill(jwt(name));
  await button('Add 1 account').click();
}

async function openToken(name) {
  await view.page.goto(`${view.gw.url}/manage#/tokens`);
  await button(`Details of …${jwt(name).slice(-6)}`).click();
  await dialog().getByRole('button', { name: 'Check connection' }).waitFor();
}

test('every step, error and advice has its text in both languages', () => {
  const { paths } = JSON.parse(readFileSync(new URL('../../src/http/openapi.json', import.meta.url), 'utf8'));
  const { data } = paths['/api/upstream/check'].post.responses[200].content['application/json'].schema.properties;
  const { steps: { items }, error_type: { enum: errors }, advice } = data.properties;
  const keys = [...items.properties.name.enum.map((name) => `step_${name}`), ...items.properties.state.enum.map((state) => `state_${state}`),
    ...errors.filter(Boolean).map((type) => `error_${type}`), ...advice.items.properties.code.enum.map((code) => `advice_${code}`)];
  assert.ok(keys.length > 25, keys.join());
  for (const tag of ['en', 'zh-CN']) assert.deepEqual(keys.filter((key) => !(key in text[tag])), [], tag);
});

test('first steps check the connection after accounts were added', async () => {
  const { page, gw, shot, check } = view;
  await openStart();
  gw.grok.script({ kind: 'identity' }, { first: 1500 });
  await addAccount();
  await page.getByText('Checking the connection to Grok…').waitFor();
  assert.deepEqual(await steps(), ['Look up grok.com', 'Connect', 'Identify the account', 'Open the WebSocket', 'Open a chat'].map((name) => ['waiting', `${name} waiting`]));
  await button('Continue anyway').waitFor();
  await shot('check-waiting');
  await movedOnPurpose();
  await page.getByText('It works: Grok opened a chat').waitFor();
  assert.deepEqual(await states(), ['skipped', 'ok', 'ok', 'ok', 'ok']);
  assert.equal(gw.grok.of('chat').length, 0, 'Grok was asked nothing');
  await check();
  await shot('check-ok');
  await button('Next').click();
  await page.getByLabel('Name of the key').waitFor();
  await page.getByText('The gateway can reach Grok.').waitFor();
});

test('the stored User-Agent is shown, with the way to change it', async () => {
  const { page, gw } = view;
  await openStart();
  await addAccount();
  await page.getByText('The User-Agent of this browser was saved').waitFor();
  await page.getByText('(from the settings)').waitFor();
  await page.getByRole('link', { name: 'Change it in the settings' }).click();
  const field = page.getByRole('textbox', { name: 'Header user-agent' });
  assert.equal(await field.inputValue(), await ownAgent());
  await page.goto(`${gw.url}/manage#/start`);
  await button('Open – Open the step: Check the connection').click();
  await page.getByText('It works: Grok opened a chat').waitFor();
  assert.equal(await page.getByText('The User-Agent of this browser was saved').count(), 0, 'it was stored only once');
  await gw.pool([]);
  await gw.settings({ user_agent: '' });
  await page.goto(`${gw.url}/manage#/tokens`);
  await button('Add accounts').first().click();
  await addAccount('basic-2');
  await page.getByText('The User-Agent of this browser was saved for requests to Grok').waitFor();
  assert.equal(await storedAgent(), await ownAgent());
});

test('a blocked gateway shows advice and takes a User-Agent', async () => {
  const { page, shot, check } = view;
  letIn(BROWSER, 'pass-1');
  await openStart();
  await addAccount();
  await page.getByText('Grok blocks this gateway, not the account.').waitFor();
  assert.deepEqual(await states(), ['skipped', 'ok', 'ok', 'failed', 'skipped']);
  await page.getByText('status 403: anti-bot page or challenge').waitFor();
  const advice = page.locator('.check-advice > ol > li');
  assert.equal(await advice.count(), 3);
  await advice.filter({ hasText: 'a home connection' }).waitFor();
  const field = page.getByRole('textbox', { name: 'User-Agent' });
  await field.waitFor();
  await movedOnPurpose();
  await check();
  await shot('check-blocked');
  const { keyboard } = page;
  await field.focus();
  await keyboard.press('Control+A');
  await keyboard.insertText(BROWSER);
  await keyboard.press('Enter');
  // It is not enough yet, and what was saved is still there.
  await until(async () => await storedAgent() === BROWSER, 'the saved User-Agent');
  await until(async () => await field.count() === 1 && await field.inputValue() === BROWSER, 'the form after the second check');
  await until(() => page.locator('.check-verdict').evaluate((verdict) => verdict === document.activeElement), 'the focus on the verdict');
  assert.deepEqual(await states(), ['skipped', 'ok', 'ok', 'failed', 'skipped']);
  await page.getByRole('textbox', { name: 'Cookie cf_clearance' }).focus();
  await keyboard.insertText('pass-1');
  await keyboard.press('Enter');
  await page.getByText('It works: Grok opened a chat').waitFor();
  await until(() => page.locator('.check-verdict').evaluate((verdict) => verdict === document.activeElement), 'the focus on the verdict');
  assert.equal(await page.locator('.check-advice').count(), 0);
  await keyboard.press('Tab');
  await until(() => button('Next').evaluate((element) => element === document.activeElement), 'the next step right after the verdict');
});

test('a refused User-Agent is shown at its field; one may go on', async () => {
  const { page } = view;
  letIn(BROWSER);
  await openStart();
  await addAccount();
  await page.getByRole('textbox', { name: 'User-Agent' }).waitFor();
  await page.evaluate(async () => (await import('/console/i18n.js')).setLocale('zh-CN'));
  await page.getByText('Grok 拦截的是本网关').waitFor();
  await page.getByText('家庭宽带').waitFor();
  await button('保存并重新检查').click();
  await page.getByRole('alert').getByText('请修改 User-Agent').waitFor();
  await page.getByRole('textbox', { name: 'User-Agent' }).fill('浏览器');
  await button('保存并重新检查').click();
  await page.getByRole('alert').getByText('该值用作请求头').waitFor();
  assert.equal(await storedAgent(), await ownAgent());
  await button('使用此浏览器的值').click();
  assert.equal(await page.getByRole('textbox', { name: 'User-Agent' }).inputValue(), await ownAgent());
  await button('仍然继续').click();
  await page.getByLabel('密钥名称').waitFor();
  await page.getByText('上次检查失败。').waitFor();
});

test('unknown advice is shown as the gateway words it', async () => {
  const { page, gw } = view;
  await gw.pool(['challenge-1']);
  await page.route('**/api/upstream/check', async (route) => {
    const answer = await (await route.fetch()).json();
    answer.data.advice.push({ code: 'of_a_newer_gateway', text: 'Turn it off and on again.' });
    await route.fulfill({ json: answer });
  });
  await openToken('challenge-1');
  await dialog().getByRole('button', { name: 'Check connection' }).click();
  await dialog().getByText('Turn it off and on again.').waitFor();
  await page.unroute('**/api/upstream/check');
});

test('a token’s details check the connection of that account', async () => {
  const { page, gw, shot, check } = view;
  await gw.pool(['dead-1', 'basic-1']);
  await openToken('dead-1');
  await dialog().getByRole('button', { name: 'Check connection' }).click();
  await dialog().getByText('Grok no longer accepts this account.').waitFor();
  assert.equal(await dialog().locator('.facts code').first().innerText(), `…${jwt('dead-1').slice(-6)}`);
  await dialog().getByText('Sign in to grok.com with this account again').waitFor();
  assert.equal(await dialog().getByRole('textbox').count(), 0, 'no User-Agent helps a dead account');
  await check();
  await shot('check-dead');
  await page.keyboard.press('Escape');
  const button = dialog().getByRole('button', { name: 'Check connection' });
  await until(() => button.evaluate((element) => element === document.activeElement), 'the focus back on the button');
  // As in a chat, the first refusal is a strike and the second expires the account.
  assert.deepEqual((await gw.tokens()).map(({ strikes, status_code }) => [strikes, status_code]), [[0, 'unused'], [1, 'unused']]);
  await button.click();
  await dialog().getByText('Grok no longer accepts this account.').waitFor();
  await page.keyboard.press('Escape');
  await dialog().getByText('Expired').first().waitFor();
});

test('a blocked test offers to find out why, one token or many', async () => {
  const { page, gw, shot } = view;
  await gw.pool(['challenge-1', 'basic-1']);
  await openToken('challenge-1');
  await dialog().getByRole('button', { name: 'Test now' }).click();
  await dialog().getByRole('button', { name: 'Find the cause' }).click();
  await dialog().getByText('Open the WebSocket').waitFor();
  assert.equal(await dialog().locator('.facts code').first().innerText(), `…${jwt('challenge-1').slice(-6)}`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.getByRole('checkbox', { name: 'Select all 2 matching accounts' }).click();
  await button('Test').click();
  await page.getByRole('heading', { name: /^Tested/ }).waitFor();
  await shot('check-offered-tests');
  await dialog().getByRole('button', { name: 'Find the cause' }).click();
  await dialog().getByText(`…${jwt('challenge-1').slice(-6)}`, { exact: true }).waitFor();
});

test('a blocked chat offers to find out why, also in the log', async () => {
  const { page, gw, shot, check } = view;
  await gw.pool(['basic-1']);
  letIn(BROWSER);
  await page.evaluate((key) => sessionStorage.setItem('playground-key', JSON.stringify({ name: 'suite', key })), gw.key);
  await page.goto(`${gw.url}/manage#/playground`);
  await page.getByRole('textbox', { name: 'Message' }).fill('Hello');
  await page.getByRole('button', { name: 'Send', disabled: false }).click();
  await page.getByRole('alert').getByText('Grok blocks this gateway’s requests').waitFor();
  await movedOnPurpose();
  await check();
  await shot('check-offered-playground');
  await button('Find the cause').click();
  await dialog().getByText('Grok blocks this gateway, not the account.').waitFor();
  await check();
  await shot('check-dialog-blocked');
  await dialog().getByRole('textbox', { name: 'User-Agent' }).fill(BROWSER);
  await dialog().getByRole('button', { name: 'Save and check again' }).click();
  await dialog().getByText('It works: Grok opened a chat').waitFor();
  await dialog().locator('footer').getByRole('button', { name: 'Close' }).click();
  await until(() => button('Find the cause').evaluate((element) => element === document.activeElement), 'the focus back on the button');
  await page.goto(`${gw.url}/manage#/requests`);
  await page.locator('main tbody tr').filter({ hasText: '502' }).click();
  await dialog().getByRole('button', { name: 'Find the cause' }).click();
  await dialog().getByText('It works: Grok opened a chat').waitFor();
});

test('over HTTP a missing signature is named, and no account', async () => {
  const { page, gw, shot } = view;
  await page.goto(`${gw.url}/manage#/settings?section=upstream`);
  await page.getByRole('combobox', { name: 'Connection for chats' }).selectOption({ label: 'HTTP stream' });
  await page.getByRole('region', { name: 'Unsaved changes' }).getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('The setting was saved').waitFor();
  assert.equal((await gw.ok('GET', '/settings')).grok.chat_transport, 'http');
  await page.getByText('Default: WebSocket').waitFor();
  await button('Check connection').click();
  await dialog().getByText(text.en.noAccount).waitFor();
  await gw.addTokens(['basic-1']);
  await dialog().getByRole('button', { name: 'Check again' }).click();
  await dialog().getByText('Grok can be reached.').waitFor();
  await dialog().getByText('Enter the setting x_statsig_id, or set chat_transport to websocket').waitFor();
  assert.deepEqual(await states(), ['skipped', 'ok', 'ok', 'skipped', 'skipped']);
  await shot('check-http');
});
