// The console by keyboard alone: everything can be reached and seen to be, each screen's main action can be done, and the
// focus is never lost.
// Directives in prompts, such as [[n:40]]: ../fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, test } from '../lib/suite.mjs';
import { SCREENS } from '../../static/console/screens.js';
import { consoleForFile } from '../lib/console.mjs';
import { ENCRYPTED, pooled, until } from '../lib/gateway.mjs';

const view = consoleForFile({ tokens: 2, vars: ENCRYPTED });
before(async () => {
  const { text } = await view.gw.chat('[[picture:4]] draw', { model: 'grok-4' });
  await pooled([...text.matchAll(/\/images\/[\w-]{22}/g)], 4, ([path]) => view.gw.call('GET', path));
  await view.gw.chat('[[n:3]] hi');
  await view.gw.logged(2);
});

async function open(screen) {
  const { page, gw } = view;
  // Not by the part behind `#` alone: the focus starts at the top.
  await page.goto(`${gw.url}/health`);
  await page.goto(`${gw.url}/manage#/${screen}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
}

const press = (...keys) => keys.reduce((before, key) => before.then(() => view.page.keyboard.press(key)), Promise.resolve());
const has = (locator) => locator.evaluate((element) => element === document.activeElement);
const hasFocus = (locator, what) => until(() => has(locator), `the focus on ${what}`);
/** Goes on by Tab, as a person does, until it is there. */
async function tabTo(locator, key = 'Tab') {
  await locator.waitFor();
  for (let tabs = 0; tabs < 120; tabs += 1) {
    if (await has(locator)) return;
    await press(key);
  }
  assert.fail(`${locator} is not reached by ${key}`);
}
const button = (name, within = view.page) => within.getByRole('button', { name, exact: true });
const dialog = () => view.page.getByRole('dialog').last();
const isSomewhere = (what) => until(() => view.page.evaluate(() => document.activeElement !== document.body), `the focus somewhere, ${what}`);

/** Runs in the page: what has the focus, and whether that is to be seen. */
function look() {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
  const { top, left, bottom, right } = element.getBoundingClientRect();
  const inSight = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  const seen = (globalThis.visited ??= new Set());
  const isNew = element !== document.body && !seen.has(element);
  seen.add(element);
  return { isNew, name: element.outerHTML.slice(0, 120), inSight, isMarked: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && !/, 0\)$|transparent/.test(outlineColor) };
}

/** Runs in the page: what a mouse can use and Tab has not visited. */
function missed() {
  const usable = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')];
  return usable.filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled && !element.closest('[aria-hidden="true"]') && !globalThis.visited.has(element)).map((element) => element.outerHTML.slice(0, 120));
}

for (const screen of ['overview', 'keys', 'requests', 'media', 'settings', 'settings?section=account', 'settings?section=about']) {
  test(`Tab visits and shows all of ${screen}`, async () => {
    const { page } = view;
    await open(screen);
    for (let tabs = 0; tabs < 200; tabs += 1) {
      await press('Tab');
      const { isNew, name, inSight, isMarked } = await page.evaluate(look);
      if (!isNew) break;
      assert.ok(inSight, `${name} has the focus out of sight`);
      assert.ok(isMarked, `${name} does not show that it has the focus`);
    }
    assert.deepEqual(await page.evaluate(missed), []);
  });
}

test('the first Tab skips the navigation, the next goes on', async () => {
  const { page } = view;
  await open('keys');
  await press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await hasFocus(skip, 'the skip link');
  assert.ok((await skip.boundingBox()).y >= 0, 'it is in sight');
  await press('Enter');
  await hasFocus(page.locator('main'), 'the screen');
  await press('Tab');
  await hasFocus(button('Create keys'), 'the first button of the screen');
});

test('g and a letter lead to every screen; ? lists them all', async () => {
  const { page } = view;
  await open('keys');
  const named = SCREENS.filter(({ key }) => key);
  for (const { name, key } of named) {
    await press('g', key);
    await until(() => new URL(page.url()).hash === `#/${name}`, name);
    await page.getByRole('heading', { level: 1 }).waitFor();
  }
  await open('keys');
  await press('/');
  await hasFocus(page.getByRole('searchbox'), 'the search');
  await page.keyboard.type('gm?');
  assert.equal(new URL(page.url()).hash, '#/keys');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await open('keys');
  await tabTo(button('Create keys'));
  await press('?');
  await dialog().getByText('Keyboard shortcuts').waitFor();
  assert.equal(await dialog().locator('dt').count(), named.length + 3);
  await view.shot('shortcuts');
  await view.check();
  await press('g', 'm', 'Escape');
  await hasFocus(button('Create keys'), 'where it was');
  assert.equal(new URL(page.url()).hash, '#/keys');
});

test('keys: made, renamed and deleted, and the focus stays near', async () => {
  const { page, gw } = view;
  await open('keys');
  await tabTo(button('Create keys'));
  await press('Enter');
  await hasFocus(dialog().getByLabel('Name'), 'the name');
  await page.keyboard.type('by hand');
  await press('Enter');
  await tabTo(button('Done', dialog()));
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await hasFocus(button('Create keys'), 'where it began');
  const menu = button('Actions for by hand');
  await tabTo(menu);
  await press('Enter', 'Enter');
  await hasFocus(dialog().getByLabel('Name'), 'the name');
  await press('End');
  await page.keyboard.type('!');
  await press('Enter');
  await page.getByRole('row').filter({ hasText: 'by hand!' }).waitFor();
  await hasFocus(button('Actions for by hand!'), 'the menu of the same row');
  await press('Enter', 'End', 'Enter');
  await tabTo(button('Delete', dialog()));
  await press('Enter');
  await page.getByRole('row').filter({ hasText: 'by hand!' }).waitFor({ state: 'detached' });
  await hasFocus(page.getByRole('region', { name: 'API keys' }), 'the table, whose row is gone');
  assert.deepEqual((await gw.ok('GET', '/keys')).map(({ name }) => name), ['suite']);
});

test('media: opened, chosen, deleted, cleared', async () => {
  const { page, gw } = view;
  await open('media');
  await page.locator('.tile').nth(3).waitFor();
  await tabTo(page.locator('.tile-open').nth(1));
  await press('Enter');
  await dialog().getByText('2 of 4').waitFor();
  await press('ArrowRight');
  await dialog().getByText('3 of 4').waitFor();
  await tabTo(button('Delete', dialog()));
  await press('Enter');
  await page.getByText('Delete this file?').waitFor();
  await press('ArrowLeft');
  await tabTo(button('Delete', dialog()));
  await press('Enter');
  await page.locator('dialog.viewer').getByText('3 of 3').waitFor();
  await hasFocus(button('Delete', page.locator('dialog.viewer')), 'the viewer’s button');
  await press('Escape');
  await hasFocus(page.locator('.tile-open').nth(1), 'the picture that was opened');
  await press('Tab', 'Space');
  await page.getByText('1 selected').waitFor();
  await tabTo(button('Delete'), 'Shift+Tab');
  await press('Enter');
  await tabTo(button('Delete', dialog()));
  await press('Enter');
  await until(async () => (await page.locator('.tile').count()) === 2, 'two files');
  await isSomewhere('after its button has gone');
  await tabTo(button('Clear the cache'), 'Shift+Tab');
  await press('Enter', 'End', 'Enter');
  await tabTo(button('Clear everything', dialog()));
  await press('Enter');
  await page.getByText('2 files were cleared.').waitFor();
  await hasFocus(button('Clear the cache'), 'the button of the menu');
  assert.equal((await gw.ok('GET', '/cache/list')).total, 0);
});

test('settings: another section, a switch, a number, saved', async () => {
  const { page, gw } = view;
  await open('settings');
  await tabTo(page.locator('.settings-sections').getByRole('link', { name: 'Answers' }));
  await press('Enter');
  await tabTo(page.getByRole('switch', { name: 'Temporary conversations' }));
  await press('Space');
  await tabTo(button('Save changes'));
  await press('Enter');
  await page.getByText('The setting was saved').waitFor();
  await isSomewhere('after the bar has gone');
  assert.equal((await gw.ok('GET', '/settings')).grok.temporary, false);
  await tabTo(button('Reset to the default: Temporary conversations'), 'Shift+Tab');
  await press('Enter');
  await hasFocus(page.getByRole('switch', { name: 'Temporary conversations' }), 'what was reset');
  await tabTo(button('Discard'));
  await press('Enter');
  await isSomewhere('after discarding');
});

test('requests: live, loaded again, an export’s menu, cleared', async () => {
  const { page, gw } = view;
  await open('requests');
  const live = page.getByRole('switch', { name: 'Live' });
  await tabTo(live);
  await press('Space');
  assert.equal(await live.isChecked(), false);
  await tabTo(button('Reload'));
  await press('Enter');
  await page.waitForLoadState('networkidle');
  await hasFocus(button('Reload'), 'the button that was busy');
  await tabTo(button('Export'));
  const [download] = await Promise.all([page.waitForEvent('download'), press('Enter', 'ArrowDown', 'Enter')]);
  assert.match(download.suggestedFilename(), /\.json$/);
  await tabTo(button('More actions'));
  await press('Enter', 'Enter');
  await tabTo(button('Clear the log', dialog()));
  await press('Enter');
  await page.getByText('No requests yet').waitFor();
  await hasFocus(button('More actions'), 'the button of the menu');
  assert.deepEqual(await gw.logs(), []);
});

test('overview: a chart as a table, and on to the tokens', async () => {
  const { page } = view;
  await open('overview');
  await tabTo(page.getByText('Show as table').first());
  await press('Enter');
  await page.getByRole('table').first().waitFor();
  await tabTo(page.getByRole('link', { name: 'All accounts' }));
  await press('Enter');
  await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor();
  await isSomewhere('on the next screen');
});
