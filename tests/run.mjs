// Runs the HTTP suite on every host this machine has: workerd always, Spin when it is on PATH.
//
//   node tests/run.mjs [--pictures] [--long] [--host workerd|spin] [name…]   // a name picks tests/<name>.test.mjs: chat, console/tokens
//   node tests/run.mjs --bundle DIR [name…]                         // workerd runs what `wrangler deploy --dry-run --outdir DIR` wrote
//
// --pictures takes the picture of every state of the console in both languages, both appearances and two widths.
// --long repeats more: every step of a deployment is disturbed in both ways, and 500 accounts are read instead of 100. It also runs
// tests/clients, whose packages are heavy; without it they run when they are named.
// POOL=0 gives each request on workerd an instance of its own, POOL=1 lets one instance wait for requests: both must pass.
// REQUIRE_SPIN=1 makes a missing Spin a failure.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { spinMissing } from './hosts/spin.mjs';
import { LONGEST_NAME, longNamesBelow, tooLong } from './lib/names.mjs';
import { Record } from './lib/record.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ENTRIES = join(HERE, '../target/test-processes');
const FILE_TIMEOUT_MS = 300_000;
// Processes at once: more than two cores, because deployments and browsers often wait.
const AT_ONCE = 4;
// Files of a kind share processes, each with at most the given count: a browser's take the longest. Processes start in this
// order, and the last ones are short, so that all of them end at about the same time. The heavy clients share their packages,
// so one of their files follows the other.
const KINDS = [['deploy', /^deploy/, 1], ['clients', /^clients\//, Infinity], ['browser', /^(console\/(?!files$|.*-unit$|texts$)|foreign-page$)/, 5], ['plain', /^/, 7]];
const HEAVY = /^clients\//;
// Run once, on workerd: the scripted services themselves, the commands, what only the Worker's wrapper can count, and what a browser
// does, which has the same files and the same admin API on both hosts.
const ONCE = /^(bench|bursts|cut-off|deploy.*|entry|fake-(grok|xai).*|media-limits|storage|up|console\/(?!files$).+)$/;
// Runs after the others, because it builds what they run. What measures does so in time of the processor, which is the same
// beside other tests.
const ALONE = /^up$/;

const path = (name) => join(HERE, `${name}.test.mjs`);

/** Returns the names of the tests in a folder below this one. */
function testsIn(folder) {
  return readdirSync(join(HERE, folder)).filter((file) => file.endsWith('.test.mjs')).map((file) => `${folder}${file.replace('.test.mjs', '')}`);
}

function suite(names) {
  const all = [...testsIn(''), ...testsIn('clients/'), ...testsIn('console/')].sort();
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`no such tests: ${unknown.join(', ')}`);
  return all.filter((name) => (names.length === 0 ? process.env.LONG || !HEAVY.test(name) : names.includes(name)));
}

/** Returns the files to start, a process each, for `width` at once. Files that import lib/suite.mjs share one with others of their kind. */
function processes(names, label, width) {
  const isShared = (name) => /from '\.{1,2}\/lib\/suite\.mjs'/.test(readFileSync(path(name), 'utf8'));
  const kindOf = (name) => KINDS.find(([, pattern]) => pattern.test(name))[0];
  mkdirSync(ENTRIES, { recursive: true });
  const entries = KINDS.flatMap(([kind, , most]) => {
    const list = names.filter((name) => kindOf(name) === kind && isShared(name));
    const count = Math.min(list.length, most === Infinity ? 1 : Math.max(width, Math.ceil(list.length / most)));
    return Array.from({ length: count }, (_, at) => {
      const entry = join(ENTRIES, `${label}-${kind}-${at + 1}.mjs`);
      const files = list.filter((_, n) => n % count === at);
      writeFileSync(entry, `import { runFiles } from ${JSON.stringify(join(HERE, 'lib/suite.mjs'))};\nawait runFiles(${JSON.stringify(files)}, ${FILE_TIMEOUT_MS});\n`);
      return entry;
    });
  });
  return [...entries, ...names.filter((name) => !isShared(name)).map(path)];
}

function runProcesses(files, concurrency, record) {
  return new Promise((done) => {
    // Files that share a process have their limits inside of it.
    const events = run({ files, concurrency, timeout: FILE_TIMEOUT_MS * 12 });
    record.listen(events);
    const report = events.compose(new spec());
    report.on('end', done);
    report.pipe(process.stdout, { end: false });
  });
}

/** Runs these tests and gives what became of them. */
async function runOn(host, names) {
  process.env.HOST = host;
  console.log(`\n— ${host} —`);
  const record = new Record();
  for (const [label, width, isMeant] of [[host, AT_ONCE, (name) => !ALONE.test(name)], [`${host}-alone`, 1, (name) => ALONE.test(name)]]) {
    const meant = names.filter(isMeant);
    if (meant.length > 0) await runProcesses(processes(meant, label, width), width, record);
  }
  record.print(host);
  const missed = names.filter((name) => record.count((file) => file === name) === 0);
  if (missed.length > 0) console.log(`no test was run of ${missed.join(', ')}`);
  const long = tooLong(record.names);
  if (long.length > 0) console.log(`names of tests longer than ${LONGEST_NAME} characters:\n${long.join('\n')}`);
  if (record.hasFailures || missed.length > 0 || long.length > 0) process.exitCode = 1;
  return record;
}

const args = process.argv.slice(2);
const option = (name) => {
  const at = args.indexOf(name);
  return at < 0 ? null : args.splice(at, 2)[1];
};
const flag = (name) => {
  const at = args.indexOf(name);
  return at >= 0 && args.splice(at, 1).length > 0;
};
const bundle = option('--bundle');
const only = bundle ? 'workerd' : option('--host');
if (bundle) process.env.BUNDLE = resolve(bundle);
if (flag('--pictures')) process.env.PICTURES = '1';
if (flag('--long')) process.env.LONG = '1';
// The bundle is asked what any host is asked.
const names = suite(args).filter((name) => !bundle || !ONCE.test(name));
if (names.length === 0) throw new Error(`not run on a bundle: ${args.join(', ')}`);

// Names in the sources are checked before the first test; what a template gives is checked when its test has run.
const long = longNamesBelow(join(HERE, '..'), ['tests', 'cloudflare', 'spin']);
if (long.length > 0) throw new Error(`names of tests longer than ${LONGEST_NAME} characters:\n${long.join('\n')}`);

// No test connects to another machine, but npm does: see lib/npm.mjs. Reading additional root certificates takes most of the time
// in which a workerd starts.
if (process.env.NODE_EXTRA_CA_CERTS) process.env.EXTRA_CA_CERTS = process.env.NODE_EXTRA_CA_CERTS;
delete process.env.NODE_EXTRA_CA_CERTS;

// What an earlier run saw would stand beside what this one sees.
if (args.length === 0) rmSync(join(HERE, '../target/console-screenshots'), { recursive: true, force: true });

let portable = 0;
if (only !== 'spin') portable = (await runOn('workerd', names)).count((name) => !ONCE.test(name));
if (only !== 'workerd') {
  const missing = spinMissing();
  if (!missing) {
    await runOn('spin', names.filter((name) => !ONCE.test(name)));
  } else {
    console.log(`${missing}, ${portable} tests not run`);
    if (process.env.REQUIRE_SPIN === '1' || only === 'spin') process.exitCode = 1;
  }
}
