// Runs the HTTP suite on every host this machine has: workerd always, Spin when it is on PATH.
//
//   node tests/run.mjs [--host workerd|spin] [name…]      // a name picks tests/<name>.test.mjs
//   node tests/run.mjs --bundle DIR [name…]               // workerd runs what `wrangler deploy --dry-run --outdir DIR` wrote
//
// REQUIRE_SPIN=1 makes a missing Spin a failure.
import { readdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { spinMissing } from './hosts/spin.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const FILE_TIMEOUT_MS = 300_000;
// Run once, on workerd: the scripted Grok itself, the commands, what only D1's bindings can count, and what a browser
// does, which has the same files and the same admin API on both hosts.
const ONCE = /^(deploy.*|fake-grok.*|media-limits|storage|up|console-(?!files\.).+)\.test\.mjs$/;

function suite(names) {
  const files = readdirSync(HERE).filter((file) => file.endsWith('.test.mjs')).sort();
  return names.length === 0 ? files : files.filter((file) => names.includes(file.replace('.test.mjs', '')));
}

/** Runs the files one after the other and tells how many tests passed and failed, and how many of them any host can run. */
function runOn(host, files) {
  process.env.HOST = host;
  console.log(`\n— ${host} —`);
  return new Promise((resolve) => {
    const counts = { passed: 0, failed: 0, portable: 0 };
    // One at a time: several hosts at once on two cores would measure each other.
    const events = run({ files: files.map((file) => join(HERE, file)), concurrency: 1, timeout: FILE_TIMEOUT_MS });
    const count = (kind) => ({ details, name, file }) => {
      if (details?.type === 'suite' || name === file || details?.error?.failureType === 'subtestsFailed') return;
      counts[kind] += 1;
      if (!ONCE.test(basename(file ?? ''))) counts.portable += 1;
    };
    events.on('test:pass', count('passed'));
    events.on('test:fail', (event) => {
      process.exitCode = 1;
      count('failed')(event);
    });
    const report = events.compose(new spec());
    report.on('end', () => resolve(counts));
    report.pipe(process.stdout, { end: false });
  });
}

const args = process.argv.slice(2);
const option = (name) => {
  const at = args.indexOf(name);
  return at < 0 ? null : args.splice(at, 2)[1];
};
const bundle = option('--bundle');
const only = bundle ? 'workerd' : option('--host');
if (bundle) process.env.BUNDLE = resolve(bundle);
// The bundle is asked what any host is asked.
const files = suite(args).filter((file) => !bundle || !ONCE.test(file));
if (files.length === 0) throw new Error(`no such tests: ${args.join(', ')}`);

// What an earlier run saw would stand beside what this one sees.
if (args.length === 0) rmSync(join(HERE, '../target/console-screenshots'), { recursive: true, force: true });

let portable = 0;
if (only !== 'spin') ({ portable } = await runOn('workerd', files));
if (only !== 'workerd') {
  const missing = spinMissing();
  if (!missing) {
    const { failed } = await runOn('spin', files.filter((file) => !ONCE.test(file)));
    if (failed > 0) process.exitCode = 1;
  } else {
    console.log(`${missing}, ${portable} tests not run`);
    if (process.env.REQUIRE_SPIN === '1' || only === 'spin') process.exitCode = 1;
  }
}
