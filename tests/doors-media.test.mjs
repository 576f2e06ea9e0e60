// Files that a browser could take for a page: refused at the source, and never with the console's rights.
import assert from 'node:assert/strict';
import { beforeEach, test } from './lib/suite.mjs';
import { gatewayForFile } from './lib/gateway.mjs';

const SHIELD = { 'content-security-policy': "default-src 'none'; sandbox", 'cross-origin-resource-policy': 'cross-origin', 'x-content-type-options': 'nosniff' };

const gw = gatewayForFile();
beforeEach(() => gw.pool(['basic-1']));

/** Returns the path of a picture that Grok has just made. */
async function picture() {
  const answer = await gw.chat('draw me a moon', { model: 'grok-4' });
  const [, url] = /\]\((http[^)]+)/.exec(answer.body.choices[0].message.content);
  return new URL(url).pathname;
}

function shielded(answer, what) {
  for (const [name, value] of Object.entries(SHIELD)) assert.equal(answer.headers.get(name), value, `${what}: ${name}`);
}

test('a type that browsers read as HTML is not served or stored', async () => {
  const bytes = Buffer.from('<script>alert(1)</script>');
  for (const type of ['image/png, text/html', 'image/png;a=b,text/html', 'image/svg+xml', 'text/html', 'image/png/html']) {
    const path = await picture();
    gw.grok.script({ kind: 'asset' }, { file: { type, bytes } });
    for (const _ of [1, 2]) {
      const answer = await gw.call('GET', path);
      assert.equal(answer.status, 502, type);
      assert.equal(answer.headers.get('content-type'), 'application/json');
      assert.doesNotMatch(answer.text, /<script/);
      shielded(answer, type);
    }
    assert.equal(gw.grok.of('asset').length, 2, 'none came from the cache');
    gw.grok.reset();
  }
});

test('every answer for a file is shielded', async () => {
  const path = await picture();
  const tag = (await gw.call('GET', path)).headers.get('etag');
  const file = async (status, method, headers = {}, at = path) => {
    const answer = await gw.call(method, at, { headers });
    assert.equal(answer.status, status, `${method} ${at}`);
    shielded(answer, `${method} ${status}`);
  };
  await file(200, 'GET');
  await file(200, 'HEAD');
  await file(206, 'GET', { range: 'bytes=0-9' });
  await file(304, 'GET', { 'if-none-match': tag });
  await file(416, 'GET', { range: 'bytes=999999999-' });
  await file(405, 'POST');
  await file(204, 'OPTIONS');
  await file(404, 'GET', {}, '/images/AAAAAAAAAAAAAAAAAAAAAA');
  await file(404, 'GET', {}, '/videos/AAAAAAAAAAAAAAAAAAAAAA');
  await gw.settings({}, { cache_max_file_mb: 0, image_cache_max_size_mb: 0 });
  const uncached = await picture();
  await file(200, 'GET', {}, uncached);
  await file(206, 'GET', { range: 'bytes=0-9' }, uncached);
  await file(416, 'GET', { range: 'bytes=999999999-' }, uncached);
  await gw.settings({}, { cache_max_file_mb: 25, image_cache_max_size_mb: 256 });
});
