// Tokens into the console and out of it: pasted, from files, dropped; what will be added is seen first.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach, test } from '../lib/suite.mjs';
import { jwt } from '../lib/gateway.mjs';
import { suffix, tokensForFile } from '../lib/tokens.mjs';

const HTML = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

const view = tokensForFile();
const { open, dialog, row } = view;
beforeEach(async () => {
  await view.gw.pool(['basic-1', 'basic-2']);
  await open();
});

const preview = () => dialog().getByRole('region', { name: 'Preview' });
const counted = async (counts) => {
  for (const [name, count] of Object.entries(counts)) await preview().getByRole('button', { name: `${name} ${count}`, exact: true }).waitFor();
};
const suffixes = async () => (await view.gw.tokens()).map((row) => row.token_suffix).sort();

/** Files from outside, over the whole screen and let go. */
const dragged = (files) => view.page.evaluateHandle((list) => {
  const data = new DataTransfer();
  for (const [name, content] of list) data.items.add(new File([content], name, { type: 'text/plain' }));
  return data;
}, files);

test('pasted lines are previewed: new, repeated, known, invalid', async () => {
  const { page, gw, shot } = view;
  await page.getByRole('button', { name: 'Add accounts' }).click();
  await dialog().getByText('to see what will be added').waitFor();
  assert.ok(await dialog().getByRole('button', { name: 'Add accounts' }).isDisabled());
  await dialog().getByLabel('Tokens or xAI keys', { exact: true }).fill([jwt('new-1'), `sso=${jwt('new-2')}`, jwt('new-1'), jwt('basic-1'), HTML, 'tokén', '', '<b>x</b>', jwt('new-3')].join('\n'));
  await counted({ All: 8, New: 3, Updated: 0, Unchanged: 2, 'Invalid': 3 });
  const lines = await preview().getByRole('listitem').allTextContents();
  assert.match(lines[2], /Line 3.*Unchanged.*Duplicate of line 1/);
  assert.match(lines[3], new RegExp(`Line 4.*…${suffix('basic-1')}.*Already in the pool`));
  assert.match(lines[4], /Line 5.*Invalid.*has no cookie named sso/);
  assert.match(lines[5], /Line 6.*Invalid.*character that is not allowed in tokens/);
  assert.match(lines[6], /Line 8.*Invalid.*No token found/);
  assert.deepEqual(await suffixes(), ['basic-1', 'basic-2'].map(suffix).sort(), 'a preview adds nothing');
  assert.equal(await dialog().locator('img[src="x"], code b').count(), 0);
  await shot('tokens-import');
  await preview().getByRole('button', { name: 'Invalid 3' }).click();
  assert.equal(await preview().getByRole('listitem').count(), 3);
  await view.check();
  const [sent] = await Promise.all([page.waitForRequest('**/api/tokens/import'), dialog().getByRole('button', { name: 'Add 3 accounts' }).click()]);
  assert.ok(!('token_type' in sent.postDataJSON()), 'Grok is asked for the type');
  await page.getByText('3 added, 2 unchanged, 3 invalid').waitFor();
  await dialog().waitFor({ state: 'detached' });
  await row('new-3').waitFor();
  assert.deepEqual(await suffixes(), ['basic-1', 'basic-2', 'new-1', 'new-2', 'new-3'].map(suffix).sort());
  assert.ok((await gw.tokens()).every((each) => each.token_type === 'sso'));
});

test('of a ledger and a cookie file only the tokens are kept', async () => {
  const { page, gw } = view;
  await page.getByRole('button', { name: 'Add accounts' }).click();
  const row = (name, value) => `.grok.com\tTRUE\t/\tTRUE\t1829287800\t${name}\t${value}`;
  const cookies = ['# Netscape HTTP Cookie File', row('sso', jwt('new-2')), row('sso-rw', jwt('new-2')), row('cf_clearance', 'abc.def-123'), row('i18nextLng', 'en')].join('\n');
  await dialog().locator('input[type=file]').setInputFiles([
    { name: 'ledger.txt', mimeType: 'text/plain', buffer: Buffer.from(`anna@example.com----Passw0rd!x----${jwt('new-1')}\nbo@example.com----S3cret#y`) },
    { name: 'cookies.txt', mimeType: 'text/plain', buffer: Buffer.from(cookies) },
    { name: 'sheet.txt', mimeType: 'text/plain', buffer: Buffer.from(`\ufefftoken\tnote\r\n${jwt('new-3')}\tMünch\r\n`, 'utf16le') },
  ]);
  await counted({ New: 3, Unchanged: 1, 'Invalid': 1 });
  const lines = await preview().getByRole('listitem').allTextContents();
  assert.ok(lines.some((line) => /ledger\.txt, line 2.*No token found/.test(line)), lines.join('\n'));
  assert.ok(lines.some((line) => /cookies\.txt, line 4.*Other cookies, ignored: 2/.test(line)), lines.join('\n'));
  assert.doesNotMatch(lines.join(), /@|Passw0rd|S3cret/);
  await dialog().getByRole('button', { name: 'Add 3 accounts' }).click();
  await dialog().waitFor({ state: 'detached' });
  assert.deepEqual(await suffixes(), ['basic-1', 'basic-2', 'new-1', 'new-2', 'new-3'].map(suffix).sort());
  assert.equal((await gw.tokens()).find((each) => each.token_suffix === suffix('new-3')).note, 'Münch');
});

test('every form of tokens is recognised in the preview', async () => {
  const { page } = view;
  const folder = fileURLToPath(new URL('../fixtures/import/', import.meta.url));
  const expected = JSON.parse(await readFile(`${folder}expected.json`, 'utf8'));
  const all = Object.values(expected).flat();
  const texts = await Promise.all(Object.keys(expected).map((name) => readFile(folder + name, 'utf8')));
  /** The ends of the tokens in the files, by the name that each bears. */
  const ends = new Map(texts.join().match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g).map((token) => [JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).session_id, token.slice(-6)]));
  await page.getByRole('button', { name: 'Add accounts' }).click();
  await dialog().locator('input[type=file]').setInputFiles(Object.keys(expected).map((name) => folder + name));
  await counted({ New: all.length, 'Invalid': 0 });
  const lines = await preview().getByRole('listitem').allTextContents();
  for (const [name, entries] of Object.entries(expected)) {
    for (const { line, session } of entries) assert.ok(lines.some((text) => text.includes(`${name}, line ${line}`) && text.includes(ends.get(session))), `${name} ${line}: ${lines.join('\n')}`);
  }
  assert.doesNotMatch(lines.join(), /@|Passw0rd|S3cret/);
  await dialog().getByRole('button', { name: `Add ${all.length} accounts` }).click();
  await dialog().waitFor({ state: 'detached' });
  assert.deepEqual(await suffixes(), [...['basic-1', 'basic-2'].map(suffix), ...ends.values()].sort());
});

test('the chosen type counts; a failed import keeps the text', async () => {
  const { page, gw } = view;
  await page.getByRole('button', { name: 'Add accounts' }).click();
  await dialog().getByLabel('Tokens or xAI keys', { exact: true }).fill(jwt('super-1'));
  assert.equal(await dialog().getByRole('combobox', { name: 'Type' }).inputValue(), '', 'the type is read unless one is chosen');
  await counted({ New: 1 });
  await dialog().getByRole('combobox', { name: 'Type' }).selectOption('ssoSuper');
  await counted({ New: 1 });
  const types = [];
  page.on('request', (request) => { if (request.url().endsWith('/tokens/import')) types.push(request.postDataJSON().token_type); });
  await page.route('**/api/tokens/import', (route) => (route.request().postDataJSON().dry_run ? route.continue()
    : route.fulfill({ status: 503, json: { success: false, message: 'x', code: 'database_error' } })));
  await dialog().getByRole('button', { name: 'Add 1 account' }).click();
  await page.getByText('The database is unavailable').first().waitFor();
  await page.unroute('**/api/tokens/import');
  assert.equal(await dialog().getByLabel('Tokens or xAI keys', { exact: true }).inputValue(), jwt('super-1'));
  await dialog().getByRole('button', { name: 'Add 1 account' }).click();
  await row('super-1').getByText('Super').waitFor();
  assert.ok(types.length >= 2 && types.every((type) => type === 'ssoSuper'), types.join());
  assert.equal((await gw.tokens()).find((each) => each.token_suffix === suffix('super-1')).token_type, 'ssoSuper');
});

test('files are previewed by name and line, and update entries', async () => {
  const { page, gw } = view;
  await page.getByRole('button', { name: 'Add accounts' }).click();
  const csv = `token,token_type,tags,note\n${jwt('basic-1')},sso,"team, ""a""",${HTML.replaceAll(',', '')}\n${jwt('new-1')},ssoSuper,,\n`;
  await dialog().locator('input[type=file]').setInputFiles([
    { name: `${HTML}.csv`, mimeType: 'text/csv', buffer: Buffer.from(csv.replace(/onerror="([^"]*)"/, 'onerror=$1')) },
    { name: 'two.txt', mimeType: 'text/plain', buffer: Buffer.from(`${jwt('new-2')}\n`) },
  ]);
  await counted({ New: 2, Updated: 1, 'Invalid': 0 });
  const lines = await preview().getByRole('listitem').allTextContents();
  assert.ok(lines.some((line) => line.includes('two.txt, line 1')), lines.join('\n'));
  assert.ok(lines.some((line) => line.includes('Changes: tags, note')), lines.join('\n'));
  assert.equal(await dialog().locator('img[src="x"]').count(), 0);
  await dialog().getByRole('button', { name: 'Remove two.txt' }).click();
  await counted({ New: 1, Updated: 1 });
  await dialog().getByRole('button', { name: 'Add 1, update 1' }).click();
  await row('new-1').waitFor();
  const known = (await gw.tokens()).find((each) => each.token_suffix === suffix('basic-1'));
  assert.ok(known.tags.length > 0 && known.note.startsWith('<img'), JSON.stringify(known));
  assert.deepEqual(await suffixes(), ['basic-1', 'basic-2', 'new-1'].map(suffix).sort());
});

test('dropped files open the preview; a drag that leaves does not', async () => {
  const { page } = view;
  const data = await dragged([['one.txt', jwt('new-1')], ['two.txt', jwt('new-2')]]);
  await page.dispatchEvent('main', 'dragenter', { dataTransfer: data });
  await page.getByText('Drop the files to add accounts').waitFor();
  await page.dispatchEvent('main', 'dragleave', { dataTransfer: data });
  await page.getByText('Drop the files to add accounts').waitFor({ state: 'detached' });
  await page.dispatchEvent('main', 'dragenter', { dataTransfer: data });
  await page.dispatchEvent('main', 'drop', { dataTransfer: data });
  await counted({ New: 2 });
  // Into the dialog too: one more file.
  await page.dispatchEvent('.add-files', 'drop', { dataTransfer: await dragged([['three.txt', jwt('new-3')]]) });
  await counted({ New: 3 });
  await dialog().getByRole('button', { name: 'Add 3 accounts' }).click();
  await row('new-3').waitFor();
  assert.equal((await suffixes()).length, 5);
});

test('an export holds the filtered rows, in three forms, and back', async () => {
  const { page, gw } = view;
  const [last] = await gw.tokens();
  await gw.ok('POST', '/tokens/tags', { id: last.id, tags: ['kept, with a comma'] });
  await gw.ok('POST', '/tokens/note', { id: last.id, note: HTML });
  const download = async (form) => {
    await page.getByRole('button', { name: 'Export' }).click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: form }).click()]);
    return { name: file.suggestedFilename(), content: await readFile(await file.path(), 'utf8') };
  };
  const all = await download(/^Text/);
  assert.deepEqual(all.content.trim().split('\n').sort(), ['basic-1', 'basic-2'].map(jwt).sort());
  await page.getByRole('searchbox').fill('img');
  await page.getByText('1 of 2 matches').waitFor();
  const [json, csv, text] = [await download(/^JSON/), await download(/^CSV/), await download(/^Text/)];
  assert.deepEqual([json, csv, text].map(({ name }) => /\.\w+$/.exec(name)?.[0]), ['.json', '.csv', '.txt']);
  const value = (await gw.ok('POST', '/tokens/reveal', { id: last.id })).token;
  assert.equal(text.content.trim(), value);
  await gw.ok('POST', '/tokens/delete', { ids: [last.id] });
  for (const { name, content } of [json, csv]) {
    await open();
    await page.getByRole('button', { name: 'Add accounts' }).click();
    await dialog().locator('input[type=file]').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(content) });
    await counted({ New: 1 });
    await dialog().getByRole('button', { name: 'Add 1 account' }).click();
    await page.getByText('1 added', { exact: true }).waitFor();
    const back = (await gw.tokens()).find(({ token_suffix: each }) => each === last.token_suffix);
    assert.deepEqual([back.tags, back.note], [['kept, with a comma'], HTML], name);
    await gw.ok('POST', '/tokens/delete', { ids: [back.id] });
  }
});

test('a file too large or without tokens is refused in words', async () => {
  const { page } = view;
  await page.getByRole('button', { name: 'Add accounts' }).click();
  await dialog().locator('input[type=file]').setInputFiles({ name: 'tokens.json', mimeType: 'application/json', buffer: Buffer.from('{"tokens": 7') });
  await dialog().getByRole('alert').waitFor();
  assert.match(await dialog().getByRole('alert').textContent(), /could not be read as tokens/);
  assert.ok(await dialog().getByRole('button', { name: 'Add accounts' }).isDisabled());
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Add accounts', 'the focus is given back');
  await page.keyboard.press('Enter');
  await dialog().locator('input[type=file]').setInputFiles({ name: 'many.txt', mimeType: 'text/plain', buffer: Buffer.alloc(19_000_001, 'a') });
  await dialog().getByText('many.txt is larger than 19 MB.').waitFor();
  assert.equal((await suffixes()).length, 2);
});
