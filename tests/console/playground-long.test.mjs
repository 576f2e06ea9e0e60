// Answers of a length that must not freeze the playground.
import assert from 'node:assert/strict';
import { before, beforeEach, test } from '../lib/suite.mjs';
import { playgroundForFile } from '../lib/playground.mjs';
import { tasksDuring } from '../lib/tasks.mjs';

/** The console's budget for a pause on a screen in use, in time of the processor: whatever else this machine does is not counted. */
const MAX_PAUSE_MS = 100;
const LONG_ANSWER = 200_000;

const view = playgroundForFile();
let page;
let gw;
before(() => { ({ page, gw } = view); });
beforeEach(() => view.begin());

const PARAGRAPHS = ['## Heading', 'A paragraph with **bold**, *soft*, `code`, and a [link](https://example.org/).', '- one\n- two\n\n  still two\n- three', '1. first\n2. second',
  '```js\nconst a = 1;\n\nconst b = 2;\n```', '> quoted\n> lines', '| a | b |\n|---|---|\n| 1 | 2 |', 'Plain words that go on for a while and say little. '.repeat(8)];

for (const [name, text] of [
  ['of many blocks', Array.from({ length: 4_000 }, (_, n) => PARAGRAPHS[n % PARAGRAPHS.length]).join('\n\n')],
  ['of one paragraph', 'all of it in one breath, '.repeat(10_000)],
]) {
  test(`200 kB ${name} do not freeze the page`, async (t) => {
    const whole = text.slice(0, LONG_ANSWER);
    const tokens = whole.match(/[\s\S]{1,200}/g);
    gw.grok.script({}, { tokens, think: false, slow: 5 });
    const tasks = await tasksDuring(page, async () => {
      await view.ask('at length');
      // Not by its role, which would be work for the page each time.
      await page.waitForFunction(() => document.querySelector('.answer')?.ariaBusy === 'false', null, { polling: 200, timeout: 60_000 });
    });
    const longest = tasks.slice(0, 5).map(({ processor }) => Math.round(processor));
    t.diagnostic(`the longest tasks: ${longest.join(', ')} ms`);
    const answer = view.answers.last();
    const shown = await answer.locator('.markdown').textContent();
    assert.ok(shown.length > LONG_ANSWER * 0.7, `${shown.length} characters`);
    // One or two may be the browser's own, such as its collection of garbage.
    assert.ok(longest[2] <= MAX_PAUSE_MS, `the longest tasks: ${longest.join(', ')} ms`);
    // Read piece by piece or at once, it is the same.
    const pieces = await answer.locator('.markdown').innerHTML();
    await page.reload();
    assert.ok(await view.answers.last().locator('.markdown').innerHTML() === pieces, 'the same elements after a reload');
  });
}
