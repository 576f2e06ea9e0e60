// What went wrong, in words: errors that the playground and the log show, in both languages.
// Directives in prompts, such as [[n:40]]: ../fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from '../lib/suite.mjs';
import { failure } from '../../static/console/failures.js';
import { text as failures } from '../../static/console/failures.text.js';
import { text as chats } from '../../static/console/screens/playground/stream.text.js';
import { until } from '../lib/gateway.mjs';
import { playgroundForFile } from '../lib/playground.mjs';

const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const CODES = ['missing_x_statsig_id', 'model_not_available', 'context_length_exceeded', 'upstream_blocked',
  'tool_call_missing', 'invalid_tool_call', 'invalid_structured_output', 'invalid_function_parameters', 'invalid_json_schema',
  'stale_x_statsig_id', 'media_not_stored'];
const SOURCES = ['error.rs', 'inference/failure.rs', 'inference/media.rs', 'inference/emulate/reader.rs', 'protocols/openai/chat_completions/parse/tools.rs', 'protocols/openai/chat_completions/parse/output.rs'];

const view = playgroundForFile();

const speak = (locale) => view.page.evaluate(async (next) => (await import('/console/i18n.js')).setLocale(next), locale);

/** Returns the code of the last answer's failure, after its words were looked for in both languages. */
async function saysOfIt(code) {
  const { page } = view;
  for (const locale of ['zh-CN', 'en']) {
    await speak(locale);
    await page.getByRole('alert').getByText(chats[locale][code]).waitFor();
  }
}

test('the gateway’s codes in a chat or the log have texts', () => {
  const source = SOURCES.map((file) => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8')).join('\n');
  for (const code of CODES) {
    assert.ok(source.includes(`"${code}"`), `${code} is a code of the gateway`);
    for (const tag of ['en', 'zh-CN']) assert.ok(code in chats[tag] && code in failures[tag] && `${code}:advice` in failures[tag], `${code} in ${tag}`);
  }
});

test('it is said who can act on codes of tools and formats', () => {
  for (const code of CODES.filter((each) => each.startsWith('invalid_') || each.startsWith('tool_'))) {
    assert.equal(failure(code).side, ['invalid_function_parameters', 'invalid_json_schema'].includes(code) ? 'client' : 'grok', code);
  }
});

test('a mode that no account has, and a conversation too long', async () => {
  await view.begin({ model: 'grok-expert' });
  await view.ask('[[freemode]] Hello');
  await view.answered();
  await saysOfIt('model_not_available');
  await view.begin({ model: 'grok-fast' });
  await view.ask('[[stream_error:user_prompt_too_long]] Hello');
  await view.answered();
  await saysOfIt('context_length_exceeded');
});

test('a video without a signature names the setting, also in logs', async () => {
  const { page, gw } = view;
  await view.begin({ model: 'grok-imagine-0.9' });
  await page.locator('.composer input[type=file]').setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: PICTURE });
  await page.locator('.composer .attached img').waitFor();
  await view.ask('Let it turn');
  await view.answered();
  await saysOfIt('missing_x_statsig_id');
  await view.shot('failure-signature');
  await view.check();
  await until(async () => (await gw.logs()).some(({ error_code: code }) => code === 'missing_x_statsig_id'), 'its row in the log');
  await page.goto(`${gw.url}/manage#/requests`);
  await page.locator('main tbody tr').filter({ hasText: 'grok-imagine-0.9' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('heading', { name: failures.en.missing_x_statsig_id }).waitFor();
  await dialog.getByText(failures.en['missing_x_statsig_id:advice']).waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Find the cause' }).count(), 0, 'nothing is blocked');
});
