// Pictures and videos at their addresses: whose cookies fetch them, what is kept, ranges, and who is refused.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { beforeEach, test } from './lib/suite.mjs';
import { jwt } from './fake-grok.mjs';
import { mp4 } from './fake-grok/media.mjs';
import { gatewayForFile } from './lib/gateway.mjs';

const gw = gatewayForFile();
beforeEach(() => gw.pool(['basic-1']));

/** Returns the addresses in an answer. */
const addresses = (answer) => [...answer.body.choices[0].message.content.matchAll(/(?:\]\(|src=")(http[^)"]+)/g)].map(([, url]) => url);

async function draw() {
  const found = addresses(await gw.chat('draw me a moon', { model: 'grok-4' }));
  assert.equal(found.length, 2);
  return found;
}

/** Makes a video of this size with the only token there is. */
async function film(bytes) {
  const answer = await gw.chat(`[[video]] [[bytes:${bytes}]] make it move`, { model: 'grok-4' });
  const found = addresses(answer);
  assert.equal(found.length, 1, answer.text);
  return found[0];
}

async function get(url, headers = {}, method = 'GET') {
  const response = await gw.fetch(method, new URL(url).pathname, { headers });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

const assets = () => gw.grok.of('asset');

test('both pictures load, and again without a call upstream', async () => {
  const urls = await draw();
  const first = [];
  for (const url of urls) {
    const picture = await get(url);
    assert.equal(picture.status, 200, picture.bytes.toString());
    assert.match(picture.headers.get('content-type'), /^image\//);
    assert.equal(picture.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(Number(picture.headers.get('content-length')), picture.bytes.length);
    assert.deepEqual([...picture.bytes.subarray(0, 2)], [0xff, 0xd8], 'a JPEG');
    first.push(picture);
  }
  assert.equal(assets().length, 2);
  for (const [at, url] of urls.entries()) {
    const again = await get(url);
    assert.ok(again.bytes.equals(first[at].bytes));
    assert.equal((await get(url, { 'if-none-match': again.headers.get('etag') })).status, 304);
    const head = await get(url, {}, 'HEAD');
    assert.deepEqual([head.status, head.bytes.length, head.headers.get('content-length')], [200, 0, String(again.bytes.length)]);
  }
  assert.equal(assets().length, 2, 'everything else came from the cache');
});

test('the owner fetches, even with ten others in the pool', async () => {
  const [url] = await draw();
  await gw.addTokens(Array.from({ length: 10 }, (_, n) => `other-${n}`));
  assert.equal((await get(url)).status, 200);
  assert.deepEqual(assets().map((call) => call.tokenName), ['basic-1']);
  assert.match(assets()[0].headers.cookie, new RegExp(`^sso=${jwt('basic-1')}; sso-rw=`));
});

test('an invented address is a 404 without a call upstream', async () => {
  await draw();
  for (const path of ['/images/AAAAAAAAAAAAAAAAAAAAAA', '/videos/AAAAAAAAAAAAAAAAAAAAAA', '/images/p_L3VzZXJzL3U', '/images/users-1-generated-2-image.jpg']) {
    const answer = await gw.call('GET', path);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.body.error.code, 'not_found');
  }
  assert.equal(assets().length, 0);
  const [token] = await gw.tokens();
  assert.equal(token.last_failure_reason, '');
});

test('ranges, from the source and from the cache', async () => {
  const url = await film(2_500_000);
  const whole = mp4(2_500_000);
  for (const [range, from, to] of [['bytes=0-', 0, 2_500_000], ['bytes=1048570-1048580', 1_048_570, 1_048_581], ['bytes=-5', 2_499_995, 2_500_000], ['bytes=2097152-', 2_097_152, 2_500_000]]) {
    const part = await get(url, { range });
    assert.equal(part.status, 206, range);
    assert.equal(part.headers.get('content-range'), `bytes ${from}-${to - 1}/2500000`);
    assert.ok(part.bytes.equals(whole.subarray(from, to)), range);
  }
  const beyond = await get(url, { range: 'bytes=2500000-' });
  assert.deepEqual([beyond.status, beyond.headers.get('content-range'), beyond.bytes.length], [416, 'bytes */2500000', 0]);
  assert.equal((await get(url, { range: 'bytes=0-1,5-6' })).bytes.length, 2_500_000);
  assert.equal(assets().length, 1, 'the first range brought the whole file into the cache');
});

test('a page of HTML is not passed on', async () => {
  const [url] = await draw();
  gw.grok.script({ kind: 'asset' }, { file: { type: 'text/html', bytes: Buffer.from('<script>alert(1)</script>') } });
  const answer = await gw.call('GET', new URL(url).pathname);
  assert.equal(answer.status, 502);
  assert.doesNotMatch(answer.text, /script/);
  assert.equal(answer.headers.get('content-type'), 'application/json');
});

test('a refused file is an error, and its owner goes on', async () => {
  const [url] = await draw();
  gw.grok.script({ kind: 'asset' }, { error: 'empty_403' });
  assert.equal((await gw.call('GET', new URL(url).pathname)).status, 502);
  const [token] = await gw.tokens();
  assert.equal(token.last_failure_reason, '');
  gw.grok.rules.length = 0;
  assert.equal((await get(url)).status, 200);
});

test('an address whose account was removed is gone', async () => {
  const [url, other] = await draw();
  assert.equal((await get(other)).status, 200);
  await gw.pool(['basic-9']);
  assert.equal((await get(url)).status, 410);
  assert.equal((await get(other)).status, 200, 'what is in the cache stays');
  assert.equal(assets().length, 0);
});

for (const [what, limit] of [['stored on the way', 25], ['too large to store', 5]]) {
  test(`a 20 MB video begins before its end: ${what}`, async () => {
    await gw.settings({}, { cache_max_file_mb: limit });
    const url = await film(20_000_000);
    gw.grok.script({ kind: 'asset' }, { slow: 20 });
    const response = await gw.fetch('GET', new URL(url).pathname);
    assert.equal(response.status, 200);
    const reader = response.body.getReader();
    const first = await reader.read();
    assert.equal(assets()[0].endedAt, null, 'the source is still sending');
    const chunks = [first.value];
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
    assert.ok(Buffer.concat(chunks).equals(mp4(20_000_000)));
    assert.ok((await get(url, { range: 'bytes=19999990-' })).bytes.equals(mp4(20_000_000).subarray(19_999_990)));
    assert.equal(assets().length, limit === 25 ? 1 : 2);
    await gw.settings({}, { cache_max_file_mb: 25 });
  });
}

test('a second reader gets the whole file during the first read', async () => {
  const url = await film(3_000_000);
  gw.grok.script({ kind: 'asset', times: 1 }, { slow: 300 });
  const [first, second] = await Promise.all([get(url), get(url)]);
  assert.ok(first.bytes.equals(mp4(3_000_000)) && second.bytes.equals(mp4(3_000_000)));
  assert.ok((await get(url)).bytes.equals(mp4(3_000_000)));
  assert.equal(assets().length, 2, 'and the third reads the cache');
});

test('a file that breaks off is not whole, nor stored', async () => {
  const url = await film(3_000_000);
  gw.grok.script({ kind: 'asset', times: 1 }, { cut: 2_000_000 });
  await assert.rejects(get(url));
  assert.ok((await get(url)).bytes.equals(mp4(3_000_000)));
});

test('a client that leaves ends the fetch', async () => {
  const url = await film(20_000_000);
  gw.grok.script({ kind: 'asset', times: 1 }, { slow: 100 });
  const leaving = new AbortController();
  const response = await gw.fetch('GET', new URL(url).pathname, { signal: leaving.signal });
  await response.body.getReader().read();
  leaving.abort();
  await gw.grok.until(() => assets()[0].endedAt, 5_000, 'the end of the fetch');
  assert.ok(assets()[0].bytes < 20_000_000);
  gw.grok.rules.length = 0;
  assert.ok((await get(url)).bytes.equals(mp4(20_000_000)));
});

test('the console lists, measures and clears the cache', async () => {
  await gw.ok('POST', '/cache/clear', {});
  const urls = await draw();
  for (const url of urls) await get(url);
  const video = await film(50_000);
  await get(video);
  const size = await gw.ok('GET', '/cache/size');
  assert.equal(size.video_size_bytes, 50_000);
  assert.equal(size.total_size_bytes, size.image_size_bytes + 50_000);
  const list = await gw.ok('GET', '/cache/list?type=image&limit=1');
  assert.deepEqual([list.total, list.items.length, list.has_more], [2, 1, true]);
  assert.equal(list.items[0].url, new URL(urls[1]).pathname);
  assert.match(list.items[0].content_type, /^image\//);
  assert.ok(list.items[0].created_at <= list.items[0].mtime && list.items[0].mtime < list.items[0].expires_at, JSON.stringify(list.items[0]));
  assert.equal(list.items[0].token_suffix, (await gw.tokens())[0].token_suffix);
  const { deleted } = await gw.ok('POST', '/cache/delete', { ids: [list.items[0].id, 'no-such-file'] });
  assert.deepEqual([deleted, (await gw.ok('GET', '/cache/list')).total], [1, 1]);
  const cleared = await gw.ok('POST', '/cache/clear/images', {});
  assert.deepEqual([cleared.deleted_count, cleared.type], [1, 'images']);
  assert.ok(cleared.parts_left >= 0, 'films of earlier tests may still be on their way out');
  assert.equal((await gw.ok('GET', '/cache/list?type=video')).total, 1);
  gw.grok.reset();
  assert.equal((await get(urls[0])).status, 200, 'an old address fetches again');
  assert.equal((await get(video)).status, 200);
  assert.equal(assets().length, 1);
});

test('maintenance may be called by anybody and answers 204', async () => {
  for (let n = 0; n < 3; n++) assert.equal((await gw.call('POST', '/internal/maintenance')).status, 204);
  assert.equal((await gw.call('GET', '/internal/maintenance')).status, 405);
});
