// The database file behind a gateway, looked at from outside.
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = fileURLToPath(new URL('database.py', import.meta.url));

/** Runs `database.py`, which says what it can do, and gives what it prints. */
export async function sqlite(...args) {
  return (await run('python3', [script, ...args])).stdout;
}

/** The database file below a data folder, by what is in it: each host names it in its own way. */
export async function databaseOf(folder) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile() || !/\.(db|sqlite)$/.test(entry.name)) continue;
    if ((await sqlite('tables', path).catch(() => '')).includes('d1_migrations')) return path;
  }
  throw new Error(`no database below ${folder}`);
}
