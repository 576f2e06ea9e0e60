// `cargo xtask deploy cloudflare` against the scripted Cloudflare: one account, a folder for what is kept, and runs of it.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCloudflare } from '../fake-cloudflare.mjs';
import { killTree } from './processes.mjs';
import { after, before } from './suite.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** How many migrations a new database needs. */
export const MIGRATIONS = readdirSync(join(ROOT, 'migrations')).length;
const WITHIN_MS = 120_000;
const OURS = /^(CLOUDFLARE_|CF_|WRANGLER_|GITHUB_ACTIONS$|ADMIN_PASSWORD$|ENCRYPTION_KEY$)/;

class Deployment {
  constructor(parts) { Object.assign(this, parts); }

  /** The folder of what a run keeps for this account. */
  get folder() { return join(this.data, 'cloudflare', this.cloudflare.id); }

  /** The configuration that wrangler got. */
  get config() { return join(this.folder, 'grok2api.json'); }

  /** Returns the account's environment, and nothing of the caller's own. */
  #environment(more) {
    const own = Object.entries(process.env).filter(([name]) => !OURS.test(name));
    const env = { ...Object.fromEntries(own), XDG_CONFIG_HOME: this.data, CLOUDFLARE_API_BASE_URL: this.cloudflare.url,
      CLOUDFLARE_API_TOKEN: 'good', CLOUDFLARE_ACCOUNT_ID: this.cloudflare.id, NO_PROXY: '127.0.0.1', ...more };
    return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
  }

  /** Runs it to its end; `started` gets the process. What is deployed was built before: `cargo xtask build`. */
  run(args = [], { env = {}, started = () => {} } = {}) {
    const all = ['xtask', 'deploy', 'cloudflare', '--no-build', '--data', this.data, '--url', this.cloudflare.machine.url, ...args];
    const child = spawn('cargo', all, { cwd: ROOT, env: this.#environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    started(child);
    const late = setTimeout(() => killTree(child.pid), WITHIN_MS);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { said += chunk; });
    return new Promise((resolve) => child.on('close', (code, signal) => {
      clearTimeout(late);
      resolve({ code: code ?? signal, said });
    }));
  }

  async stop() {
    await this.cloudflare.stop();
    await rm(this.data, { recursive: true, force: true });
  }
}

/** Returns an account with nothing in it, and no run yet. */
export async function newAccount() {
  return new Deployment({ cloudflare: await startCloudflare(), data: await mkdtemp(join(tmpdir(), 'grok2api-deploy-')) });
}

/** Returns the account of a test file: it is there before the file's tests, and is removed after them. */
export function accountForFile() {
  const site = new Deployment({});
  before(async () => { Object.assign(site, await newAccount()); });
  after(() => site.cloudflare && site.stop());
  return site;
}
