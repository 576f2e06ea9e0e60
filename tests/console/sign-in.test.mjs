// The sign-in page: wrong passwords, the forced choice of a new one, the wait after too many, and where it leads.
import assert from 'node:assert/strict';
import { test } from '../lib/suite.mjs';
import { consoleForFile, openConsole } from '../lib/console.mjs';
import { PASSWORD, until } from '../lib/gateway.mjs';

const FIRST = 'three unrelated words';

const signIn = async (page, password, username = 'admin') => {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
};
const hash = (page) => new URL(page.url()).hash;
const arrives = (page, place) => until(() => new URL(page.url()).pathname === '/manage' && hash(page) === place, `arrival at ${place}`);

test('a first sign-in holds at the choice of a new password', async () => {
  const { page, gw, shot, check, stop } = await openConsole({ fresh: true });
  try {
    await shot('sign-in');
    await signIn(page, 'wrong');
    await page.getByText('Wrong user name or password.').waitFor();
    assert.equal(await page.getByLabel('Password', { exact: true }).evaluate((field) => field === document.activeElement), true);
    await signIn(page, 'admin');
    await page.getByRole('heading', { name: 'Choose a password' }).waitFor();
    await page.getByText('At least 8 characters').waitFor();
    const [chosen, again] = [page.getByLabel('New password'), page.getByLabel('Confirm password')];
    const save = page.getByRole('button', { name: 'Save and continue' });
    for (const [first, second, words] of [['short', 'short', 'Use 8 to 256 characters.'], ['password1', 'password1', 'Attackers try this password first'], [FIRST, 'three unrelated', 'The passwords do not match.']]) {
      await chosen.fill(first);
      await again.fill(second);
      await save.click();
      await page.getByText(words).waitFor();
    }
    await shot('first-password');
    await check();
    assert.equal((await gw.call('POST', '/api/login', { body: { username: 'admin', password: FIRST } })).status, 401, 'nothing was changed yet');
    await again.fill(FIRST);
    await save.click();
    // The pool is empty.
    await arrives(page, '#/start');
    await gw.signIn(FIRST);
  } finally {
    await stop();
  }
});

const all = consoleForFile({ tokens: 1 });

test('an ended session leads here, and back to where it was', async () => {
  const { page, gw } = all;
  await page.context().clearCookies();
  await page.goto(`${gw.url}/manage#/keys?x=%3Cb%3E`);
  await page.reload();
  await page.getByText('Sign in to continue where you left off.').waitFor();
  await signIn(page, PASSWORD);
  await arrives(page, '#/keys?x=%3Cb%3E');
});

for (const next of ['https://evil.example/', '//evil.example/', 'javascript:alert(1)', '#//evil.example', '/v1/models', '#/keys#x', '#/keys/../../login']) {
  test(`next=${next} leads nowhere`, async () => {
    const { page, gw } = all;
    await page.goto(`${gw.url}/login?next=${encodeURIComponent(next)}`);
    await signIn(page, PASSWORD);
    await arrives(page, '#/overview');
  });
}

test('a password is shown on demand and fits password managers', async () => {
  const { page, gw, check } = all;
  await page.goto(`${gw.url}/login`);
  const [name, password] = [page.getByLabel('User name'), page.getByLabel('Password', { exact: true })];
  assert.deepEqual([await name.getAttribute('autocomplete'), await password.getAttribute('autocomplete'), await password.getAttribute('type')], ['username', 'current-password', 'password']);
  await page.getByRole('button', { name: 'Show password' }).click();
  assert.equal(await password.getAttribute('type'), 'text');
  await check();
});

test('language and appearance stay; Caps Lock is shown', async () => {
  const { page, gw, check } = all;
  await page.goto(`${gw.url}/login`);
  await page.getByRole('button', { name: 'Language' }).click();
  await page.getByRole('menuitemradio', { name: '简体中文' }).click();
  await page.getByRole('heading', { name: '登录' }).waitFor();
  await page.getByRole('button', { name: '外观' }).click();
  await page.getByRole('menuitemradio', { name: '深色' }).click();
  await page.reload();
  await page.getByRole('heading', { name: '登录' }).waitFor();
  assert.deepEqual([await page.getAttribute('html', 'lang'), await page.getAttribute('html', 'data-theme'), await page.title()], ['zh-CN', 'dark', '登录 · Grok2API']);
  await check();
  await page.getByRole('button', { name: '语言' }).click();
  await page.getByRole('menuitemradio', { name: 'English' }).click();
  await page.getByRole('button', { name: 'Appearance' }).click();
  await page.getByRole('menuitemradio', { name: 'Light' }).click();
  const hint = page.getByText('Caps Lock is on.');
  assert.equal(await hint.count(), 0);
  const press = (on) => page.getByLabel('Password', { exact: true }).evaluate((field, modifierCapsLock) => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'A', bubbles: true, modifierCapsLock })), on);
  await press(true);
  await hint.waitFor();
  await check();
  await press(false);
  await hint.waitFor({ state: 'detached' });
});

test('by keyboard alone: the fields, showing the password, in', async () => {
  const { page, gw } = all;
  await page.goto(`${gw.url}/login?next=${encodeURIComponent('#/media')}`);
  const has = (locator) => locator.evaluate((element) => element === document.activeElement);
  const name = page.getByLabel('User name');
  await until(() => has(name), 'the focus on the first field');
  await page.keyboard.type('admin');
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Tab');
  assert.ok(await has(page.getByRole('button', { name: 'Show password' })));
  await page.keyboard.press('Space');
  assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), PASSWORD);
  assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'text');
  await page.keyboard.press('Tab');
  assert.ok(await has(page.getByRole('button', { name: 'Sign in' })));
  await page.keyboard.press('Enter');
  await arrives(page, '#/media');
});

test('too many wrong passwords: the wait runs down, button off', async () => {
  const { page, gw, shot, check } = all;
  await page.goto(`${gw.url}/login`);
  await page.getByLabel('User name').fill('<img src=x onerror=alert(1)>');
  for (let n = 0; n < 6; n += 1) {
    await page.getByLabel('Password', { exact: true }).fill(`wrong ${n}`);
    const answered = page.waitForResponse('**/api/login');
    await page.keyboard.press('Enter');
    await answered;
    // The form ignores Enter until the page has read the answer.
    await page.locator('.login-submit[aria-busy="false"]').waitFor();
  }
  const alert = page.getByRole('alert');
  await until(async () => /address\. Try again in 1[45] min/.test(await alert.innerText()), 'the wait');
  assert.equal(await page.getByRole('button', { name: 'Sign in' }).isDisabled(), true);
  const first = await alert.innerText();
  await until(async () => await alert.innerText() !== first, 'the countdown');
  await shot('sign-in-closed');
  await check();
});
