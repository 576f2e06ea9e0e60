// Whatever people and upstreams write is text on every screen: names, values, errors, file names, addresses.
import assert from 'node:assert/strict';
import { before, test } from '../lib/suite.mjs';
import { text } from '../../static/console/shell.text.js';
import { consoleForFile } from '../lib/console.mjs';
import { ENCRYPTED, until } from '../lib/gateway.mjs';

const HTML = '<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=2</script><b class="injected">bold</b>';

const view = consoleForFile({ vars: ENCRYPTED });
before(async () => {
  await view.gw.pool(['basic-1']);
});

async function open(address) {
  await view.page.goto(`${view.gw.url}/manage${address}`);
  await view.page.reload();
  await view.page.getByRole('heading', { level: 1 }).waitFor();
}

/** The words are there as they were written, and made nothing. */
async function isText(locator, words = HTML) {
  const { page } = view;
  await locator.getByText(words).filter({ visible: true }).first().waitFor();
  await nothingMade(page);
}

async function nothingMade(page) {
  const made = await page.evaluate(() => ({
    elements: document.querySelectorAll('img[src="x"], .injected, [onerror], script:not([src])').length, hit: globalThis.hit, title: document.title,
  }));
  assert.deepEqual([made.elements, made.hit], [0, undefined]);
  assert.match(made.title, / · Grok2API$/);
}

test('a key’s name in its row, its dialogs and its controls', async () => {
  const { page, gw } = view;
  await gw.ok('POST', '/keys/add', { name: HTML });
  await open('#/keys');
  const row = page.getByRole('row').filter({ hasText: HTML });
  await isText(row);
  const act = async (what) => {
    await row.getByRole('button', { name: `Actions for ${HTML}` }).click();
    await page.getByRole('menuitem', { name: what }).click();
  };
  await act('Show');
  await isText(page.getByRole('dialog'));
  await page.keyboard.press('Escape');
  await act('Rename');
  assert.equal(await page.getByRole('dialog').getByLabel('Name').inputValue(), HTML);
  await page.keyboard.press('Escape');
  await act('Delete');
  await isText(page.getByRole('dialog'), `Delete the key ${HTML}?`);
  await view.check();
  await page.keyboard.press('Escape');
});

test('Grok’s error, the client’s model and key, in the log', async () => {
  const { page, gw } = view;
  const { key } = await gw.ok('POST', '/keys/add', { name: '<b class="injected">team</b>' });
  await gw.chat('hi', { model: HTML, key });
  await gw.logged(1);
  // What upstreams say reaches the log in a short form; here it is as long as it may be.
  await page.route('**/api/logs*', async (route) => {
    const answer = await (await route.fetch()).json();
    for (const entry of answer.data) Object.assign(entry, { error: HTML, error_code: HTML, ip: HTML, request_id: HTML, token_suffix: HTML });
    await route.fulfill({ json: answer });
  });
  await open('#/requests');
  const row = page.locator('.requests tbody tr').first();
  await isText(row);
  await row.getByRole('button').click();
  const drawer = page.getByRole('dialog', { name: 'Request' });
  await drawer.getByText('Logged error').waitFor();
  const words = await drawer.innerText();
  assert.ok(words.split(HTML).length - 1 >= 6 && words.includes('<b class="injected">team</b>'), words);
  await nothingMade(page);
  await page.keyboard.press('Escape');
  await page.unroute('**/api/logs*');
  await open(`#/requests?${new URLSearchParams({ model: HTML, key: HTML, account: HTML, status: HTML, text: HTML, from: HTML, range: HTML })}`);
  assert.equal(await page.getByRole('combobox', { name: 'Model' }).inputValue(), HTML);
  assert.equal(await page.getByRole('searchbox').inputValue(), HTML);
  await nothingMade(page);
  await page.getByText('No request matches these filters.').waitFor();
  await view.check();
});

test('overview: models, keys, error codes, unreadable settings', async () => {
  const { page } = view;
  await page.route('**/api/request-stats*', async (route) => {
    const answer = await (await route.fetch()).json();
    Object.assign(answer.data, {
      models: [{ model: HTML, count: 3 }], keys: [{ id: 9, name: HTML, count: 2, success: 1, failed: 1 }], errors: [{ code: HTML, count: 1 }],
    });
    await route.fulfill({ json: answer });
  });
  await page.route('**/api/settings', async (route) => route.fulfill({ json: { ...(await (await route.fetch()).json()), unreadable: [HTML] } }));
  await open('#/overview');
  for (const title of ['Models', 'Busiest keys', 'Failures']) await isText(page.locator('section.card', { has: page.getByRole('heading', { name: title }) }));
  await isText(page.locator('.warnings'), `These secrets cannot be decrypted: ${HTML}.`);
  await view.check();
  await page.unroute('**/api/request-stats*');
  await page.unroute('**/api/settings');
});

test('settings: values, the user’s name, refusals, unknown ones', async () => {
  const { page, gw } = view;
  await gw.settings({ filtered_tags: HTML.replaceAll(',', ''), user_agent: HTML }, { admin_username: HTML });
  try {
    await open('#/settings?section=answers');
    assert.equal(await page.locator('[data-setting="grok.filtered_tags"]').inputValue(), HTML);
    await open('#/settings?section=account');
    await isText(page.locator('.settings-form').first());
    await page.route('**/api/settings/schema', async (route) => {
      const answer = await (await route.fetch()).json();
      answer.data.push({ section: 'grok', name: HTML, type: 'text', default: HTML, unit: '', description: HTML });
      await route.fulfill({ json: answer });
    });
    await page.route('**/api/settings', async (route) => (route.request().method() === 'POST'
      ? route.fulfill({ status: 400, json: { success: false, code: 'invalid_value', message: HTML, field: 'grok_config.filtered_tags' } }) : route.fallback()));
    await open(`#/settings?section=answers&x=${encodeURIComponent(HTML)}`);
    const field = page.locator('.field').last();
    await isText(field);
    await isText(field, `Default: ${HTML}`);
    await page.locator('[data-setting="grok.filtered_tags"]').fill('other');
    await page.keyboard.press('Enter');
    await isText(page.getByRole('alert'));
    await page.getByRole('button', { name: 'Discard' }).click();
    await nothingMade(page);
  } finally {
    await page.unroute('**/api/settings/schema');
    await page.unroute('**/api/settings');
    await gw.settings({ filtered_tags: '', user_agent: '' }, { admin_username: 'admin' });
  }
});

test('media: names, types and accounts, in gallery and viewer', async () => {
  const { page } = view;
  const item = {
    id: HTML, kind: 'image', url: '/images/AAAAAAAAAAAAAAAAAAAAAA', thumbnail: '/images/AAAAAAAAAAAAAAAAAAAAAA', prompt: HTML, model: HTML, key_id: 1, key_name: HTML, account_id: 1, token_suffix: HTML,
    created_at: 1, request_id: HTML, state: 'stored', content_type: HTML, size_bytes: 5, stored_at: 1, expires_at: 1,
  };
  await page.route(/\/api\/media\?/, (route) => route.fulfill({ json: { success: true, data: { total: 1, next: null, limit: 48, items: [item] } } }));
  await open(`#/media?kind=${encodeURIComponent(HTML)}`);
  await isText(page.locator('.tile-facts'), HTML);
  await page.locator('.tile-open').click();
  const viewer = page.getByRole('dialog');
  await isText(viewer.locator('.viewer-prompt'), HTML);
  await isText(viewer.locator('dd'), HTML);
  await isText(viewer.locator('dd'), `…${HTML}`);
  assert.equal(await viewer.locator('a[download]').getAttribute('download'), `${HTML}.jpg`);
  await view.check();
  await page.keyboard.press('Escape');
  await page.unroute(/\/api\/media\?/);
});

test('messages of the gateway and the address of the page', async () => {
  const { page } = view;
  await open('#/keys');
  await page.route('**/api/keys/batch-add', (route) => route.fulfill({ status: 400, json: { success: false, code: 'none_that_is_known', message: HTML } }));
  await page.getByRole('button', { name: 'Create keys' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('x');
  await page.keyboard.press('Enter');
  await isText(page.locator('dialog .toast'));
  await page.keyboard.press('Escape');
  await page.unroute('**/api/keys/batch-add');
  await page.goto(`${view.gw.url}/manage#/${encodeURIComponent(HTML)}`);
  await page.getByText(text.en.notFound).waitFor();
  await nothingMade(page);
  await page.goto(`${view.gw.url}/manage?${HTML}#/keys`);
  await until(async () => (await page.getByRole('row').count()) > 1, 'the keys');
  await nothingMade(page);
  await view.check();
});
