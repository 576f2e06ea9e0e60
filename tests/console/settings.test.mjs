// The settings in a browser: every one of the gateway's with its words, changed, refused, reset and kept from being lost;
// the password; other sessions.
import assert from 'node:assert/strict';
import { beforeEach, test } from '../lib/suite.mjs';
import { GROUPS, groupOf, idOf } from '../../static/console/screens/settings/groups.js';
import { help, labels, refusals } from '../../static/console/screens/settings/labels.js';
import { text } from '../../static/console/screens/settings/text.js';
import { consoleForFile, openConsole } from '../lib/console.mjs';
import { ENCRYPTED, PASSWORD, until } from '../lib/gateway.mjs';

const LOCALES = ['en', 'zh-CN'];
const SECRET = 'never-to-be-seen-again-0123456789';

const view = consoleForFile({ vars: ENCRYPTED });
beforeEach(async () => {
  const { page, gw } = view;
  await leave();
  await page.evaluate(() => localStorage.setItem('locale', 'en'));
  const schema = await gw.ok('GET', '/settings/schema');
  const defaults = (section) => Object.fromEntries(schema.filter((each) => each.section === section && each.type !== 'secret').map(({ name, default: value }) => [name, value]));
  await gw.settings({ ...defaults('grok'), cf_clearance: null, x_statsig_id: null, api_key: null }, defaults('global'));
});

/** Off the page, whatever is unsaved there. */
async function leave() {
  const { page, gw } = view;
  const accept = (dialog) => dialog.accept();
  page.on('dialog', accept);
  await page.goto(`${gw.url}/health`);
  page.off('dialog', accept);
}

async function open(section) {
  const { page, gw } = view;
  await page.goto(`${gw.url}/manage#/settings?section=${section}`);
  await page.locator('.settings-form').first().waitFor();
}

const definitions = async () => (await view.gw.ok('GET', '/settings/schema')).filter((definition) => idOf(definition) !== 'global.admin_password');
const stored = async () => view.gw.ok('GET', '/settings');
const section = (name) => view.page.locator('.settings-sections').getByRole('link', { name });
const control = (id) => view.page.locator(`[data-setting="${id}"]`);
const bar = () => view.page.getByRole('region', { name: 'Unsaved changes' });
const save = () => bar().getByRole('button', { name: 'Save changes' }).click();
const hasFocus = (locator, what) => until(() => locator.evaluate((element) => element === document.activeElement), `the focus on ${what}`);
const hash = () => new URL(view.page.url()).hash;

test('each setting has a name, help and unit in both languages', async () => {
  const schema = await view.gw.ok('GET', '/settings/schema');
  const ids = schema.map(idOf).sort();
  for (const tag of LOCALES) assert.deepEqual(Object.keys(labels[tag]).sort(), ids, `names in ${tag}`);
  assert.deepEqual(Object.keys(help['zh-CN']).sort(), ids, 'help in zh-CN');
  for (const id of Object.keys(help.en)) assert.ok(ids.includes(id), id);
  for (const { unit, description, name } of schema) {
    assert.ok(description.trim() !== '', name);
    for (const tag of LOCALES) assert.ok(unit === '' || `unit_${unit}` in text[tag], `${unit} in ${tag}`);
  }
  assert.equal(schema.filter((definition) => groupOf(definition) === 'accounts').length, 6, 'reading and resting accounts');
});

test('each setting has its section, name, help, default, limits', async () => {
  const { page } = view;
  const all = await definitions();
  for (const tag of LOCALES) {
    await page.evaluate((locale) => localStorage.setItem('locale', locale), tag);
    for (const name of GROUPS) {
      await open(name);
      await page.reload();
      await page.locator('.settings-form').waitFor();
      const drawn = await page.locator('.field').evaluateAll((fields) => fields.map((field) => [field.querySelector('[data-setting]').dataset.setting, field.innerText]));
      const expected = all.filter((definition) => groupOf(definition) === name);
      assert.deepEqual(drawn.map(([id]) => id), expected.map(idOf), name);
      for (const [at, definition] of expected.entries()) {
        const words = drawn[at][1];
        const shown = [labels[tag][idOf(definition)], help[tag][idOf(definition)] ?? definition.description, definition.name];
        if (definition.type === 'integer') shown.push(definition.max.toLocaleString(tag), definition.default.toLocaleString(tag));
        if (definition.type === 'text' && definition.default !== '') shown.push(definition.default);
        for (const part of shown) assert.ok(words.includes(part), `${part} in ${words}`);
      }
      await page.evaluate(() => scrollTo(0, 0));
      if (tag === 'en') await view.shot(`settings-${name}`);
    }
  }
  await view.check();
});

test('a change is saved, survives a reload, returns to default', async () => {
  const { page } = view;
  await open('log');
  await control('global.log_retention_days').fill('7');
  await section('Answers').click();
  await page.getByRole('switch', { name: labels.en['grok.temporary'] }).click();
  await bar().getByText('2 unsaved changes').waitFor();
  assert.equal(await page.getByRole('img', { name: 'unsaved changes' }).count(), 2, 'both sections are marked');
  await view.shot('settings-unsaved');
  await save();
  await page.getByText('2 settings were saved').waitFor();
  await bar().waitFor({ state: 'detached' });
  const { global, grok } = await stored();
  assert.deepEqual([global.log_retention_days, grok.temporary], [7, false]);
  await open('log');
  await page.reload();
  await until(async () => (await control('global.log_retention_days').inputValue()) === '7', 'the saved value');
  await page.getByRole('button', { name: `Reset to the default: ${labels.en['global.log_retention_days']}` }).click();
  assert.equal(await control('global.log_retention_days').inputValue(), '30');
  await hasFocus(control('global.log_retention_days'), 'what was reset');
  // Enter in a field saves as the button does.
  await page.keyboard.press('Enter');
  await page.getByText('The setting was saved').waitFor();
  assert.equal((await stored()).global.log_retention_days, 30);
  assert.equal(await page.getByRole('button', { name: /^Reset to the default/ }).count(), 0);
});

test('refusals stand at their field, and nothing typed is lost', async () => {
  const { page } = view;
  await open('timeouts');
  await control('grok.stream_total_timeout').fill('1');
  await control('grok.stream_chunk_timeout').fill('3601');
  await section('Service').click();
  await control('global.admin_username').fill('operator');
  await save();
  // The fault is in another section than the one in sight.
  await page.getByText('Enter a whole number from 0 to 3,600.').waitFor();
  await hasFocus(control('grok.stream_chunk_timeout'), 'the number');
  await control('grok.stream_chunk_timeout').fill('60');
  await section('Service').click();
  await control('global.base_url').fill('grok.example.org');
  await section('Answers').click();
  await save();
  const field = page.locator('.field', { has: control('global.base_url') });
  await field.getByRole('alert').getByText('This setting is an address like https://grok.example.org').waitFor();
  await hasFocus(control('global.base_url'), 'the address');
  assert.equal(await control('global.base_url').getAttribute('aria-invalid'), 'true');
  await bar().getByText('One value is not valid').waitFor();
  await view.shot('settings-refused');
  await view.check();
  assert.deepEqual([await control('global.base_url').inputValue(), await control('global.admin_username').inputValue()], ['grok.example.org', 'operator']);
  const { global, grok } = await stored();
  assert.deepEqual([global.base_url, global.admin_username, grok.stream_total_timeout], ['', 'admin', 600], 'nothing was saved');
  // Going elsewhere and back does not move the focus.
  await section('Answers').click();
  await section('Service').click();
  assert.ok(await section('Service').evaluate((link) => link === document.activeElement));
  await control('global.base_url').fill('https://grok.example.org/');
  await control('global.admin_username').fill('admin');
  await save();
  await page.getByText('3 settings were saved').waitFor();
  const now = await stored();
  assert.deepEqual([now.global.base_url, now.grok.stream_total_timeout, now.grok.stream_chunk_timeout], ['https://grok.example.org', 1, 60]);
  assert.equal(await control('global.base_url').inputValue(), 'https://grok.example.org', 'as it is stored');
});

test('every reason to refuse a value has a Chinese text', async () => {
  const { page, gw } = view;
  const long = 'x'.repeat(5_000);
  const wrong = [['global', 'base_url', 'x'], ['global', 'admin_username', ''], ['global', 'admin_username', 'a\u0007b'], ['grok', 'filtered_tags', 'a\u0007b'], ['grok', 'filtered_tags', long],
    ['grok', 'user_agent', 'é'], ['grok', 'x_statsig_id', 'é'], ['grok', 'cf_clearance', 'a b'], ['grok', 'api_key', 'a b']];
  for (const [part, name, value] of wrong) {
    const { status, body } = await gw.api('POST', '/settings', { [`${part}_config`]: { [name]: value } });
    assert.deepEqual([status, body.field], [400, `${part}_config.${name}`]);
    assert.ok(refusals.some(([sentence]) => sentence.test(body.message)), body.message);
  }
  await page.evaluate(() => localStorage.setItem('locale', 'zh-CN'));
  await open('answers');
  await control('grok.filtered_tags').fill(long);
  await page.getByRole('button', { name: text['zh-CN'].saveChanges }).last().click();
  await page.getByText('最多 4096 字节。').waitFor();
});

test('a failed save is shown, also by Enter, and the text stays', async () => {
  const { page } = view;
  await open('log');
  await page.route('**/api/settings', (route) => (route.request().method() === 'POST'
    ? route.fulfill({ status: 503, json: { success: false, message: 'no', code: 'database_error' } }) : route.fallback()));
  await control('global.log_retention_days').fill('8');
  await page.keyboard.press('Enter');
  await page.getByText('The database is unavailable.').waitFor();
  await hasFocus(control('global.log_retention_days'), 'the field');
  assert.equal(await control('global.log_retention_days').inputValue(), '8');
  await page.unroute('**/api/settings');
  await save();
  await page.getByText('The setting was saved').waitFor();
  assert.equal((await stored()).global.log_retention_days, 8);
});

test('what is typed during a save stays unsaved, not lost', async () => {
  const { page } = view;
  await open('log');
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route('**/api/settings', async (route) => {
    if (route.request().method() === 'POST') await held;
    await route.fallback();
  });
  await control('global.log_retention_days').fill('9');
  const sent = page.waitForRequest((request) => request.method() === 'POST');
  await page.keyboard.press('Enter');
  await sent;
  assert.equal(await bar().getByRole('button', { name: 'Save changes' }).getAttribute('aria-busy'), 'true');
  await control('global.log_retention_rows').fill('5000');
  release();
  await page.getByText('The setting was saved').waitFor();
  await bar().getByText('1 unsaved change').waitFor();
  assert.equal(await control('global.log_retention_rows').inputValue(), '5000');
  assert.deepEqual([(await stored()).global.log_retention_days, (await stored()).global.log_retention_rows], [9, 100_000]);
  await page.unroute('**/api/settings');
});

test('leaving unsaved changes asks: link, shortcut, back, close', async () => {
  const { page, gw } = view;
  await page.goto(`${gw.url}/manage#/keys`);
  await page.getByRole('heading', { name: 'API keys' }).waitFor();
  await page.evaluate(() => { location.hash = '#/settings?section=log'; });
  await control('global.log_retention_days').fill('5');
  const question = page.getByRole('dialog').filter({ hasText: 'Leave with an unsaved change?' });
  const ways = {
    link: () => page.locator('nav.navigation').getByRole('link', { name: 'Media' }).click(),
    shortcut: async () => {
      await page.locator('h1').click();
      await page.keyboard.press('g');
      await page.keyboard.press('t');
    },
    back: () => page.evaluate(() => history.back()),
  };
  for (const [name, go] of Object.entries(ways)) {
    await go();
    await question.waitFor();
    if (name === 'link') await view.shot('settings-leave');
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    assert.equal(hash(), '#/settings?section=log', name);
    assert.equal(await control('global.log_retention_days').inputValue(), '5', name);
  }
  const asked = [];
  const stay = (dialog) => { asked.push(dialog.type()); return dialog.dismiss(); };
  page.on('dialog', stay);
  await page.evaluate(() => { location.assign('/health'); });
  await until(() => asked.length === 1, 'the browser to ask');
  page.off('dialog', stay);
  assert.deepEqual(asked, ['beforeunload']);
  assert.equal(await control('global.log_retention_days').inputValue(), '5');
  await ways.link();
  await question.getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('heading', { name: 'Media' }).waitFor();
  await page.evaluate(() => history.back());
  await until(async () => (await control('global.log_retention_days').inputValue()) === '30', 'the stored value, without a question');
});

test('a secret is written, never shown again, replaced and cleared', async () => {
  const { page, gw } = view;
  const answers = [];
  const hear = async (response) => { if (response.url().includes('/api/')) answers.push(await response.text().catch(() => '')); };
  page.on('response', hear);
  await open('upstream');
  const field = page.locator('.field', { hasText: labels.en['grok.cf_clearance'] }).first();
  await field.getByText('Not set', { exact: true }).waitFor();
  await field.getByRole('button', { name: 'Enter: Cookie cf_clearance' }).focus();
  await page.keyboard.press('Enter');
  await hasFocus(control('grok.cf_clearance'), 'the new field');
  await page.keyboard.type(SECRET);
  await save();
  await page.getByText('The setting was saved').waitFor();
  await field.getByText('Set', { exact: true }).waitFor();
  assert.equal((await stored()).grok.cf_clearance_set, true);
  await page.reload();
  await field.getByText('Set', { exact: true }).waitFor();
  await view.shot('settings-secret');
  assert.ok(!(await page.content()).includes(SECRET));
  assert.ok(answers.length > 2 && answers.every((body) => !body.includes(SECRET)));
  page.off('response', hear);
  await field.getByRole('button', { name: /^Replace/ }).click();
  assert.equal(await control('grok.cf_clearance').inputValue(), '');
  await field.getByRole('button', { name: 'Undo' }).click();
  await hasFocus(field.getByRole('button', { name: /^Replace/ }), 'the button that comes back');
  await field.getByRole('button', { name: /^Clear/ }).click();
  await field.getByText('Will be cleared').waitFor();
  await view.check();
  await save();
  await page.getByText('The setting was saved').waitFor();
  await field.getByText('Not set', { exact: true }).waitFor();
  assert.equal((await stored()).grok.cf_clearance_set, false);
  // The key of one's own works as any other.
  await open('service');
  await page.getByRole('button', { name: 'Enter: Custom API key' }).click();
  await control('grok.api_key').fill(SECRET);
  await save();
  // The message of the save before may still be there.
  await until(async () => (await stored()).grok.api_key_set, 'the key is stored');
  assert.equal((await gw.call('GET', '/v1/models', { headers: { authorization: `Bearer ${SECRET}` } })).status, 200);
});

test('other sessions end after a question; this one stays', async () => {
  const { page, gw } = view;
  const other = await page.context().browser().newContext({ locale: 'en' });
  try {
    const signedIn = await other.request.post(`${gw.url}/api/login`, { data: { username: 'admin', password: PASSWORD } });
    assert.equal(signedIn.status(), 200);
    const theirs = await other.newPage();
    await theirs.goto(`${gw.url}/manage#/requests?status=error`);
    await theirs.getByRole('heading', { name: 'Requests' }).waitFor();
    await open('account');
    await view.shot('settings-account');
    const button = page.getByRole('button', { name: 'End other sessions' });
    await button.focus();
    await page.keyboard.press('Enter');
    const question = page.getByRole('dialog').filter({ hasText: 'End all other sessions?' });
    await question.getByRole('button', { name: 'Cancel' }).click();
    await hasFocus(button, 'the button');
    assert.equal((await other.request.get(`${gw.url}/api/session`)).status(), 200, 'no session was ended yet');
    await button.click();
    await question.getByRole('button', { name: 'End other sessions' }).click();
    // The suite's own is one of them.
    await page.getByText('2 sessions were ended').waitFor();
    assert.equal((await other.request.get(`${gw.url}/api/session`)).status(), 401);
    await gw.signIn();
    // The page that is out is led to sign-in at its next look, and back to where it was.
    await theirs.waitForURL(/\/login\?next=/, { timeout: 15_000 });
    await theirs.getByLabel('User name').fill('admin');
    await theirs.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await theirs.getByRole('button', { name: 'Sign in' }).click();
    await theirs.getByRole('heading', { name: 'Requests' }).waitFor();
    assert.equal(new URL(theirs.url()).hash, '#/requests?status=error');
    await page.reload();
    await page.getByRole('heading', { name: 'This session' }).waitFor();
    await view.check();
  } finally {
    await other.close();
  }
});

test('a password of the variable is fixed; About says what runs', async () => {
  const { page, gw } = view;
  await open('account');
  await page.getByText('The password is set by the variable admin_password').waitFor();
  assert.equal(await page.getByLabel('Current password').count(), 0);
  await open('about');
  await page.getByText(`${gw.url}/v1`).waitFor();
  await page.getByText('The variable encryption_key is set').waitFor();
  await view.shot('settings-about');
  await view.check();
});

test('a changed password ends every session, this one too', async () => {
  const first = 'three unrelated words';
  const chosen = 'four other unrelated words';
  const fresh = await openConsole({ fresh: true });
  try {
    const { page, gw } = fresh;
    await gw.signIn('admin');
    await gw.ok('POST', '/password', { current: 'admin', new: first });
    await gw.signIn(first);
    const signIn = async (password) => {
      await page.getByLabel('User name').fill('admin');
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Change password' }).waitFor();
    };
    await page.goto(`${gw.url}/login?next=${encodeURIComponent('#/settings?section=account')}`);
    await signIn(first);
    const [current, next, again] = ['Current password', 'New password', 'Confirm password'].map((label) => page.getByLabel(label));
    const button = page.getByRole('button', { name: 'Change password' });
    const fault = (field) => page.locator('.field', { has: field }).getByRole('alert');
    await button.click();
    await fault(current).getByText('Enter the current password.').waitFor();
    await hasFocus(current, 'the first field');
    const fill = async (...values) => { for (const [at, field] of [current, next, again].entries()) await field.fill(values[at]); };
    for (const [values, field, words] of [
      [['wrong', chosen, chosen], current, 'The current password is wrong.'],
      [[first, 'short', 'short'], next, 'Use 8 to 256 characters.'],
      [[first, first, first], next, 'This is the current password.'],
      [[first, chosen, 'four other'], again, 'The passwords do not match.'],
    ]) {
      await fill(...values);
      await button.click();
      await fault(field).getByText(words).waitFor();
      await hasFocus(field, words);
    }
    await fresh.shot('settings-password');
    await fresh.check();
    // What is unsaved elsewhere would end with the session.
    await page.locator('.settings-sections').getByRole('link', { name: 'Log' }).click();
    await page.locator('[data-setting="global.log_retention_days"]').fill('5');
    await page.locator('.settings-sections').getByRole('link', { name: 'Administrator' }).click();
    await fill(first, chosen, chosen);
    await button.click();
    await page.getByText('Save or discard the changed settings first').waitFor();
    assert.equal((await gw.api('GET', '/session')).status, 200);
    await fresh.shot('settings-password-waits');
    await page.getByRole('button', { name: 'Discard' }).click();
    await button.click();
    await page.waitForURL(/\/login\?changed/);
    assert.equal((await gw.api('GET', '/session')).status, 401);
    await signIn(chosen);
    assert.equal(new URL(page.url()).hash, '#/settings?section=account');
    await gw.signIn(chosen);
  } finally {
    await fresh.stop();
  }
});
