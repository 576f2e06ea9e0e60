// The tokens screen as a person uses it: what is done to one token, to some, and to all that fit a filter.
import assert from 'node:assert/strict';
import { before, test } from '../lib/suite.mjs';
import { jwt, until } from '../lib/gateway.mjs';
import { suffix, tokensForFile } from '../lib/tokens.mjs';

const HTML = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

const view = tokensForFile();
const { open, dialog, row, stored } = view;
// The states stay those that the tests make.
before(() => view.gw.settings({ read_accounts: false }));

const says = (words) => view.page.getByText(words, { exact: true }).first().waitFor();
const focused = () => view.page.evaluate(() => {
  const element = document.activeElement;
  return element.getAttribute('aria-label') ?? (element.labels?.[0] ?? element).textContent.trim();
});

test('all matches of a filter are chosen, labelled and deleted', async () => {
  const { page, gw, shot } = view;
  await gw.pool(Array.from({ length: 130 }, (_, n) => `basic-${n}`));
  const ids = (await gw.tokens()).slice(0, 120).map(({ id }) => id);
  await gw.ok('POST', '/tokens/tags', { ids, tags: ['team'] });
  const team = async () => (await gw.tokens()).filter(({ id }) => ids.includes(id));
  const others = async () => (await gw.tokens()).filter(({ id }) => !ids.includes(id));
  const untouched = await others();
  await open();
  const choose = async () => {
    await page.getByRole('checkbox', { name: /^Select all 120 matching accounts/ }).check();
    await says('120 selected');
  };
  await page.getByRole('combobox', { name: 'Tag' }).selectOption('team');
  await choose();
  await shot('tokens-chosen');
  const bar = page.getByRole('group', { name: 'Actions', exact: true });
  await bar.getByRole('button', { name: 'Disable' }).click();
  await says('120 accounts were changed');
  assert.ok((await team()).every(({ status_code: code }) => code === 'disabled'));
  await bar.getByRole('button', { name: 'Enable' }).click();
  await until(async () => (await team()).every(({ status_code: code }) => code === 'unused'), 'all are enabled');

  await bar.getByRole('button', { name: 'Tags' }).click();
  await dialog().getByRole('heading', { name: 'Tags of 120 accounts' }).waitFor();
  await dialog().getByRole('combobox', { name: 'Tags' }).fill('spring,autumn');
  await shot('tokens-bulk-tags');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await dialog().waitFor({ state: 'detached' });
  assert.ok((await team()).every(({ tags }) => ['autumn', 'spring', 'team'].every((tag) => tags.includes(tag))));

  await bar.getByRole('button', { name: 'Note' }).click();
  await dialog().getByLabel('Note').fill('lent by the team');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await dialog().waitFor({ state: 'detached' });
  assert.equal(await focused(), 'Note', 'the dialog gives the focus back to its button');
  await until(async () => (await team()).every(({ note }) => note === 'lent by the team'), 'all have the note');

  await bar.getByRole('button', { name: 'Delete' }).click();
  await dialog().getByText('120 of them are usable now.').waitFor();
  await dialog().getByText('This cannot be undone').waitFor();
  await shot('tokens-bulk-delete');
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await team()).length, 120, 'a question that is answered with no deletes nothing');
  await bar.getByRole('button', { name: 'Delete' }).click();
  await dialog().getByRole('button', { name: 'Delete' }).click();
  await says('120 accounts were deleted');
  await page.getByText('No account matches these filters.').waitFor();
  assert.deepEqual(await gw.tokens(), untouched);
});

test('rows are chosen singly and as a range, until the filter', async () => {
  const { page, gw } = view;
  await gw.pool(Array.from({ length: 30 }, (_, n) => `basic-${n}`));
  await gw.addTokens(['super-1'], 'ssoSuper');
  await open();
  await row('basic-28').getByRole('checkbox').check();
  await row('basic-20').getByRole('checkbox').click({ modifiers: ['Shift'] });
  await says('9 selected');
  await row('basic-24').getByRole('checkbox').uncheck();
  await says('8 selected');
  await page.getByRole('combobox', { name: 'Type' }).selectOption('ssoSuper');
  await says('1 of 31 matches');
  assert.equal(await page.getByText(/selected$/).count(), 0);
});

test('tags and note of one token, with suggestions, in its details', async () => {
  const { page, gw, shot } = view;
  await gw.pool(['basic-1', 'basic-2']);
  await gw.ok('POST', '/tokens/tags', { id: (await stored('basic-2')).id, tags: ['winter', 'team'] });
  await open();
  await row('basic-1').getByRole('button', { name: /^Details/ }).click();
  const field = dialog().getByRole('combobox', { name: 'Tags' });
  await dialog().getByRole('button', { name: 'winter' }).click();
  await field.pressSequentially('summer,');
  await dialog().getByRole('button', { name: 'Remove the tag summer' }).waitFor();
  assert.deepEqual(await dialog().locator('datalist option').evaluateAll((options) => options.map(({ value }) => value)), ['team']);
  await dialog().getByRole('button', { name: 'Save tags' }).click();
  await says('1 account was changed');
  assert.deepEqual((await stored('basic-1')).tags.toSorted(), ['summer', 'winter']);
  await dialog().getByLabel('Note').fill('x'.repeat(2001));
  await dialog().getByText('A note can have at most 2,000 characters.').waitFor();
  assert.ok(await dialog().getByRole('button', { name: 'Save note' }).isDisabled());
  await dialog().getByLabel('Note').fill('from Zoë');
  await dialog().getByRole('button', { name: 'Save note' }).click();
  await until(async () => (await stored('basic-1')).note === 'from Zoë', 'the note is stored');
  await dialog().getByRole('button', { name: 'Show' }).click();
  await dialog().getByText(jwt('basic-1')).waitFor();
  await view.check();
  await dialog().getByRole('button', { name: 'Hide' }).click();
  await shot('tokens-details');
  await dialog().getByRole('button', { name: 'Disable' }).click();
  await dialog().getByRole('button', { name: 'Enable' }).waitFor();
  assert.equal((await stored('basic-1')).status_code, 'disabled');
  await dialog().getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog', { name: `Delete the account …${suffix('basic-1')}?` }).getByRole('button', { name: 'Delete' }).click();
  await row('basic-1').waitFor({ state: 'detached' });
  assert.deepEqual((await gw.tokens()).map((each) => each.token_suffix), [suffix('basic-2')]);
});

test('names made of HTML are text everywhere on the screen', async () => {
  const { page, gw } = view;
  await gw.pool(['basic-1', 'basic-2']);
  await gw.ok('POST', '/tokens/tags', { id: (await stored('basic-1')).id, tags: [HTML] });
  await gw.ok('POST', '/tokens/note', { id: (await stored('basic-1')).id, note: HTML });
  await open();
  await page.getByRole('combobox', { name: 'Tag' }).selectOption(HTML);
  await says('1 of 2 matches');
  await row('basic-1').getByText(HTML).first().waitFor();
  await page.getByRole('combobox', { name: 'Tag' }).selectOption('');
  for (const name of ['basic-1', 'basic-2']) {
    await row(name).getByRole('button', { name: /^Details/ }).click();
    await dialog().getByText(HTML).first().waitFor();
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
  }
  await row('basic-1').getByRole('checkbox').check();
  await page.getByRole('group', { name: 'Actions', exact: true }).getByRole('button', { name: 'Note' }).click();
  assert.equal(await dialog().getByLabel('Note').inputValue(), HTML);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('img[src="x"]').count(), 0);
  assert.match(await page.title(), /Grok2API$/);
  await view.check();
});

test('a failed action is shown, and the choice stays', async () => {
  const { page, gw } = view;
  await gw.pool(['basic-1']);
  assert.equal((await gw.chat('hi')).status, 200);
  await open();
  await row('basic-1').getByText('Quota unknown').waitFor();
  await row('basic-1').getByRole('checkbox').check();
  await page.route('**/api/tokens/status', async (route) => {
    await until(() => page.locator('[aria-busy=true].button').count(), 'the button shows that it works');
    await route.fulfill({ status: 503, json: { success: false, message: 'x', code: 'database_error' } });
  });
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await page.getByText('The database is unavailable').first().waitFor();
  await page.unroute('**/api/tokens/status');
  await says('1 selected');
  assert.equal((await stored('basic-1')).status_code, 'unused');
});

test('by keyboard: find, open, label, switch, choose, delete', async () => {
  const { page, gw } = view;
  await gw.pool(Array.from({ length: 12 }, (_, n) => `basic-${n}`));
  await gw.ok('POST', '/tokens/note', { id: (await stored('basic-3')).id, note: 'mine' });
  await open();
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  const tabTo = async (name) => {
    for (let tabs = 0; tabs < 40; tabs += 1) {
      if (name.test(await focused())) return;
      await press('Tab');
    }
    assert.fail(`Tab does not reach ${name}`);
  };
  await row('basic-11').waitFor();
  await press('/');
  await page.keyboard.type('mine');
  await says('1 of 12 matches');
  await tabTo(/^Details/);
  await press('Enter');
  await dialog().waitFor();
  await tabTo(/^Tags/);
  await page.keyboard.type('by key');
  await press('Enter');
  await tabTo(/^Save tags/);
  await press('Enter');
  await until(async () => (await stored('basic-3')).tags.includes('by key'), 'the tag is stored');
  // Its form is a new one then.
  await page.locator('dialog button:disabled', { hasText: 'Save tags' }).waitFor();
  assert.ok(await page.evaluate(() => document.querySelector('dialog[open]').contains(document.activeElement)), 'the focus stays in the dialog');
  await press('Escape');
  await dialog().waitFor({ state: 'detached' });
  assert.match(await focused(), /^Details/, 'the focus is back on the row');
  await press('/');
  await press('ControlOrMeta+a', 'Backspace');
  await says('12 accounts');
  await tabTo(/^Select …/);
  await press('Space', 'ArrowDown', 'Space');
  await says('2 selected');
  const gone = await page.locator('tr[aria-selected=true] .token-name').allTextContents();
  await page.keyboard.press('Shift+Tab');
  for (let tabs = 0; tabs < 20 && (await focused()) !== 'Delete'; tabs += 1) await press('Shift+Tab');
  await press('Enter');
  await dialog().waitFor();
  await tabTo(/^Delete$/);
  await press('Enter');
  await says('2 accounts were deleted');
  assert.equal((await gw.tokens()).length, 10);
  assert.ok((await gw.tokens()).every((each) => !gone.includes(`…${each.token_suffix}`)));
});
