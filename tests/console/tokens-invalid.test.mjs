// Entries of an earlier release that are no tokens, in the console: shown with the reason, removed by one button.
import assert from 'node:assert/strict';
import { test } from '../lib/suite.mjs';
import { databaseOf, sqlite, usedFolder } from '../lib/database.mjs';
import { suffix, tokensForFile } from '../lib/tokens.mjs';

const JUNK = ['anna.field@example.com----Passw0rd!x----eyJhbGciOiJIUzI1NiJ9.e30.c2ln', '#HttpOnly_.grok.com', 'TRUE'];

const view = tokensForFile(async () => {
  const { dataDir } = await usedFolder();
  await sqlite('tokens', await databaseOf(dataDir), JSON.stringify(JUNK));
  return { dataDir };
});

test('they have a state, a reason, and one button to remove them', async () => {
  const { page, gw, open, dialog, shot } = view;
  await open();
  const remove = page.getByRole('button', { name: 'Remove 3 entries' });
  await remove.waitFor();
  await page.getByText('3 entries are not session tokens. They are never sent to Grok.').waitFor();
  await page.getByRole('group', { name: 'Accounts by state' }).getByRole('button', { name: 'Not a token 3' }).click();
  await page.getByText('3 of 4 match').waitFor();
  assert.equal(await page.getByText('Not a session token: never sent to Grok').count(), 3);
  await shot('tokens-invalid');
  await view.check();
  await remove.click();
  await dialog().getByRole('heading', { name: 'Remove 3 entries?' }).waitFor();
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await gw.tokens()).length, 4, 'nothing goes unasked');
  await remove.click();
  await dialog().getByRole('button', { name: 'Delete' }).click();
  await page.getByText('3 accounts were deleted').waitFor();
  await remove.waitFor({ state: 'detached' });
  assert.deepEqual((await gw.tokens()).map((row) => row.token_suffix), [suffix('basic-1')]);
});
