// The packages of the clients in tests/clients, which are heavy and run with `--long` only.
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environment } from './python.mjs';

const CLIENTS = fileURLToPath(new URL('../clients/', import.meta.url));
const modified = (path) => stat(CLIENTS + path).then(({ mtimeMs }) => mtimeMs, () => 0);

/** Installs the packages for Node unless they are there. npm writes the hidden lockfile last. */
export async function nodePackages() {
  if (await modified('node_modules/.package-lock.json') >= await modified('package-lock.json')) return;
  await promisify(execFile)('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: CLIENTS, timeout: 600_000 });
}

/** Returns the Python that has the packages for Python. */
export function pythonPackages() {
  const file = `${CLIENTS}requirements.txt`;
  return environment('clients', ['--no-deps', '-r', file], file);
}
