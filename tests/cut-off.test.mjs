// The wrapper of the Worker cancels work as Cloudflare does, 30 s after the response: other tests trust its notes.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from './lib/suite.mjs';
import { startGrok } from './fake-grok.mjs';
import { until } from './lib/gateway.mjs';
import { startHost } from './lib/hosts.mjs';

/** The wrapper's clock runs this many times faster. */
const SPEED = 25;
const CANCELLED = /cancelled/;

let grok;
let host;
let notes;
before(async () => {
  notes = await import('./hosts/workerd.mjs');
  grok = await startGrok();
  host = await startHost({ host: 'workerd', countBindings: true, worker: 'tests/hosts/late-worker.mjs', assets: false, vars: { grok_base_url: grok.url } });
  await host.turnClock({ speed: SPEED });
});
after(async () => {
  await host?.stop();
  await grok.stop();
});
beforeEach(() => notes.forget(host.url));

/** Returns the entry of a request, once its work has ended, and what became of its steps by the time they began at. */
async function worked(id, run) {
  const entry = await until(async () => (await notes.requests(host.url)).find((each) => each.id === id && each.done), 'the end of the work');
  const seen = await (await fetch(`${host.url}/seen`)).json();
  const at = {};
  for (const [name, kind, outcome] of seen) {
    const [of, time] = name.split(' ');
    if (of === run) at[time] = { ...at[time], [kind]: outcome };
  }
  return { entry, at };
}

async function run(name, query) {
  const answer = await fetch(`${host.url}/?run=${name}&${query}`);
  if (query.startsWith('body')) assert.equal(await answer.text(), '012345678');
  return worked(answer.headers.get('x-test-request'), name);
}

const DONE = { d1: 'done', kv: 'done', fetch: 'done' };

function assertCancelled(outcomes) {
  assert.deepEqual(Object.keys(outcomes), ['d1', 'kv', 'fetch']);
  for (const [kind, outcome] of Object.entries(outcomes)) assert.match(outcome, CANCELLED, kind);
}

test('steps that begin 30 s after the response are cancelled', async () => {
  const [early, late] = await Promise.all([run('early', 'work=1000,5000'), run('late', 'work=5000,60000')]);
  assert.deepEqual([early.at, early.entry.cutOff, early.entry.steps.length], [{ 1000: DONE, 5000: DONE }, false, 6]);
  assert.deepEqual([late.at[5000], late.entry.cutOff], [DONE, true]);
  assertCancelled(late.at[60000]);
});

test('the time runs from the end of a body', async () => {
  const { entry, at } = await run('streamed', 'body=30000&work=35000,90000');
  assert.deepEqual([at[35000], entry.cutOff], [DONE, true]);
  assertCancelled(at[90000]);
});

test('the time runs from a client that leaves', async () => {
  // The entry reports a departure after a second.
  const notice = 1_000 * SPEED;
  const leaving = new AbortController();
  const answer = await fetch(`${host.url}/?run=left&body=${notice * 4}&work=${notice},${notice * 3.5}`, { signal: leaving.signal });
  leaving.abort();
  const { entry, at } = await worked(answer.headers.get('x-test-request'), 'left');
  assert.deepEqual([at[notice], entry.cutOff], [DONE, true]);
  assertCancelled(at[notice * 3.5]);
});

test('a clock that is turned ends the work at once', async () => {
  const working = run('turned', 'work=20000');
  await until(async () => (await notes.requests(host.url)).some((entry) => entry.ended !== null), 'the end of the response');
  await host.turnClock({ pass: 31_000 });
  const { entry, at } = await working;
  assert.equal(entry.cutOff, true);
  assertCancelled(at[20000]);
});

test('work of cron is not cancelled after 30 s', async () => {
  const { headers } = await fetch(`${host.url}/__test/cron`);
  const { entry } = await worked(headers.get('x-test-request'));
  assert.deepEqual([entry.method, entry.cutOff, entry.steps.length], ['CRON', false, 3]);
  const seen = await (await fetch(`${host.url}/seen`)).json();
  assert.deepEqual(seen.filter(([run]) => run === 'cron').map(([, , outcome]) => outcome), ['done', 'done', 'done']);
});
