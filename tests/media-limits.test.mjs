// What media costs a Worker: memory of the isolate, calls of a request, and what happens when a daily limit is hit.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, beforeEach, test } from './lib/suite.mjs';
import { mp4 } from './fake-grok/media.mjs';
import { gatewayForFile, pooled, until } from './lib/gateway.mjs';

const MB = 1e6;
const FILM = 20 * MB;

const gw = gatewayForFile({ host: 'workerd', countBindings: true });
let host;
before(async () => {
  host = await import('./hosts/workerd.mjs');
});
beforeEach(async () => {
  await host.exceed(gw.url, {});
  await gw.pool(['basic-1']);
});

async function film(bytes) {
  const { body } = await gw.chat(`[[video]] [[bytes:${bytes}]]`, { model: 'grok-4' });
  return new URL(/src="([^"]+)"/.exec(body.choices[0].message.content)[1]).pathname;
}

async function get(path) {
  const response = await gw.fetch('GET', path);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes };
}

/** Returns what the request behind this answer did, once all its work has ended. */
function work({ headers }) {
  const id = headers.get('x-test-request');
  return until(async () => (await host.requests(gw.url)).find((entry) => entry.id === id && entry.done), `the work of request ${id}`);
}

const puts = (steps) => steps.filter((step) => step.kind === 'kv' && step.operation === 'put').length;

for (const [what, limit] of [['stored on the way', 25], ['handed through', 5]]) {
  for (const [readers, budget] of [[1, 40], [3, 100]]) {
    test(`${readers} video(s) of 20 MB, ${what}: at most ${budget} MB`, async (t) => {
      await gw.settings({}, { cache_max_file_mb: limit });
      const paths = await pooled(Array(readers).fill(FILM), 1, film);
      await host.resetPeak(gw.url);
      const expected = mp4(FILM);
      const answers = await Promise.all(paths.map(get));
      for (const answer of answers) assert.ok(answer.bytes.equals(expected));
      for (const answer of answers) assert.equal(puts((await work(answer)).steps), limit === 25 ? 20 : 0);
      const { peak } = await host.memory(gw.url);
      t.diagnostic(`peak ${(peak / MB).toFixed(1)} MB`);
      assert.ok(peak <= budget * MB, `${peak} bytes`);
      if (limit === 25) {
        await host.resetPeak(gw.url);
        for (const again of await Promise.all(paths.map(get))) assert.ok(again.bytes.equals(expected));
        const cached = await host.memory(gw.url);
        t.diagnostic(`from the cache: peak ${(cached.peak / MB).toFixed(1)} MB`);
        assert.ok(cached.peak <= budget * MB, `${cached.peak} bytes`);
      }
    });
  }
}

test('the largest cached file stays within 50 subrequests', async (t) => {
  await gw.settings({}, { cache_max_file_mb: 32 });
  await gw.ok('POST', '/cache/clear', {});
  const path = await film(32 << 20);
  const { steps } = await work(await get(path));
  t.diagnostic(`${steps.length} calls`);
  assert.equal(puts(steps), 32);
  assert.ok(steps.length <= 50, `${steps.length} calls`);
  gw.grok.reset();
  const again = await get(path);
  assert.ok(again.bytes.equals(mp4(32 << 20)));
  assert.ok((await work(again)).steps.length <= 50);
  assert.equal(gw.grok.of('asset').length, 0);
  await gw.settings({}, { cache_max_file_mb: 25 });
});

test('a picture costs one statement and one part from the cache', async () => {
  const { body } = await gw.chat('draw me a moon', { model: 'grok-4' });
  const path = new URL(/\]\((http[^)]+)/.exec(body.choices[0].message.content)[1]).pathname;
  await work(await get(path));
  const { steps } = await work(await get(path));
  assert.deepEqual(steps.map((step) => step.operation ?? step.kind), ['d1', 'get']);
  const refused = await work(await get('/images/AAAAAAAAAAAAAAAAAAAAAA'));
  assert.deepEqual(refused.steps.map((step) => [step.kind, step.rowsWritten]), [['d1', 0]]);
});

for (const [what, limits] of [['KV writes', { kv: ['put'] }], ['all of KV', { kv: ['get', 'put', 'delete', 'list'] }], ['D1 writes', { writes: true }]]) {
  test(`the day's limit of ${what} is hit: media goes uncached`, async () => {
    const [fresh, known] = [await film(3 * MB), await film(3 * MB)];
    await work(await get(known));
    await host.exceed(gw.url, limits);
    for (const path of [fresh, known, fresh, known]) {
      const answer = await get(path);
      assert.equal(answer.status, 200);
      assert.ok(answer.bytes.equals(mp4(3 * MB)));
    }
    const part = await gw.fetch('GET', fresh, { headers: { range: 'bytes=2500000-2500009' } });
    assert.equal(part.status, 206);
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(mp4(3 * MB).subarray(2_500_000, 2_500_010)));
    assert.equal((await gw.chat('hi')).status, 200, 'chat goes on');
  });
}

test('a thousand files are cleared, parts by cron, in 50 calls', async () => {
  const database = await gw.host.miniflare.getD1Database('DB');
  await gw.ok('POST', '/cache/clear', {});
  const expires = Date.now() + 3_600_000;
  await database.prepare(`INSERT INTO media_copies (media_id, kind, state, content_type, etag, size, parts, stored_at, expires_at)
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000)
    SELECT 'file-' || n, 'image', 'stored', 'image/png', '"x"', 1000, 1, 0, ? FROM n`).bind(expires).run();
  assert.equal((await gw.ok('GET', '/cache/list')).total, 1000);
  const answer = await gw.api('POST', '/cache/clear');
  assert.deepEqual([answer.body.data.deleted_count, answer.body.data.parts_left >= 960], [1000, true]);
  assert.ok((await work(answer)).steps.length <= 50);
  assert.equal((await gw.ok('GET', '/cache/size')).total_size_bytes, 0);
  // A chat of these tests has started the maintenance of the day, and its lease may still be held.
  await database.prepare('DELETE FROM leases').run();
  // Far more is left for the next wake-up: the calls of one wake-up count together.
  for (let wakeUp = 0; wakeUp < 2; wakeUp++) {
    const cron = await work(await gw.fetch('GET', '/__test/cron'));
    assert.ok(cron.steps.length <= 50, `${cron.steps.length} calls`);
    assert.equal(cron.steps.filter((step) => step.operation === 'delete').length, 16);
  }
});

test('without cron a day’s first chat clears a small batch', async () => {
  const database = await gw.host.miniflare.getD1Database('DB');
  await database.prepare('DELETE FROM leases').run();
  const answer = await gw.chat('hi');
  assert.equal(answer.status, 200, answer.text);
  const { steps: all } = await work(answer);
  assert.ok(all.length <= 41, `${all.length} calls`);
  // Its account is asked for its owner once in its life.
  const steps = all.filter((step) => !step.url?.endsWith('/api/auth/session'));
  assert.deepEqual(steps.slice(0, 3).map((step) => step.kind), ['d1', 'fetch', 'd1'], 'the chat itself comes first');
  assert.ok(steps.length <= 40, `${steps.length} calls: chats with pictures need some too`);
  assert.equal(steps.filter((step) => step.operation === 'delete').length, 7);
  assert.deepEqual((await work(await gw.chat('hi'))).steps.map((step) => step.kind), ['d1', 'fetch', 'd1'], 'another has begun');
});
