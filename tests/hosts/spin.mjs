// The component on Spin: `spin up` on a free port with its own state folder; ended by its process id.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { children } from '../lib/processes.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The gateway: its manifest, the file that it names, and a path that answers. */
const GATEWAY = { manifest: join(ROOT, 'spin.toml'), component: join(ROOT, 'target/spin/grok2api.wasm'), path: '/health' };
/** How `up` starts Spin. */
export const INSTANCES = ['--max-instance-reuse-count', '1000', '--max-instance-concurrent-reuse-count', '1'];
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;

/** `null`, or the sentence that says why Spin cannot be used here. */
export function spinMissing() {
  const { stdout, error } = spawnSync('spin', ['--version'], { encoding: 'utf8' });
  // A model checker goes by the same name: its version line starts otherwise.
  const version = /^spin (\d+)\.(\d+)/.exec(stdout ?? '');
  if (error || !version) return 'spin: not on PATH';
  const [major, minor] = version.slice(1).map(Number);
  return major > 4 || (major === 4 && minor >= 1) ? null : `spin: 4.1 or newer is needed, this is ${stdout.trim()}`;
}

async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

async function stopped(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await Promise.race([over, sleep(STOP_WITHIN_MS, undefined, { ref: false }).then(() => child.kill('SIGKILL')).then(() => over)]);
}

async function killed(child) {
  // `spin up` runs its trigger as a process of its own, which would outlive a `spin` that is killed.
  for (const pid of children(child.pid)) process.kill(pid, 'SIGKILL');
  await stopped(child, 'SIGKILL');
}

/** With the one port that the manifest opens for WebSockets: that of `grok_base_url`. */
function withPort(vars) {
  if (!vars.grok_base_url) return vars;
  const { port, protocol } = new URL(vars.grok_base_url);
  return { grok_websocket_port: port || (protocol === 'https:' ? '443' : '80'), ...vars };
}

/** Starts Spin with the gateway or another app, with these flags about instances. `log` of the result gives what it has printed so far. */
export async function start({ dataDir, vars, port, app = GATEWAY, flags = INSTANCES }) {
  const missing = spinMissing();
  if (missing) throw new Error(missing);
  if (!existsSync(app.component)) throw new Error(`${app.component} is missing: run \`cargo xtask build\``);
  const args = ['up', '--from', app.manifest, '--listen', `127.0.0.1:${port}`, '--state-dir', dataDir,
    '--log-dir', join(dataDir, 'logs'), ...flags];
  for (const [name, value] of Object.entries(withPort(vars))) args.push('--variable', `${name}=${value}`);
  const child = spawn('spin', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { log += data; });
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + READY_WITHIN_MS; !await answers(url + app.path); await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`spin ended at its start: ${log}`);
    if (Date.now() > end) {
      await killed(child);
      throw new Error(`spin did not answer within ${READY_WITHIN_MS} ms: ${log}`);
    }
  }
  return { name: 'spin', url, pid: child.pid, stop: () => stopped(child, 'SIGTERM'), kill: () => killed(child), log: () => log };
}
