// The packages of the clients in tests/clients, which are heavy and run with `--long` only.
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { npm } from './npm.mjs';
import { environment } from './python.mjs';

const CLIENTS = fileURLToPath(new URL('../clients/', import.meta.url));
const modified = (path) => stat(CLIENTS + path).then(({ mtimeMs }) => mtimeMs, () => 0);

/** Installs the packages for Node unless they are there. npm writes the hidden lockfile last. */
export async function nodePackages() {
  if (await modified('node_modules/.package-lock.json') >= await modified('package-lock.json')) return;
  await npm(['ci'], CLIENTS);
}

/** Returns the Python that has the packages for Python. */
export function pythonPackages() {
  const file = `${CLIENTS}requirements.txt`;
  return environment('clients', ['--no-deps', '-r', file], file);
}
