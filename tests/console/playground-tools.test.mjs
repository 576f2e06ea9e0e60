// Tools, structured output, thinking and sources in the playground, as a person uses them.
// Directives in prompts, such as [[garble:refuse]]: ../fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, beforeEach, test } from '../lib/suite.mjs';
import { text as words } from '../../static/console/screens/playground/options.text.js';
import { text as chats } from '../../static/console/screens/playground/stream.text.js';
import { text } from '../../static/console/screens/playground/text.js';
import { until } from '../lib/gateway.mjs';
import { playgroundForFile } from '../lib/playground.mjs';

const WEATHER = { type: 'function', function: { name: 'get_weather', description: 'Weather of a city.', strict: true,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false } } };
const TIME = { type: 'function', function: { name: 'get_time', description: 'Time of a place.', parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] } } };
const PATCH = { type: 'custom', custom: { name: 'apply_patch', description: 'Changes files.' } };
const PERSON = { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } }, required: ['name', 'age'], additionalProperties: false };

const view = playgroundForFile();
let page;
let gw;
before(() => { ({ page, gw } = view); });
beforeEach(async () => {
  await page.evaluate(() => localStorage.setItem('locale', 'en'));
  await view.begin();
});

const button = (name) => page.getByRole('button', { name, exact: true });
const field = (name) => page.getByLabel(name, { exact: true });
const summary = () => page.locator('.options > summary');
const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);

/** Opens the options and sets them; `choice` is the value of an option of the select. */
async function set({ tools, choice, format, schema, reasoning }) {
  if (!await field(words.en.tools).isVisible()) await summary().click();
  if (tools !== undefined) await field(words.en.tools).fill(typeof tools === 'string' ? tools : JSON.stringify(tools));
  if (choice !== undefined) await field(words.en.choice).selectOption(choice);
  if (format !== undefined) await field(words.en.format).selectOption(format);
  if (schema !== undefined) await page.getByRole('textbox', { name: words.en.schema }).fill(typeof schema === 'string' ? schema : JSON.stringify(schema));
  if (reasoning !== undefined) await field(words.en.reasoning).selectOption(reasoning);
}

/** Asks, and returns the ended answer and the body of its request. */
async function asked(question, count) {
  const sent = page.waitForRequest('**/v1/chat/completions');
  await view.ask(question);
  return { body: (await sent).postDataJSON(), answer: await view.answered(count) };
}

test('a fault in an option is named, and nothing is sent', async () => {
  await summary().click();
  await button(words.en.example).click();
  const tools = field(words.en.tools);
  assert.ok(await isFocused(tools));
  assert.match(await tools.inputValue(), /get_weather/);
  await set({ choice: '=get_weather' });
  await tools.fill('[{"type": "function", "function": {"name": "two words"}}]');
  assert.equal(await page.locator('.options .field-error').count(), 0, 'nothing is said while one writes');
  await summary().click();
  await page.locator('.options > summary').getByText(words.en.correct).waitFor();
  await view.box.fill('[[n:3]]');
  await page.getByRole('button', { name: 'Send', disabled: false }).waitFor();
  await view.box.press('Enter');
  await page.getByText('Tool 1: “function.name” must have 1 to 128 letters').waitFor();
  assert.ok(await isFocused(tools), 'the field at fault has the focus');
  assert.equal(await view.box.inputValue(), '[[n:3]]', 'the question stays');
  await view.check();
  await view.shot('playground-tools-fault');
  await tools.fill(JSON.stringify([TIME]));
  await page.getByText('The tool “get_weather” is not in the list').waitFor();
  await set({ choice: 'auto', format: 'json_schema', schema: '{' });
  await button('Send').click();
  await page.getByText('This is not valid JSON').waitFor();
  assert.equal(await page.getByText('is not in the list').count(), 0);
  assert.equal(gw.grok.of('chat').length, 0);
  await set({ format: 'text' });
  await button('Send').click();
  await view.answered(1);
  // Of an edited question too, which is not lost.
  await set({ tools: '{}' });
  await button('Edit the question').click();
  await field('Edit the question').fill('edited');
  await field('Edit the question').press('Enter');
  await page.getByText(words.en.toolsNotList).waitFor();
  assert.equal(await field('Edit the question').inputValue(), 'edited');
  assert.equal(gw.grok.of('chat').length, 1);
});

test('two calls are shown, answered by hand, and Grok goes on', async () => {
  await set({ tools: [WEATHER, TIME] });
  const stream = page.waitForResponse('**/v1/chat/completions');
  const { body, answer } = await asked('Use get_weather and get_time for Rome', 1);
  assert.deepEqual([body.tools, body.tool_choice], [[WEATHER, TIME], undefined]);
  const calls = answer.locator('.call');
  assert.equal(await calls.count(), 2);
  assert.equal(await calls.first().locator('pre').first().textContent(), '{\n  "city": "Rome"\n}');
  const ids = await answer.locator('.call-id code').allTextContents();
  assert.equal(new Set(ids).size, 2);
  await page.getByText(text.en.awaitsResults).waitFor({ state: 'attached' });
  // What is shown is what came.
  const wire = await (await stream).text();
  for (const part of [...ids, '"tool_calls"', '"finish_reason":"tool_calls"']) assert.ok(wire.includes(part), part);
  await answer.getByRole('button', { name: text.en.events }).click();
  assert.equal((await page.locator('.events code').allTextContents()).map((event) => `${event}\n\n`).join(''), wire);
  await page.keyboard.press('Escape');
  const send = answer.getByRole('button', { name: 'Send 2 results' });
  assert.ok(await send.isDisabled());
  await answer.getByText('2 results are missing').waitFor();
  await field('Result of get_weather').fill('{"temperature":21}');
  await answer.getByText('1 result is missing').waitFor();
  assert.ok(await send.isDisabled(), 'all calls are answered before results are sent');
  await view.check();
  await view.shot('playground-calls');
  await page.keyboard.press('Enter');
  assert.ok(await isFocused(field('Result of get_time')), 'Enter goes to the next result');
  await page.keyboard.type('noon');
  const sent = page.waitForRequest('**/v1/chat/completions');
  await page.keyboard.press('Enter');
  const next = (await sent).postDataJSON();
  assert.deepEqual(next.messages.slice(1).map(({ role, tool_call_id: id, content }) => [role, id, content]),
    [['assistant', undefined, null], ['tool', ids[0], '{"temperature":21}'], ['tool', ids[1], 'noon']]);
  assert.deepEqual(next.messages[1].tool_calls.map(({ id, type, function: called }) => [id, type, called.name, called.arguments]),
    [[ids[0], 'function', 'get_weather', '{"city":"Rome"}'], [ids[1], 'function', 'get_time', '{"place":"Rome"}']]);
  await (await view.answered(2)).getByText('That is what I found: {"temperature":21}; noon').waitFor();
  assert.ok(await isFocused(view.box));
  await view.check();
  await view.shot('playground-results');
});

test('results are changed, kept over a reload, or left out', async () => {
  await set({ tools: [WEATHER, PATCH], choice: '=get_weather', reasoning: 'parsed' });
  const { body } = await asked('Rome, please', 1);
  assert.deepEqual(body.tool_choice, { type: 'function', function: { name: 'get_weather' } });
  await field('Result of get_weather').fill('rain');
  await page.reload();
  await summary().getByText('2 tools · thinking: parsed').waitFor();
  assert.equal(await field('Result of get_weather').inputValue(), 'rain');
  const sent = page.waitForRequest('**/v1/chat/completions');
  await page.getByRole('button', { name: 'Send the result', disabled: false }).click();
  assert.equal((await sent).postDataJSON().tool_choice, undefined, 'a call that must come would never end');
  await (await view.answered(2)).getByText('That is what I found: rain').waitFor();
  await button(text.en.changeResults).click();
  assert.equal(await view.answers.count(), 1, 'later answers are gone');
  assert.ok(await isFocused(field('Result of get_weather')));
  await field('Result of get_weather').fill('snow');
  await field('Result of get_weather').press('Enter');
  await (await view.answered(2)).getByText('That is what I found: snow').waitFor();
  await button(text.en.regenerate).click();
  await (await view.answered(2)).getByText('That is what I found: snow').waitFor();
  assert.equal(await view.answers.count(), 2, 'only the last answer is replaced');
  await set({ choice: 'auto' });
  const custom = await asked('apply_patch please', 3);
  await custom.answer.getByText(text.en.customCall).waitFor();
  assert.equal(await custom.answer.locator('.call pre').textContent(), 'for apply_patch: apply_patch please');
  // Without a result the call is not part of the next request.
  const { body: last } = await asked('never mind', 4);
  assert.deepEqual(last.messages.slice(-2).map(({ role, content }) => [role, content]), [['user', 'apply_patch please'], ['user', 'never mind']]);
  assert.equal(await page.getByRole('textbox', { name: /^Result of/ }).count(), 0);
});

test('a conversation that an earlier release kept is restored', async () => {
  await page.goto(`${gw.url}/favicon.svg`);
  const kept = { system: '', draft: { text: '', pictures: [] }, turns: [{ id: 1, role: 'user', text: 'hello', pictures: [] },
    { id: 2, role: 'assistant', text: 'earlier words', state: 'done', model: 'grok-4', firstMs: 1, totalMs: 2, usage: null, requestId: null, error: null }] };
  await page.evaluate((conversation) => sessionStorage.setItem('playground-conversation', JSON.stringify(conversation)), kept);
  await page.goto(`${gw.url}/manage#/playground`);
  await view.answers.getByText('earlier words').waitFor();
  await summary().getByText('None').waitFor();
  const { body } = await asked('[[n:3]]', 2);
  assert.deepEqual(body.messages.map(({ content }) => content), ['hello', 'earlier words', '[[n:3]]']);
});

test('structured output is formatted, and a refusal is shown', async () => {
  await set({ format: 'json_schema', schema: PERSON });
  const { body, answer } = await asked('Ann is 31 years old', 1);
  assert.deepEqual(body.response_format, { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: PERSON } });
  await answer.getByRole('button', { name: text.en.copyAnswer }).click();
  const json = await page.evaluate(() => navigator.clipboard.readText());
  assert.deepEqual(JSON.parse(json), { name: 'Ann', age: 31 });
  assert.equal(await answer.locator('pre').textContent(), JSON.stringify(JSON.parse(json), null, 2));
  await view.check();
  await view.shot('playground-structured');
  const refused = await asked('[[garble:refuse]] Bob is 40', 2);
  assert.equal(refused.body.messages[1].content, json);
  await refused.answer.locator('.notice').getByText("I can't help with that.").waitFor();
  await refused.answer.getByText(text.en.refused).waitFor();
  await view.check();
  await view.shot('playground-refusal');
  await button(text.en.events).last().click();
  await page.locator('.events').getByText('"refusal":"I can').waitFor();
  await page.keyboard.press('Escape');
  await set({ format: 'json_object' });
  const { body: object } = await asked('any object', 3);
  assert.deepEqual(object.response_format, { type: 'json_object' });
  assert.deepEqual(object.messages.at(-2), { role: 'assistant', content: null, refusal: "I can't help with that." });
});

test('thinking has one place, wherever it comes from', async () => {
  for (const [reasoning, key] of [['', '<think>'], ['raw', '<think>'], ['parsed', '"reasoning_content"'], ['hidden', null]]) {
    await button('New').isEnabled() && await button('New').click();
    await set({ reasoning });
    const stream = page.waitForResponse('**/v1/chat/completions');
    const { body, answer } = await asked('[[n:5]]', 1);
    assert.equal(body.reasoning_format, reasoning || undefined);
    const wire = await (await stream).text();
    for (const each of ['<think>', '"reasoning_content"']) assert.equal(wire.includes(each), each === key, `${each} for ${reasoning}`);
    const thinking = answer.locator('details.thinking');
    assert.equal(await thinking.count(), key === null ? 0 : 1, reasoning);
    await answer.getByText('word0 word1').waitFor();
    if (key === null) continue;
    await thinking.getByText('Thoughts', { exact: true }).click();
    await until(async () => (await thinking.locator('.markdown').innerText()).length > 10, `the thoughts of ${reasoning}`);
  }
});

test('thinking in a field of its own shows that it goes on', async () => {
  await set({ reasoning: 'parsed' });
  await view.ask('[[n:40]] [[slow:120]]');
  const thinking = view.answers.last().locator('details.thinking');
  await thinking.getByText('Thinking…').waitFor();
  assert.equal(await thinking.evaluate((element) => element.open), false);
  await view.answers.last().getByText('word3').waitFor();
  await thinking.getByText('Thoughts', { exact: true }).waitFor();
  assert.equal(await view.answers.last().getAttribute('aria-busy'), 'true', 'while the text still comes');
  await button('Stop').click();
  await view.answered();
});

test('sources are links below the answer', async () => {
  const { answer } = await asked('[[cite]] where do trees grow?', 1);
  const sources = answer.getByRole('region', { name: text.en.sources });
  const links = await sources.getByRole('link').evaluateAll((all) => all.map(({ href, target, rel }) => [href, target, rel]));
  assert.deepEqual(links, ['https://example.org/hyperion', 'https://example.org/redwoods'].map((url) => [url, '_blank', 'noopener noreferrer']));
  await view.check();
  await view.shot('playground-sources');
  await button(text.en.events).click();
  await page.locator('.events').getByText('"annotations"').waitFor();
});

const STRICT = { ...PERSON, patternProperties: {} };
for (const [code, options, question, isCalled = true] of [
  ['tool_call_missing', { tools: [WEATHER], choice: 'required' }, '[[garble:none_always]] Rome'],
  ['invalid_tool_call', { tools: [WEATHER] }, '[[garble:misfit_always]] get_weather in Rome'],
  ['invalid_structured_output', { format: 'json_schema', schema: PERSON }, '[[garble:invalid_always]] Ann is 31'],
  ['invalid_function_parameters', { tools: [{ type: 'function', function: { name: 'a', strict: true, parameters: STRICT } }] }, 'hello', false],
  ['invalid_json_schema', { format: 'json_schema', schema: STRICT }, 'hello', false],
]) {
  test(`an error says what to do next: ${code}`, async () => {
    await set(options);
    const { answer } = await asked(question, 1);
    for (const locale of ['zh-CN', 'en']) {
      await page.evaluate(async (next) => (await import('/console/i18n.js')).setLocale(next), locale);
      await page.getByRole('alert').getByText(chats[locale][code]).waitFor();
    }
    await answer.getByText('Gateway message:').waitFor();
    assert.equal(gw.grok.of('chat').length, isCalled ? 2 : 0);
    await until(async () => (await gw.logs()).some((row) => row.error_code === code), 'its row in the log');
  });
}
