// Python programs of the suite, in virtual environments below target/.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CACHE = fileURLToPath(new URL('../../target/python', import.meta.url));
const run = promisify(execFile);

/**
 * Returns the Python of a virtual environment with the packages that these arguments of `pip install` name, or a file that they
 * name. It is made once, and whole or not at all.
 */
export async function environment(name, packages, file = null) {
  const key = createHash('sha256').update(file ? await readFile(file) : packages.join('\n')).digest('hex').slice(0, 12);
  const place = join(CACHE, `${name}-${key}`);
  const python = join(place, 'bin/python');
  if (existsSync(join(place, 'complete'))) return python;
  await mkdir(CACHE, { recursive: true });
  await rm(place, { recursive: true, force: true });
  try {
    await run('python3', ['-m', 'venv', place], { timeout: 120_000 });
  } catch (error) {
    throw new Error(`Python tests need python3 with venv: install the packages python3 and python3-venv (${error.message.trim()})`);
  }
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], { timeout: 600_000 });
  await mkdir(join(place, 'making'));
  await rename(join(place, 'making'), join(place, 'complete'));
  return python;
}

/**
 * Runs the checks of a script (see tests/lib/checks.py) on a gateway. Returns their names; fails with what the script
 * says of those that failed.
 */
export async function checks(python, script, gw) {
  const env = { ...process.env, PYTHONPATH: fileURLToPath(new URL('.', import.meta.url)), PYTHONDONTWRITEBYTECODE: '1' };
  const { stdout } = await run(python, [script, `${gw.url}/v1`, gw.key], { env, timeout: 280_000 }).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`.trim() || error.message);
  });
  return stdout.split('\n').filter((line) => line.startsWith('ok ')).map((line) => line.slice(3));
}
