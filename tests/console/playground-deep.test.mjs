// Answers that nest deeper than a stack holds: shown, and the playground lives on.
import assert from 'node:assert/strict';
import { before, beforeEach, test } from '../lib/suite.mjs';
import { playgroundForFile } from '../lib/playground.mjs';

const DEADLINE = 15_000;

const view = playgroundForFile();
let page;
let gw;
const faults = [];
before(async () => {
  ({ page, gw } = view);
  page.on('pageerror', (error) => faults.push(error.message));
});
beforeEach(() => {
  faults.length = 0;
  return view.begin();
});

const done = () => page.waitForFunction(() => document.querySelector('.answer:last-of-type')?.ariaBusy === 'false', null, { polling: 100, timeout: DEADLINE });
const shown = () => view.answers.last().locator('.markdown').textContent({ timeout: DEADLINE });

for (const [name, text] of Object.entries({
  'quotes': `${'>'.repeat(3_000)} the end`,
  'quotes with blanks': `${'> '.repeat(3_000)}the end`,
  'lists': `${'- '.repeat(3_000)}the end`,
  'numbered lists': `${'1. '.repeat(3_000)}the end`,
  'emphasis': `${'*'.repeat(3_000)}the end${'*'.repeat(3_000)}`,
  'emphasis of two kinds': `${'_a **b '.repeat(1_500)}the end${'** _'.repeat(1_500)}`,
})) {
  test(`thousands of nested ${name} do not stop it`, async () => {
    gw.grok.script({}, { tokens: text.match(/[\s\S]{1,1000}/g), think: false });
    await view.ask('how deep?');
    await done();
    assert.match(await shown(), /the end/);
    // What is deeper than the limit is the text that came.
    assert.ok((await shown()).length > 1_000, `${(await shown()).length} characters`);
    gw.grok.rules.length = 0;
    gw.grok.script({}, { tokens: ['still ', 'here'], think: false });
    await view.ask('and now?');
    await page.getByText('still here').waitFor({ timeout: DEADLINE });
    await page.reload();
    await page.getByText('still here').waitFor({ timeout: DEADLINE });
    assert.deepEqual(faults, []);
  });
}

test('ordinary nesting stays what it is', async () => {
  const text = `${Array.from({ length: 8 }, (_, level) => `${'  '.repeat(level)}- level ${level}`).join('\n')}\n\n> a\n> > b\n> > > **c *d* ~~e~~**`;
  gw.grok.script({}, { tokens: [text], think: false });
  await view.ask('a list');
  await done();
  const markdown = view.answers.last().locator('.markdown');
  assert.equal(await markdown.locator('ul').count(), 8);
  assert.equal(await markdown.locator('blockquote').count(), 3);
  assert.equal(await markdown.locator('blockquote strong em').count(), 1);
});
