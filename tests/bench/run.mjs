// Measures what a request costs: CPU of the host's process, time to the first byte, memory, and what is asked of the host.
//
//   node tests/bench/run.mjs [--quick] [--host workerd|spin] [--at 1,8,64] [--only models,burst] [--rounds N] [--spin-flags="…"] [--check]
//
// All variants run at once and take turns, so that what else the machine does falls on all of them. docs/performance.md says how
// to read the figures.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { spinMissing } from '../hosts/spin.mjs';
import { differences, slower } from './check.mjs';
import { load } from './load.mjs';
import { cpuBetween, memory, threads } from './processes.mjs';
import { asked, costs, sizes, used } from './report.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { VARIANTS, record, start, takesPart } from './variants.mjs';

// With it Spin collects a backtrace whenever it disposes of a fiber of the component, which no operator pays for.
delete process.env.RUST_BACKTRACE;

const STREAMS = 64;
/** After a round the statements behind the answers are still running. */
const SETTLE_MS = 100;
/**
 * The length of the round that warms up, in rounds. V8 compiles again what is called often, and ours has the most code: after 8
 * rounds a stream of 1 token costs a tenth more than after 20. `--quick` measures before either.
 */
const WARM = { quick: 0.5, full: 20 };

function options() {
  const { values } = parseArgs({ options: {
    quick: { type: 'boolean', default: false }, host: { type: 'string' }, at: { type: 'string', default: '1' }, only: { type: 'string' },
    rounds: { type: 'string' }, 'spin-flags': { type: 'string' }, check: { type: 'boolean', default: false },
  } });
  const known = (names, all, what) => names.map((name) => (all.includes(name) ? name : fail(`${what} ${name} is unknown: ${all.join(', ')}`)));
  const widths = values.at.split(',').map((width) => (/^[1-9]\d*$/.test(width) ? Number(width) : fail(`--at takes numbers, as in --at 1,8,64`)));
  const hosts = known(values.host ? [values.host] : Object.keys(VARIANTS), Object.keys(VARIANTS), 'the host');
  const names = known(values.only?.split(',') ?? Object.keys(SCENARIOS), Object.keys(SCENARIOS), 'the scenario');
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  return { hosts, names, widths, rounds, share: values.quick ? 0.25 : 1, warm: values.quick ? WARM.quick : WARM.full, flags: values['spin-flags']?.split(' '), isCheck: values.check };
}

function fail(message) { throw new Error(message); }

/** Starts the scripted Grok as a process of its own. */
async function startGrok() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../fake-grok.mjs', import.meta.url)), '--pace', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { url: line.replace('ready ', ''), stop: () => child.kill() };
}

async function measure(variant, scenario, count, width) {
  const before = threads(variant.pid);
  const times = await load(variant, scenario, count, width);
  await sleep(SETTLE_MS);
  return { cpu: cpuBetween(before, threads(variant.pid)) / count, first: times.map(({ first }) => first) };
}

/** Measures scenarios in turn over all variants; returns rows of `{ scenario, width, of: Map(variant → samples) }`. */
async function compare(running, { names, widths, rounds, share, warm }) {
  const rows = names.flatMap((name) => [...new Set(widths.map((width) => Math.max(width, SCENARIOS[name].width)))]
    .map((width) => ({ scenario: SCENARIOS[name], width, of: new Map() })));
  for (let round = -1; round < rounds; round++) {
    for (const { scenario, width, of } of rows) {
      const part = running.filter((variant) => takesPart(variant, scenario));
      const count = Math.max(width, Math.ceil(scenario.count * share * (round < 0 ? warm : 1)));
      // Each round begins with another variant.
      for (let n = 0; n < part.length; n++) {
        const variant = part[(n + round + 1) % part.length];
        const sample = await measure(variant, scenario, count, width);
        // The first round warms up.
        if (round >= 0) of.set(variant, [...(of.get(variant) ?? []), sample]);
      }
    }
    if (round >= 0) process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  return rows;
}

/** Returns the memory while this many streams are open, the highest of several looks. */
async function memoryOfStreams(variant) {
  let most = 0;
  let over = false;
  const streams = load(variant, SCENARIOS.slow, STREAMS, STREAMS).finally(() => { over = true; });
  while (!over) {
    most = Math.max(most, memory(variant.pid));
    await Promise.race([streams, sleep(50)]);
  }
  await streams;
  return most;
}

async function host(name, grok, recorded, settings) {
  const variants = VARIANTS[name];
  const running = [];
  try {
    for (const variant of variants) running.push(await start(variant, { grok: grok.url, recorded, flags: settings.flags }));
    const begun = running.map(({ begun }) => begun);
    const idle = running.map(({ pid }) => memory(pid));
    const streams = [];
    for (const variant of running) streams.push(variant.kind === 'hello' ? undefined : await memoryOfStreams(variant));
    const rows = await compare(running, settings);
    const after = running.map(({ pid }) => memory(pid));
    const tables = costs(running, rows);
    console.log(`\n## ${name}\n\n${tables}\n${used(running, { begun, idle, streams, after })}`);
    if (name !== 'workerd') return;
    console.log(asked(recorded));
    if (settings.isCheck) await check(asked(recorded), tables);
  } finally {
    for (const each of running) await each.stop();
  }
}

/** Compares workerd's tables with the document; fails if more or less is asked of the host, and warns of higher ratios. */
async function check(asked, costs) {
  const document = await readFile(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  for (const row of slower(document, costs)) console.log(`${process.env.GITHUB_ACTIONS ? '::warning::' : 'warning: '}slower than docs/performance.md has it: ${row}`);
  const rows = differences(document, asked);
  if (rows.length > 0) fail(`not what docs/performance.md has: ${rows.join('; ')}`);
}

async function main() {
  const settings = options();
  const missing = settings.hosts.includes('spin') && spinMissing();
  const hosts = settings.hosts.filter((name) => name !== 'spin' || !missing);
  if (hosts.length === 0) fail(missing);
  const grok = await startGrok();
  try {
    const recorded = await record(grok.url);
    for (const name of hosts) await host(name, grok, recorded, settings);
    if (missing) console.log(`\n## spin\n\nnot measured: ${missing}`);
    console.log(await sizes());
  } finally {
    grok.stop();
  }
}

main().then(() => process.exit(), (error) => {
  console.error(error.message);
  process.exit(1);
});
