// npm, for the packages and programs that only some tests need.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Runs npm in a folder. It connects to another machine, so it gets the root certificates that run.mjs took away. */
export async function npm(args, cwd) {
  const { EXTRA_CA_CERTS, NODE_EXTRA_CA_CERTS = EXTRA_CA_CERTS } = process.env;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS };
  await promisify(execFile)('npm', [...args, '--no-fund', '--no-audit', '--loglevel=error'], { cwd, env, timeout: 600_000 });
}

/**
 * Returns the folder below target/ into which this package is installed, once, and whole or not at all.
 * @param {(folder: string) => Promise<void>} [finish] what remains to do after npm
 */
export async function installed(name, version, finish = async () => {}) {
  const folder = fileURLToPath(new URL(`../../target/${name.split('/').pop()}-${version}`, import.meta.url));
  if (existsSync(join(folder, 'complete'))) return folder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await npm(['install', '--prefix', folder, `${name}@${version}`], folder);
  await finish(folder);
  await mkdir(join(folder, 'making'));
  await rename(join(folder, 'making'), join(folder, 'complete'));
  return folder;
}
