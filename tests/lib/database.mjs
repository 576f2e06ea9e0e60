// The database file behind a gateway, looked at from outside.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startGateway } from './gateway.mjs';

const run = promisify(execFile);

/** Returns a path from this folder. */
export const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Runs `database.py`, which says what it can do, and gives what it prints. */
export const sqlite = async (...args) => (await run('python3', [here('database.py'), ...args])).stdout;

/** Returns the database file below a data folder, by what is in it: each host names it in its own way. */
export async function databaseOf(folder) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile() || !/\.(db|sqlite)$/.test(entry.name)) continue;
    // The schema is in the file as text, or still in its log.
    for (const file of [path, `${path}-wal`]) if ((await readFile(file).catch(() => '')).includes('d1_migrations')) return path;
  }
  throw new Error(`no database below ${folder}`);
}

let used;

/** Has a gateway make the folder that the others of this process are copies of. */
async function makeUsed() {
  const dataDir = await mkdtemp(join(tmpdir(), 'grok2api-used-'));
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const gw = await startGateway({ dataDir });
  try {
    await gw.addTokens(['basic-1']);
  } finally {
    await gw.host.stop();
    await gw.grok.stop();
  }
  return { dataDir, key: gw.key };
}

/** Prepares a data folder that a gateway has used and left, with one token and one key in it. */
export async function usedFolder() {
  used ??= makeUsed();
  const { dataDir: from, key } = await used;
  const dataDir = await mkdtemp(join(tmpdir(), 'grok2api-'));
  await cp(from, dataDir, { recursive: true });
  return { dataDir, key };
}
