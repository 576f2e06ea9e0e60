// The official OpenAI client for Python, in a virtual environment of its own under target/.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from './lib/suite.mjs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gatewayForFile } from './lib/gateway.mjs';

const OPENAI = '3.54.0';
const CACHE = fileURLToPath(new URL('../target/python', import.meta.url));
const run = promisify(execFile);

/** Prepares a virtual environment with the pinned client; made beside its place and moved there when whole. */
async function environment() {
  const place = join(CACHE, `openai-${OPENAI}`);
  const python = join(place, 'bin/python');
  if (existsSync(join(place, 'complete'))) return python;
  await mkdir(CACHE, { recursive: true });
  await rm(place, { recursive: true, force: true });
  try {
    await run('python3', ['-m', 'venv', place], { timeout: 120_000 });
  } catch (error) {
    throw new Error(`Python tests need python3 with venv: install the packages python3 and python3-venv (${error.message.trim()})`);
  }
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `openai==${OPENAI}`], { timeout: 300_000 });
  await mkdir(join(place, 'making'));
  await rename(join(place, 'making'), join(place, 'complete'));
  return python;
}

const gw = gatewayForFile();

test('models, chat, usage, errors, pictures in the Python client', { timeout: 600_000 }, async () => {
  const python = await environment();
  await gw.pool(['basic-1', 'basic-2', 'basic-3', 'basic-4']);
  const script = fileURLToPath(new URL('openai_client.py', import.meta.url));
  const { stdout } = await run(python, [script, `${gw.url}/v1`, gw.key], { timeout: 120_000 });
  assert.match(stdout, /hold/);
});
