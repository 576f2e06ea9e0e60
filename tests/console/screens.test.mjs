// Every screen over a gateway in use: it shows, keeps the rules for every page, and names made of HTML stay text.
import assert from 'node:assert/strict';
import { before, test } from '../lib/suite.mjs';
import { consoleForFile } from '../lib/console.mjs';
import { ENCRYPTED } from '../lib/gateway.mjs';

const HTML = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

const view = consoleForFile({ vars: ENCRYPTED, tokens: 3 });
before(async () => {
  const { gw } = view;
  const [first] = await gw.tokens();
  await gw.ok('POST', '/tokens/note', { token: first.id, note: HTML });
  await gw.ok('POST', '/tokens/tags', { token: first.id, tags: [HTML, 'team'] });
  const made = await gw.chat('draw me a moon', { model: 'grok-4' });
  // The first look stores the pictures.
  for (const [, path] of JSON.stringify(made.body).matchAll(/(\/images\/[\w-]+)/g)) await gw.call('GET', path);
});

async function open(screen) {
  await view.page.goto(`${view.gw.url}/manage#/${screen}`);
  await view.page.reload();
  await view.page.getByRole('heading', { level: 1 }).waitFor();
  await view.page.waitForLoadState('networkidle');
}

for (const screen of ['overview', 'tokens', 'keys', 'requests', 'media', 'playground', 'settings', 'start']) {
  test(`the screen ${screen}`, async () => {
    await open(screen);
    assert.equal(await view.page.locator('.failed').count(), 0);
    assert.equal(await view.page.locator('main img[src="x"]').count(), 0);
    assert.match(await view.page.title(), /Grok2API$/);
    await view.check();
    await view.shot(screen);
  });
}

test('notes and tags made of HTML are shown as text', async () => {
  await open('tokens');
  await view.page.locator('main table').getByText(HTML).first().waitFor();
});
