// Codex as npm has it, installed below target/: about 400 MB.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installed } from './npm.mjs';

const VERSION = '0.171.0';
const run = promisify(execFile);

/** Returns the path of the program. */
export const codex = async () => join(await installed('@openai/codex', VERSION), 'node_modules/.bin/codex');

/** Returns the config.toml of docs/clients.md. */
const config = (url) => `model = "grok-4"
model_provider = "grok2api"

[model_providers.grok2api]
name = "Grok2API"
base_url = "${url}/v1"
env_key = "GROK2API_KEY"
wire_api = "responses"
`;

/**
 * Runs `codex exec` once with this prompt, in a new folder and a new home, with nothing but the gateway set. Whatever does not go to
 * the gateway meets a closed port. Returns its last message, and what it printed.
 */
export async function runCodex(program, gw, prompt) {
  const [home, folder] = [await mkdtemp(join(tmpdir(), 'codex-home-')), await mkdtemp(join(tmpdir(), 'codex-folder-'))];
  await writeFile(join(home, 'config.toml'), config(gw.url));
  const env = { PATH: process.env.PATH, HOME: home, CODEX_HOME: home, GROK2API_KEY: gw.key, HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1,localhost' };
  const last = join(home, 'last.txt');
  // The sandbox needs rights that a machine of tests may not have.
  const args = ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '--output-last-message', last, prompt];
  try {
    const running = run(program, args, { cwd: folder, env, timeout: 120_000 });
    running.child.stdin.end();
    const { stdout, stderr } = await running.catch((error) => { throw new Error(`codex exec: ${error.stdout}\n${error.stderr}\n${error.message}`); });
    return { last: await readFile(last, 'utf8'), printed: stdout + stderr };
  } finally {
    await rm(home, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
}
