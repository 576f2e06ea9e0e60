// What drawing costs a Worker: processor and memory of one picture of 1 MB, and the calls of ten.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { before, beforeEach, test } from './lib/suite.mjs';
import { gatewayForFile, until } from './lib/gateway.mjs';
import { descendants } from './lib/processes.mjs';

const MB = 1e6;
/** Each round is held against the limit of memory; what a picture costs the processor is only printed, finer with more. */
const ROUNDS = process.env.LONG ? 20 : 5;
/** A tick of `/proc/PID/stat` in milliseconds. */
const TICK_MS = 10;

const gw = gatewayForFile({ host: 'workerd', countBindings: true });
let host;
before(async () => {
  host = await import('./hosts/workerd.mjs');
  // The first request of a day runs its maintenance.
  await gw.pool(['basic-1']);
  await work(await draw({}));
});
beforeEach(async () => {
  await host.exceed(gw.url, {});
  await gw.pool(['basic-1']);
});

async function draw(options, body = {}) {
  gw.grok.reset();
  gw.grok.script({ kind: 'imagine' }, options);
  const response = await gw.fetch('POST', '/v1/images/generations', { body: { model: 'grok-imagine-image', prompt: 'a moon', ...body },
    headers: { authorization: `Bearer ${gw.key}` } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

/** Returns what the request behind this answer did, once all its work has ended. */
function work({ headers }) {
  const id = headers.get('x-test-request');
  return until(async () => (await host.requests(gw.url)).find((entry) => entry.id === id && entry.done), `the work of request ${id}`);
}

/** Returns the processor time of all processes below this one in milliseconds, or null where the system does not say. */
function processor() {
  if (!existsSync('/proc/self/stat')) return null;
  const ticks = descendants(process.pid).map((pid) => {
    try { return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).reduce((sum, n) => sum + Number(n), 0); } catch { return 0; }
  });
  return ticks.reduce((sum, n) => sum + n, 0) * TICK_MS;
}

async function spent(times, act) {
  const from = processor();
  for (let n = 0; n < times; n++) await act();
  return from === null ? NaN : (processor() - from) / times;
}

// A public host serves the first kind later; the second is stored here, each picture in parts of 1 MiB.
for (const [what, options, most] of [['with a host', {}, 12], ['kept here', { paths: true }, 36]]) {
  for (const response_format of ['url', 'b64_json']) {
    test(`ten pictures of 1.5 MB ${what}, as ${response_format}`, async (t) => {
      const answer = await draw({ ...options, size: 1.5 * MB, previews: 1 }, { n: 10, response_format });
      assert.equal(answer.status, 200, answer.text.slice(0, 500));
      assert.equal(JSON.parse(answer.text).data.length, 10);
      const { steps } = await work(answer);
      t.diagnostic(`${steps.length} calls`);
      assert.ok(steps.length <= most, `${steps.length} calls: ${steps.map((step) => step.operation ?? step.kind)}`);
    });
  }
}

test('ten streamed pictures stay within the calls, too', async (t) => {
  const answer = await draw({ paths: true, size: 1.5 * MB, previews: 1, slow: 30 }, { n: 10, stream: true, partial_images: 1 });
  assert.equal([...answer.text.matchAll(/^event: image_generation.completed$/gm)].length, 10);
  const { steps } = await work(answer);
  t.diagnostic(`${steps.length} calls`);
  assert.ok(steps.length <= 36, `${steps.length} calls`);
});

test('without KV writes base64 works, a dead address is an error', async () => {
  await host.exceed(gw.url, { kv: ['put'] });
  const dead = await draw({ paths: true });
  assert.deepEqual([dead.status, JSON.parse(dead.text).error.code], [503, 'media_not_stored']);
  const base64 = await draw({ paths: true }, { response_format: 'b64_json' });
  assert.deepEqual([base64.status, JSON.parse(base64.text).data.length], [200, 1]);
  assert.equal((await draw({})).status, 200, 'a host serves it');
});

for (const [what, options, body, budget] of [
  ['with a host, as an address', { previews: 0 }, {}, 16], ['with a host, as base64', { previews: 0 }, { response_format: 'b64_json' }, 20],
  ['kept here, as an address', { paths: true, previews: 0 }, {}, 20], ['after previews, as an address', {}, {}, 16], ['streamed with a preview', { previews: 1 }, { stream: true, partial_images: 1 }, 20],
]) {
  test(`1 MB ${what}: at most ${budget} MB of memory`, async (t) => {
    await work(await draw({ ...options, size: MB }, body));
    await host.resetPeak(gw.url);
    const own = async (size) => spent(ROUNDS, async () => { await work(await draw({ ...options, size }, body)); });
    const [small, large] = [await own(0), await own(MB)];
    const { peak } = await host.memory(gw.url);
    t.diagnostic(`peak ${(peak / MB).toFixed(1)} MB; all of workerd: ${large.toFixed(1)} ms of the processor, without the picture ${small.toFixed(1)} ms`);
    assert.ok(peak <= budget * MB, `${peak} bytes`);
  });
}
