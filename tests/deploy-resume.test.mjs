// A deploy that is killed, or fails, after any of its steps: the next one ends where an undisturbed one would.
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { newAccount } from './lib/deploy.mjs';
import { killTree } from './lib/processes.mjs';

const PASSWORD = 'a password that was given';
const HOLDINGS = { databases: ['grok2api'], namespaces: ['grok2api-cache'], workers: ['grok2api'] };

/** Checks what the second run must leave, whatever happened to the first. */
async function ends(site, what) {
  const { code, said } = await site.run([], { env: { ADMIN_PASSWORD: PASSWORD } });
  assert.equal(code, 0, `${what}: ${said}`);
  assert.deepEqual(site.cloudflare.holdings, HOLDINGS, what);
  const worker = site.cloudflare.workers.get('grok2api');
  assert.deepEqual([...worker.secrets.keys()].sort(), ['admin_password', 'encryption_key'], what);
  assert.deepEqual(worker.crons, ['*/15 * * * *'], what);
  const login = await fetch(`${site.cloudflare.machine.url}/api/login`, { method: 'POST', body: JSON.stringify({ username: 'admin', password: PASSWORD }) });
  assert.equal(login.status, 200, what);
  return worker.secrets.get('encryption_key');
}

const STEPS = [
  ['the database', 'POST /d1/database', 0],
  ['the namespace', 'POST /storage/kv/namespaces', 0],
  ['half a migration', 'POST /d1/database/:id/query', 12],
  // The first upload of a Worker; the later ones are versions.
  ['the upload', 'PUT /workers/scripts/:name', 0],
  ['the schedules', 'PUT /workers/scripts/:name/schedules', 0],
];

/** The steps to disturb: with --long all of them in both ways, otherwise each in one of the two. */
const stepsOf = (way) => STEPS.filter((_, n) => process.env.LONG || n % 2 === way);

/** Runs it once for each step, disturbed there, on one account; then once in peace. */
async function disturbed(steps, disturb) {
  const site = await newAccount();
  try {
    let key;
    for (const [what, route, skip] of steps) {
      site.cloudflare.reset();
      await disturb(site, what, { route, skip });
      const kept = site.cloudflare.workers.all.get('grok2api')?.secrets.get('encryption_key');
      if (key) assert.equal(kept, key, 'a key that may have sealed something stays');
      key = kept;
    }
    site.cloudflare.reset();
    const last = await ends(site, 'in the end');
    if (key) assert.equal(last, key);
    assert.ok(!site.cloudflare.calls.some((name) => /^POST .*(database|namespaces)$/.test(name)), 'nothing is made again');
  } finally {
    await site.stop();
  }
}

test('killed after each step in turn: the next run resumes', () => disturbed(stepsOf(0), async (site, what, { route, skip }) => {
  let child;
  const dead = () => new Promise((resolve) => {
    child.once('exit', resolve);
    killTree(child.pid);
  });
  site.cloudflare.script(route, { skip, times: 1, after: dead });
  const { code, said } = await site.run([], { env: { ADMIN_PASSWORD: PASSWORD }, started: (it) => { child = it; } });
  assert.equal(code, 'SIGKILL', `${what}: ${said}`);
}));

test('refused at each step in turn: the next run resumes', () => disturbed(stepsOf(1), async (site, what, { route, skip }) => {
  site.cloudflare.script(route, { skip, status: 400, code: 1, message: `no ${what} today` });
  const { code, said } = await site.run([], { env: { ADMIN_PASSWORD: PASSWORD } });
  assert.equal(code, 1, said);
  assert.match(said, new RegExp(`no ${what} today`));
}));
