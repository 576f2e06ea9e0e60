// The measured hosts: workerd with a bare Worker, its D1 and KV in memory, and Spin.
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { freePort } from '../lib/hosts.mjs';
import { children } from '../lib/processes.mjs';
import * as spin from '../hosts/spin.mjs';
import { application } from './spin.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const PASSWORD = 'correct horse battery';
const MODULES = [{ type: 'ESModule', include: ['**/*.mjs'] }, { type: 'CompiledWasm', include: ['**/*.wasm'] }];

/** The gateway's variables, with the scripted Grok at this address. */
const variables = (grok) => ({ grok_base_url: grok, grok_assets_url: grok, admin_password: PASSWORD });

/** Starts workerd with this Worker of tests/bench/. Returns its URL and process id. */
export async function startWorkerd({ script, grok, bindings = {} }) {
  const wrangler = await readFile(join(ROOT, 'wrangler.toml'), 'utf8');
  const path = join(ROOT, script);
  const before = children(process.pid);
  const worker = new Miniflare({
    host: '127.0.0.1', port: 0, cf: false, log: new Log(LogLevel.WARN), handleRuntimeStdio: (stdout, stderr) => { stdout.resume(); stderr.pipe(process.stderr); },
    modules: true, modulesRoot: ROOT, modulesRules: MODULES, scriptPath: path, script: await readFile(path, 'utf8'),
    compatibilityDate: /^compatibility_date = "(.+)"$/m.exec(wrangler)[1], compatibilityFlags: JSON.parse(/^compatibility_flags = (.+)$/m.exec(wrangler)[1]),
    bindings: { ...variables(grok), ...bindings }, d1Databases: { DB: 'bench' }, kvNamespaces: { KV: 'bench' }, d1Persist: false, kvPersist: false,
  });
  const url = (await worker.ready).origin;
  const [pid] = children(process.pid).filter((child) => !before.includes(child) && readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('workerd'));
  return { url, pid: pid ?? await Promise.reject(new Error('the process of workerd was not found')), stop: () => worker.dispose() };
}

/** Starts Spin with a variant of this kind and a folder of its own. `recorded` is for the floor. */
export async function startSpin({ kind, grok, recorded, flags }) {
  const dataDir = await mkdtemp(join(tmpdir(), 'grok2api-bench-'));
  const app = await application({ kind, recorded, folder: dataDir });
  const { url, pid, stop } = await spin.start({ dataDir, vars: variables(grok), port: await freePort(), app, flags });
  return { url, pid, stop: async () => { await stop(); await rm(dataDir, { recursive: true, force: true }); } };
}
