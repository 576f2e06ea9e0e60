// Claude Code as npm has it, installed below target/: about 400 MB.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installed } from './npm.mjs';

const VERSION = '2.1.332';
const run = promisify(execFile);

/** Returns the path of the program. */
export async function claudeCode() {
  const below = (folder) => join(folder, 'node_modules/@anthropic-ai/claude-code');
  // Replaces the placeholder by the program of this system, also where npm runs no scripts.
  const finish = (folder) => run(process.execPath, ['install.cjs'], { cwd: below(folder), timeout: 120_000 });
  return join(below(await installed('@anthropic-ai/claude-code', VERSION, finish)), 'bin/claude.exe');
}

/**
 * Runs Claude Code once with these arguments, in a new folder and a new home, with nothing set but what its documentation says for
 * a gateway. Whatever does not go to the gateway meets a closed port. Returns what it printed, and the folder.
 */
export async function runClaude(program, gw, args) {
  const [home, folder] = [await mkdtemp(join(tmpdir(), 'claude-home-')), await mkdtemp(join(tmpdir(), 'claude-folder-'))];
  const env = { PATH: process.env.PATH, HOME: home, ANTHROPIC_BASE_URL: gw.url, ANTHROPIC_AUTH_TOKEN: gw.key,
    HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1,localhost' };
  try {
    const running = run(program, args, { cwd: folder, env, timeout: 120_000 });
    running.child.stdin.end();
    const { stdout } = await running.catch((error) => { throw new Error(`claude ${args.join(' ')}: ${error.stdout}\n${error.stderr}\n${error.message}`); });
    return { stdout, folder };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
