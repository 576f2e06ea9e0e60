// The console's frame and its screen of API keys, as a person uses them.
import assert from 'node:assert/strict';
import { beforeEach, test } from '../lib/suite.mjs';
import { consoleForFile } from '../lib/console.mjs';
import { ENCRYPTED } from '../lib/gateway.mjs';

const HTML = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

const view = consoleForFile({ vars: ENCRYPTED });
beforeEach(async () => {
  const keys = await view.gw.ok('GET', '/keys');
  const made = keys.filter(({ name }) => name !== 'suite');
  if (made.length > 0) await view.gw.ok('POST', '/keys/batch-delete', { ids: made.map(({ id }) => id) });
  await open();
});

async function open(screen = 'keys') {
  await view.page.goto(`${view.gw.url}/manage#/${screen}`);
  // Only the part behind `#` may have changed, which loads nothing.
  await view.page.reload();
  await view.page.getByRole('heading', { level: 1 }).waitFor();
}
const row = (name) => view.page.getByRole('row').filter({ hasText: name });
const named = async (name) => (await view.gw.ok('GET', '/keys')).find((key) => key.name === name);

test('several keys are made at once, shown once, copied together', async () => {
  const { page, gw } = view;
  await page.getByRole('button', { name: 'Create keys' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('team');
  await dialog.getByLabel('Number of keys').fill('101');
  await dialog.getByRole('button', { name: 'Create keys' }).click();
  await dialog.getByText('Enter a number from 1 to 100.').waitFor();
  await dialog.getByLabel('Number of keys').fill('3');
  await dialog.getByRole('button', { name: 'Create keys' }).click();
  await dialog.getByText('team-3').waitFor();
  const clear = await dialog.locator('code').allTextContents();
  assert.equal(clear.length, 3);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await dialog.getByRole('button', { name: 'Copy all' }).click();
  await dialog.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), clear.join('\n'));
  for (const key of clear) assert.equal((await gw.call('GET', '/v1/models', { headers: { authorization: `Bearer ${key}` } })).status, 200);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await row('team-2').waitFor();
});

test('a key is renamed, shown, switched, deleted after a question', async () => {
  const { page, gw } = view;
  await gw.ok('POST', '/keys/add', { name: 'laptop' });
  await open();
  const act = async (what) => {
    await row('laptop').getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name: what }).click();
  };
  await act('Rename');
  await page.getByRole('dialog').getByLabel('Name').fill('laptop 2');
  await page.keyboard.press('Enter');
  await row('laptop 2').waitFor();
  await act('Disable');
  await row('laptop 2').getByText('Disabled').last().waitFor();
  assert.equal((await named('laptop 2')).is_active, 0);
  await act('Enable');
  await row('laptop 2').getByText('Enabled').last().waitFor();
  await act('Show');
  const clear = await page.getByRole('dialog').locator('code').textContent();
  assert.match(clear, /^sk-/);
  assert.equal(clear.slice(-4), (await named('laptop 2')).display_key.slice(-4));
  await page.keyboard.press('Escape');
  await act('Delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  assert.ok(await named('laptop 2'), 'a question that is answered with no deletes nothing');
  await act('Delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await row('laptop 2').waitFor({ state: 'detached' });
  assert.equal(await named('laptop 2'), undefined);
});

test('many keys are chosen and switched; search narrows the choice', async () => {
  const { page, gw } = view;
  await gw.ok('POST', '/keys/batch-add', { name_prefix: 'group', count: 4 });
  await open();
  await page.getByRole('searchbox').fill('GROUP');
  await row('suite').waitFor({ state: 'detached' });
  await page.getByRole('checkbox', { name: 'Select all' }).check();
  await page.getByText('4 selected').waitFor();
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await page.getByText('4 keys were disabled').waitFor();
  const states = Object.fromEntries((await gw.ok('GET', '/keys')).map((key) => [key.name, key.is_active]));
  assert.deepEqual(states, { suite: 1, 'group-1': 0, 'group-2': 0, 'group-3': 0, 'group-4': 0 });
});

test('names made of HTML are shown as text', async () => {
  await view.gw.ok('POST', '/keys/add', { name: HTML });
  await open();
  await row(HTML).waitFor();
  assert.equal(await view.page.locator('main img').count(), 0);
  await view.check();
});

test('a failure is shown and leaves everything as it was', async () => {
  const { page, gw } = view;
  await gw.ok('POST', '/keys/add', { name: 'kept' });
  await open();
  await page.route('**/api/keys/batch-status', (route) => route.fulfill({ status: 503, json: { success: false, message: 'x', code: 'database_error' } }));
  await page.getByRole('checkbox', { name: 'Select kept' }).check();
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await page.getByText('The database is unavailable').waitFor();
  await page.unroute('**/api/keys/batch-status');
  assert.equal((await named('kept')).is_active, 1);
  assert.ok(await page.getByRole('checkbox', { name: 'Select kept' }).isChecked());
  await view.check();
});

test('by keyboard: screens, search, a menu, a dialog, and back', async () => {
  const { page, gw } = view;
  await gw.ok('POST', '/keys/add', { name: 'by keyboard' });
  await open('settings');
  await page.keyboard.press('g');
  await page.keyboard.press('k');
  await row('by keyboard').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('by key');
  await page.keyboard.press('Tab');
  const more = row('by keyboard').getByRole('button', { name: /^Actions for/ });
  for (let tabs = 0; tabs < 12 && !(await more.evaluate((element) => element === document.activeElement)); tabs += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowUp');
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Delete');
  await page.keyboard.press('Escape');
  assert.ok(await more.evaluate((element) => element === document.activeElement), 'the menu gives the focus back');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByLabel('Name').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Keyboard shortcuts').waitFor();
  await page.keyboard.press('Escape');
});

test('language and appearance change at once and stay', async () => {
  const { page } = view;
  await page.getByRole('button', { name: 'Language' }).click();
  await page.getByRole('menuitemradio', { name: '简体中文' }).click();
  await page.getByRole('heading', { name: 'API 密钥', level: 1 }).waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
  await page.getByRole('button', { name: '外观' }).click();
  await page.getByRole('menuitemradio', { name: '深色' }).click();
  await open();
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  await page.getByRole('button', { name: '语言' }).click();
  await page.getByRole('menuitemradio', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'API keys' }).waitFor();
  await page.getByRole('button', { name: 'Appearance' }).click();
  await page.getByRole('menuitemradio', { name: 'Light' }).click();
});

test('a session that ends leads to sign-in and back to this screen', async () => {
  const { page } = view;
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Create keys' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('x');
  await page.getByRole('dialog').getByRole('button', { name: 'Create keys' }).click();
  await page.waitForURL(/\/login\?next=/);
  assert.equal(new URL(page.url()).searchParams.get('next'), '#/keys');
  assert.equal(await named('x'), undefined);
  await view.signIn();
  await open();
  await row('suite').waitFor();
});

test('the screen in every language, theme and width', async () => {
  await view.gw.ok('POST', '/keys/batch-add', { name_prefix: 'client', count: 5 });
  await open();
  await row('client-5').waitFor();
  assert.equal(await view.page.getByRole('columnheader', { name: 'Spent today' }).count(), 0, 'without keys of the API nothing is spent');
  await view.check();
  await view.shot('keys');
});
