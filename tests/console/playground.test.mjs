// The playground as a person uses it: chats over the address that clients use, watched, stopped, corrected, with failures explained.
// Directives in prompts, such as [[n:40]]: ../fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, beforeEach, test } from '../lib/suite.mjs';
import { abilityOf } from '../../static/console/models.js';
import { text } from '../../static/console/screens/playground/text.js';
import { png } from '../fake-grok/media.mjs';
import { PICTURES } from '../lib/console.mjs';
import { ENCRYPTED, until } from '../lib/gateway.mjs';
import { playgroundForFile } from '../lib/playground.mjs';

const view = playgroundForFile({ vars: ENCRYPTED });
let page;
let gw;
before(async () => {
  ({ page, gw } = view);
  await gw.settings({ x_statsig_id: 'a signature' });
});
beforeEach(() => view.begin());

const button = (name) => page.getByRole('button', { name, exact: true });
const lastMessage = () => gw.grok.of('chat').at(-1).body.message;

test('a key: none, made, pasted, from the list, no longer valid', async () => {
  const { check, shot } = view;
  await view.begin({ key: null });
  await page.getByRole('heading', { name: 'Choose an API key' }).waitFor();
  await page.getByText('Or use a key that can be shown again').waitFor();
  await check();
  await shot('playground-key');
  await button('Create a key').click();
  await view.ask('[[n:3]]');
  await view.answered();
  const made = (await gw.ok('GET', '/keys')).find(({ name }) => name === 'Playground');
  assert.ok(made, 'the key is among the keys');
  assert.equal(gw.grok.of('chat').length, 1);
  // Gone while the page was open: the answer says so, and so does a reload.
  await gw.ok('POST', '/keys/delete', { id: made.id });
  await view.ask('again');
  await (await view.answered()).getByText('The gateway does not accept this API key').waitFor();
  await page.reload();
  await page.getByRole('alert').getByText('The gateway does not accept this API key').first().waitFor();
  await page.getByRole('button', { name: 'Choose another key' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Or use a key that can be shown again').selectOption({ index: 0 });
  await dialog.getByRole('button', { name: 'Use', exact: true }).last().click();
  await dialog.waitFor({ state: 'detached' });
  await button('API key: suite. Choose another one').click();
  await dialog.getByLabel('Or paste a key').fill(gw.key);
  await page.keyboard.press('Enter');
  await button('API key: Pasted key. Choose another one').waitFor();
  await view.ask('[[n:3]]');
  await (await view.answered()).getByText('word0 word1').waitFor();
});

test('every model answers, under its own name', async () => {
  const { data: models } = (await gw.call('GET', '/v1/models', { headers: { authorization: `Bearer ${gw.key}` } })).body;
  const choice = page.getByRole('combobox', { name: 'Model' });
  assert.deepEqual(await choice.locator('option').allTextContents(), models.map(({ id }) => id));
  for (const { id } of models) {
    await choice.selectOption(id);
    const sent = page.waitForRequest('**/v1/chat/completions');
    const makes = abilityOf(id);
    if (makes === 'edit' || makes === 'video') {
      await page.locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: png('a') });
      await page.getByAltText('a.png').waitFor();
    }
    await view.ask('[[n:3]] please');
    const answer = await view.answered(1);
    assert.equal((await sent).postDataJSON().model, id);
    await answer.locator('.turn-facts').getByText(id, { exact: true }).waitFor();
    assert.equal(await answer.getByRole('alert').count(), 0, `${id}: ${await answer.innerText()}`);
    if (makes === 'video') await answer.locator('video').waitFor();
    else if (makes !== 'text') await answer.locator('.answer-picture img').first().waitFor();
    else assert.match(await answer.innerText(), /word0 word1/);
    await button('New').click();
  }
});

test('what is thought is folded, and stays unfolded while it grows', async () => {
  gw.grok.script({}, { frames: thoughts(200), slow: PICTURES ? 60 : 25 });
  await view.ask('think aloud');
  const thinking = view.answers.last().locator('details.thinking');
  await thinking.getByText('Thinking…').waitFor();
  assert.equal(await thinking.evaluate((element) => element.open), false);
  const body = thinking.locator('.markdown');
  assert.equal(await body.isVisible(), false);
  await view.shot('playground-thinking');
  await thinking.locator('summary').focus();
  await page.keyboard.press('Enter');
  await body.getByText('thought 2', { exact: false }).first().waitFor();
  const before = (await body.innerText()).length;
  await until(async () => (await body.innerText()).length > before + 20, 'more thoughts');
  assert.equal(await thinking.evaluate((element) => element.open), true);
  const answer = await view.answered();
  assert.equal(await thinking.evaluate((element) => element.open), true, 'the end folds nothing');
  await answer.getByText('So it is.', { exact: true }).waitFor();
  await thinking.getByText('Thoughts', { exact: true }).waitFor();
  await view.check();
});

/** Frames of an answer that thinks in `count` steps. */
function thoughts(count) {
  const response = (fields) => ({ result: { response: fields } });
  return [
    ...Array.from({ length: count }, (_, n) => response({ token: `- thought ${n} of several\n`, isThinking: true, messageTag: 'summary', messageStepId: 0, responseId: 'r' })),
    response({ token: 'So it is.', isThinking: false, messageTag: 'final', responseId: 'r' }),
    response({ modelResponse: { responseId: 'r', message: 'So it is.', sender: 'ASSISTANT', partial: false, generatedImageUrls: [], streamErrors: [] } }),
  ];
}

test('stop ends the request, and what has come stays', async () => {
  await view.ask('[[n:2000]] [[slow:30]]');
  await view.answers.last().getByText('word5').waitFor();
  await view.shot('playground-streaming');
  await button('Stop').click();
  const answer = await view.answered();
  await answer.getByText('Stopped.').waitFor();
  const said = await answer.innerText();
  assert.match(said, /word0 word1/);
  const call = gw.grok.of('chat').at(-1);
  await until(() => call.endedAt, 'the end of the request to Grok');
  assert.ok(call.aborted && call.frames < 1500, `${call.frames} frames`);
  await until(async () => (await gw.logs()).some(({ error_code: code }) => code === 'client_closed_request'), 'its row in the log');
  await view.box.and(page.locator(':focus')).waitFor();
  // What was cut short is part of what was said.
  await view.ask('[[echo]] go on');
  await view.answered(2);
  assert.match(lastMessage(), /word0 word1[\s\S]*go on/);
});

test('turns are one conversation; regenerated; a question changed', async () => {
  await page.getByText('System prompt').click();
  await page.getByRole('textbox', { name: 'System prompt' }).fill('be brief');
  gw.grok.script({ contains: 'first' }, { text: '<b>one</b>', think: true });
  gw.grok.script({ contains: 'second' }, { text: 'two' });
  await view.ask('first question');
  await view.answered(1);
  const sent = page.waitForRequest('**/v1/chat/completions');
  await view.ask('second question');
  await view.answered(2);
  // Without what was thought: the gateway would leave it out too, but it was sent for nothing.
  const said = [['system', 'be brief'], ['user', 'first question'], ['assistant', '<b>one</b>'], ['user', 'second question']];
  assert.deepEqual((await sent).postDataJSON().messages, said.map(([role, content]) => ({ role, content })));
  const places = ['be brief', 'first question', '<b>one</b>', 'second question'].map((part) => lastMessage().indexOf(part));
  assert.ok(places.every((place, n) => place > (places[n - 1] ?? -1)), lastMessage());
  const first = lastMessage();
  gw.grok.script({ contains: 'second' }, { text: 'two, again' });
  await button(text.en.regenerate).click();
  await (await view.answered(2)).getByText('two, again').waitFor();
  assert.equal(lastMessage(), first, 'the old answer is not part of the question');
  assert.equal(await view.answers.count(), 2);
  await button('Edit the question').first().click();
  const field = page.getByRole('textbox', { name: 'Edit the question' });
  assert.equal(await field.evaluate((element) => element === document.activeElement), true);
  await field.fill('third question');
  await page.keyboard.press('Enter');
  await view.answered(1);
  assert.equal(await view.answers.count(), 1, 'what followed is gone');
  assert.match(lastMessage(), /be brief[\s\S]*third question/);
  assert.doesNotMatch(lastMessage(), /first|second/);
  await button('New').click();
  await page.getByText('Ask something').waitFor();
});

for (const [name, options, words] of [
  ['every account is used up', { error: 'too_many' }, /All accounts for this model are cooling down.*Wait, choose another model, or add accounts/],
  ['Grok blocks this machine', { error: 'anti_bot' }, /Grok blocks this gateway’s requests.*Find the cause/],
  ['the content is refused', { error: 'moderated' }, /Grok refused this under its content policy/],
  ['Grok fails', { error: 'internal' }, /if it keeps happening, see the Requests screen for the accounts that were used/],
]) {
  test(`before the first byte: ${name}`, async () => {
    gw.grok.script({}, options);
    await view.ask('hello');
    const alert = (await view.answered()).getByRole('alert');
    assert.match((await alert.innerText()).replaceAll('\n', ' '), words);
    assert.doesNotMatch(await alert.innerText(), /undefined|null|\.\./);
    // The next try has nothing to do with this one.
    gw.grok.rules.length = 0;
    await gw.pool(['basic-3']);
    await button(text.en.regenerate).click();
    await (await view.answered()).getByText('Hello! You asked').waitFor();
    assert.equal(await alert.count(), 0);
  });
}

test('an empty pool, an error and a cut: text stays, with advice', async () => {
  const { check, shot } = view;
  await gw.pool([]);
  await view.ask('hello');
  await (await view.answered()).getByRole('alert').getByText('Add accounts').waitFor();
  await gw.pool(['basic-4']);
  // Slowly: what has not reached the page when the answer breaks off is asked again.
  for (const [keywords, words] of [['[[late:internal]]', /Ask again[\s\S]*Gateway message: Grok/], ['[[cut:20]]', /Ask again[\s\S]*Gateway message: Grok's answer broke off/]]) {
    await button('New').click();
    await view.ask(`[[n:100]] [[slow:20]] ${keywords}`);
    const answer = await view.answered();
    assert.match(await answer.getByRole('alert').innerText(), words);
    assert.match(await answer.innerText(), /word0 word1/);
  }
  await check();
  await shot('playground-error');
});

test('raw events: what came over the wire', async () => {
  const { check, shot } = view;
  const response = page.waitForResponse('**/v1/chat/completions');
  await view.ask('[[n:40]] <b>raw</b> [[echo]] <img src=x onerror=alert(1)>');
  await view.answered();
  const wire = await (await response).text();
  await button('Raw events').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Copy all' }).click();
  await dialog.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), wire);
  const shown = await dialog.locator('.events code').allTextContents();
  assert.equal(shown.join('\n\n') + '\n\n', wire);
  assert.equal(shown.at(-1), 'data: [DONE]');
  await check();
  await shot('playground-raw');
  await page.keyboard.press('Escape');
});

test('a reload keeps the conversation; signing out keeps nothing', async () => {
  await page.getByRole('combobox', { name: 'Model' }).selectOption('grok-4');
  await page.getByText('System prompt').click();
  await page.getByRole('textbox', { name: 'System prompt' }).fill('be brief');
  await page.locator('input[type=file]').setInputFiles({ name: 'moon.png', mimeType: 'image/png', buffer: png('moon') });
  await view.ask('[[n:3]] first');
  await view.answered(1);
  gw.grok.script({ contains: 'second', times: 1 }, { error: 'moderated' });
  await view.ask('second');
  await view.answered(2);
  await view.ask('[[n:2000]] [[slow:30]] third');
  await view.answers.last().getByText('word5').waitFor();
  await view.box.fill('half a thou');
  const call = gw.grok.of('chat').at(-1);
  await page.reload();
  await view.answers.last().getByText('Stopped.').waitFor();
  await until(() => call.endedAt, 'the end of the request to Grok');
  assert.match(await view.answers.first().innerText(), /word0 word1/);
  await view.answers.nth(1).getByRole('alert').getByText('Grok refused this under its content policy').waitFor();
  assert.match(await view.answers.nth(2).innerText(), /word5/);
  assert.equal(await view.box.inputValue(), 'half a thou');
  await until(async () => await page.getByRole('combobox', { name: 'Model' }).inputValue() === 'grok-4', 'the model of before');
  await page.getByText('be brief').first().waitFor();
  assert.ok(await page.getByAltText('moon.png').evaluate((image) => image.naturalWidth > 0));
  gw.grok.script({ contains: 'fourth' }, { n: 3, slow: 0 });
  await view.ask('fourth');
  await view.answered(4);
  assert.match(lastMessage(), /be brief[\s\S]*first[\s\S]*word0[\s\S]*third[\s\S]*fourth/);
  await view.check();
  await button('Administrator').click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await view.signIn();
  await page.goto(`${gw.url}/manage#/playground`);
  await page.getByRole('heading', { name: 'Choose an API key' }).waitFor();
  assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), []);
});

test('a gateway that goes away during an answer, or is not there', async () => {
  await view.ask('[[n:2000]] [[slow:30]]');
  await view.answers.last().getByText('word5').waitFor();
  await gw.host.stop();
  // It cannot be stopped twice, which the end of the suite would do.
  gw.host = { stop() {} };
  const broken = await view.answered(1);
  await broken.getByRole('alert').getByText('The connection closed before the answer ended').waitFor();
  assert.match(await broken.innerText(), /word0 word1/);
  await button(text.en.regenerate).click();
  await view.answers.last().getByRole('alert').getByText('The gateway does not respond').waitFor();
});
