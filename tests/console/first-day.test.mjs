// A person's first day: from the first sign-in to a streamed picture, by pointer and by keyboard alone.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from '../lib/suite.mjs';
import { promisify } from 'node:util';
import { openConsole } from '../lib/console.mjs';
import { jwt, until } from '../lib/gateway.mjs';

const run = promisify(execFile);
const PASSWORD = 'three unrelated words';
const arrives = (page, place) => until(() => new URL(page.url()).hash === place, `arrival at ${place}`);

/** Collects what the element says while it grows, and gives its different states at the end. */
const watchText = (element) => element.evaluate((watched) => {
  globalThis.states = [watched.innerText];
  new MutationObserver(() => {
    if (globalThis.states.at(-1) !== watched.innerText) globalThis.states.push(watched.innerText);
  }).observe(watched, { subtree: true, childList: true, characterData: true });
});

/** All pictures of the conversation, as they are really displayed. */
const widths = (page) => page.locator('.answer-picture img').evaluateAll((all) => all.map(({ naturalWidth }) => naturalWidth));

async function curlWorks(page, gw) {
  const command = await page.getByRole('tabpanel').innerText();
  assert.ok(command.includes(gw.url), command);
  const { stdout } = await run('sh', ['-c', command], { timeout: 20_000 });
  const said = stdout.split('\n').filter((line) => line.startsWith('data: {')).map((line) => JSON.parse(line.slice(6)).choices[0]?.delta.content ?? '').join('');
  assert.match(said, /Hello! You asked/);
  assert.match(stdout, /data: \[DONE\]/);
}

test('a first day, from sign-in to the log and the gallery', async () => {
  const { page, gw, shot, check, stop } = await openConsole({ fresh: true });
  const button = (name) => page.getByRole('button', { name, exact: true });
  const tokens = page.getByRole('textbox', { name: 'Tokens' });
  try {
    await shot('day-1-sign-in');
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill('admin');
    await button('Sign in').click();
    await page.getByLabel('New password').fill(PASSWORD);
    await page.getByLabel('Confirm password').fill(PASSWORD);
    await shot('day-2-password');
    await button('Save and continue').click();
    await arrives(page, '#/start');
    await tokens.waitFor();
    await check();
    await shot('day-3-accounts');
    assert.equal(await page.getByRole('combobox', { name: 'Type' }).count(), 0, 'the type is read, not asked for');
    await tokens.fill(`sso=${jwt('basic-1')}\n${jwt('basic-2')}`);
    await button('Add 2 accounts').click();
    await page.getByText('It works: Grok').waitFor();
    await button('Next').click();
    await page.getByLabel('Name of the key').waitFor();
    await shot('day-4-key');
    await button('Create the key').click();
    await page.getByText('Copy it now').waitFor();
    await shot('day-5-key-made');
    await page.locator('.made').getByRole('button', { name: 'Copy' }).click();
    await page.locator('.made').getByRole('button', { name: 'Copied' }).waitFor();
    const key = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal((await gw.call('GET', '/v1/models', { headers: { authorization: `Bearer ${key}` } })).status, 200);
    await button('Next').click();
    gw.grok.script({ times: 1 }, { slow: 60 });
    await page.getByRole('combobox', { name: 'Model' }).getByText('grok-4-heavy').waitFor({ state: 'attached' });
    // That steps open and close is what was asked for.
    await page.evaluate(() => { globalThis.layoutShift = { sum: 0, parts: [] }; });
    const answer = page.getByRole('log', { name: 'Answer' });
    await watchText(answer);
    await button('Send').click();
    await page.getByText('It works.').waitFor();
    const states = await page.evaluate(() => globalThis.states);
    assert.ok(states.filter((state) => /Hello/.test(state)).length > 3, `it came in parts: ${states.length} states`);
    await check();
    await shot('day-6-answer');
    await curlWorks(page, gw);
    await page.getByRole('link', { name: 'Open the playground' }).click();
    // The playground offers the key of the first steps.
    await page.getByRole('textbox', { name: 'Message' }).fill('Draw a lighthouse at dusk.');
    gw.grok.script({ times: 1 }, { slow: 100 });
    await button('Send').click();
    await until(async () => (await widths(page)).filter((width) => width > 0).length === 2, 'the pictures', 20_000);
    // Styles of the first steps are still there, and not meant for this.
    assert.equal(await page.locator('article.answer').evaluate((element) => getComputedStyle(element).overflowY), 'visible');
    await check();
    await shot('day-7-drawing');
    await page.getByRole('link', { name: 'Requests', exact: true }).click();
    await page.getByRole('heading', { name: 'Requests', level: 1 }).waitFor();
    await until(async () => await page.locator('main tbody tr').filter({ hasText: 'grok-fast' }).count() === 3, 'the three chats of the day');
    await shot('day-8-requests');
    await page.getByRole('link', { name: 'Media', exact: true }).click();
    const gallery = page.getByRole('button', { name: /^Show picture \d/ });
    await gallery.first().waitFor();
    assert.equal(await gallery.count(), 2);
    await until(() => gallery.locator('img').evaluateAll((all) => all.every(({ naturalWidth }) => naturalWidth > 0)), 'the gallery');
    await shot('day-9-media');
    await check();
  } finally {
    await stop();
  }
});

test('a reload keeps the key, and a finished step can be redone', async () => {
  const { page, gw, stop, check } = await openConsole();
  const button = (name) => page.getByRole('button', { name, exact: true });
  try {
    await page.goto(`${gw.url}/manage#/start`);
    await button('Later').click();
    await button('Create the key').click();
    await page.getByText('Copy it now').waitFor();
    const key = await page.locator('.made code').innerText();
    await page.reload();
    // No account yet: the first step is open again, and the key is still in sight behind its own.
    await page.getByText('first key').waitFor();
    await button('Open again – Open the step: Create a key').click();
    assert.equal(await page.locator('.made code').innerText(), key);
    await button('Next').click();
    await button('Open – Open the step: Try it').click();
    await page.getByText('The pool is empty').waitFor();
    await button('Send').click();
    await page.getByRole('alert').getByText('Add accounts').waitFor();
    await check();
    await page.getByRole('link', { name: 'Add accounts' }).click();
    await arrives(page, '#/tokens');
  } finally {
    await stop();
  }
});

test('the first day by keyboard alone', async () => {
  const { page, gw, stop } = await openConsole({ fresh: true });
  const { keyboard } = page;
  const focused = () => page.evaluate(() => {
    const { activeElement: element } = document;
    if (element === document.body) return '';
    return element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText ?? '';
  });
  /** Tab, until what has the focus is called so. */
  const tabTo = async (name, limit = 40) => {
    const passed = [];
    for (let tabs = 0; tabs < limit; tabs += 1) {
      const at = await focused();
      if (name.test(at)) return;
      passed.push(at.slice(0, 30));
      await keyboard.press('Tab');
    }
    assert.fail(`${name} is not on the way: ${passed.join(' | ')}`);
  };
  const type = async (name, text) => {
    await tabTo(name);
    await keyboard.press('Control+A');
    await keyboard.insertText(text);
  };
  try {
    await until(async () => /User name/.test(await focused()), 'the focus on the first field');
    await type(/^User name/, 'admin');
    await type(/^Password/, 'admin');
    await keyboard.press('Enter');
    await until(async () => /New password/.test(await focused()), 'the focus on the new password');
    await type(/^New password/, PASSWORD);
    await type(/^Confirm password/, PASSWORD);
    await keyboard.press('Enter');
    await arrives(page, '#/start');
    await page.getByRole('textbox', { name: 'Tokens' }).waitFor();
    await type(/^Tokens/, `${jwt('basic-1')}`);
    await page.getByRole('button', { name: 'Add 1 account' }).waitFor();
    await tabTo(/^Add 1 account/);
    await keyboard.press('Enter');
    await until(async () => /^Check the connection/.test(await focused()), 'the focus in the next step');
    await page.getByText('It works: Grok').waitFor();
    await tabTo(/^Next/);
    await keyboard.press('Enter');
    await until(async () => /^Create a key/.test(await focused()), 'the focus in the step after it');
    await tabTo(/^Name of the key/);
    await keyboard.press('Enter');
    await page.getByText('Copy it now').waitFor();
    await tabTo(/^Copy/);
    await keyboard.press('Enter');
    await page.locator('.made').getByRole('button', { name: 'Copied' }).waitFor();
    await tabTo(/^Next/);
    await keyboard.press('Enter');
    await tabTo(/^Send/);
    await keyboard.press('Enter');
    await page.getByText('It works.').waitFor();
    await tabTo(/^curl/);
    await keyboard.press('ArrowRight');
    assert.match(await page.getByRole('tabpanel').innerText(), /from openai import OpenAI/);
    await tabTo(/^Open the playground/);
    await keyboard.press('Enter');
    await arrives(page, '#/playground');
    await page.getByText('Ask something').waitFor();
    await tabTo(/^Message/);
    await keyboard.insertText('Draw a lighthouse at dusk.');
    await page.getByRole('button', { name: 'Send', disabled: false }).waitFor();
    await keyboard.press('Enter');
    await until(async () => (await widths(page)).filter((width) => width > 0).length === 2, 'the pictures');
    await page.getByRole('button', { name: 'Raw events' }).waitFor();
    await keyboard.press('Shift+Tab');
    await until(async () => {
      if (/^Open the picture/.test(await focused())) return true;
      await keyboard.press('Shift+Tab');
      return false;
    }, 'the focus on a picture');
    await keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.match(await focused(), /^Open the picture/);
    for (const [letter, place] of [['r', '#/requests'], ['m', '#/media']]) {
      await keyboard.press('g');
      await keyboard.press(letter);
      await arrives(page, place);
    }
    await page.getByRole('button', { name: /^Show picture \d/ }).first().waitFor();
  } finally {
    await stop();
  }
});
