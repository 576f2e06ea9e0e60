// `cargo xtask up` as a newcomer runs it: the demonstration from start to stop, and what it says when it cannot start.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from './lib/hosts.mjs';
import { descendants } from './lib/processes.mjs';
import { readSse } from './lib/sse.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READY_WITHIN_MS = 240_000;
const STOP_WITHIN_MS = 15_000;

let data;
before(async () => { data = await mkdtemp(join(tmpdir(), 'grok2api-up-')); });
after(() => rm(data, { recursive: true, force: true }));

const PASSWORD = 'a password that no list shows';

let environment = {};
const xtask = (...args) => ['cargo', ['xtask', ...args], { cwd: ROOT, env: { ...process.env, ...environment } }];

/** Runs the command, which must fail; returns everything it printed. */
function fails(...args) {
  return new Promise((resolve, reject) => {
    execFile(...xtask(...args), (error, stdout, stderr) => {
      if (error) resolve(stdout + stderr);
      else reject(new Error(`${args.join(' ')} was expected to fail: ${stdout}`));
    });
  });
}

/** Starts `up` and waits for its ready line. `stop` ends it with SIGTERM and gives its exit code. */
async function up(...args) {
  const child = spawn(...xtask('up', '--host', 'workerd', '--data', data, ...args));
  let said = '';
  const ready = new Promise((resolve, reject) => {
    const listen = (chunk) => {
      said += chunk;
      const line = /^ready (\S+)$/m.exec(said);
      if (line) resolve(line[1]);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('exit', () => reject(new Error(`up ended: ${said}`)));
    setTimeout(() => reject(new Error(`not ready: ${said}`)), READY_WITHIN_MS).unref();
  });
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  const url = await ready;
  const stop = (signal = 'SIGTERM') => {
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    return ended.finally(() => clearTimeout(late));
  };
  return { url, said: () => said, stop, pid: child.pid, ended };
}

test('the demonstration prints a curl line, a password, then ends', { timeout: 600_000 }, async () => {
  const port = await freePort();
  const first = await up('--demo', '--port', String(port));
  let password;
  try {
    assert.equal(first.url, `http://127.0.0.1:${port}`);
    const line = /^curl .*$/m.exec(first.said())[0];
    const key = /Bearer ([^']+)'/.exec(line)[1];
    const body = /-d '([^']+)'/.exec(line)[1];
    const answer = await fetch(`${first.url}/v1/chat/completions`, { method: 'POST', body,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' } });
    const read = await readSse(answer);
    assert.ok(read.done);
    assert.match(read.text, /scripted Grok/);
    password = /password (\S+) /.exec(first.said())[1];
    const login = await fetch(`${first.url}/api/login`, { method: 'POST', body: JSON.stringify({ username: 'admin', password }) });
    const { token } = await login.json();
    const tokens = await (await fetch(`${first.url}/api/tokens`, { headers: { authorization: `Bearer ${token}` } })).json();
    assert.equal(tokens.data.length, 3);
  } finally {
    assert.equal(await first.stop(), 0);
  }
  await assert.rejects(fetch(`${first.url}/health`), 'nothing listens any more');
  const second = await up('--demo', '--port', String(port));
  try {
    assert.ok(!second.said().includes(password), 'the password is printed once');
    const key = /Bearer ([^']+)'/.exec(second.said())[1];
    const models = await fetch(`${second.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal(models.status, 200, 'the key of the first start still works');
  } finally {
    assert.equal(await second.stop('SIGINT'), 0);
  }
});

test('with its own password it listens, encrypts, and ends cleanly', { skip: process.platform !== 'linux', timeout: 300_000 }, async () => {
  const folder = join(data, 'home');
  const database = join(folder, 'workerd', 'd1');
  // As an earlier release left it.
  await mkdir(database, { recursive: true });
  await writeFile(join(database, 'old.sqlite'), '');
  for (const path of [folder, join(folder, 'workerd'), database]) await chmod(path, 0o755);
  const [port, other] = [await freePort(), await freePort()];
  const options = ['--data', folder, '--port', String(port), '--listen', `127.0.0.2:${other}`];
  const refused = await fails('up', '--host', 'workerd', ...options);
  assert.match(refused, /--listen needs a password of your own.*set SPIN_VARIABLE_ADMIN_PASSWORD/);
  environment = { SPIN_VARIABLE_ADMIN_PASSWORD: PASSWORD };
  const running = await up(...options);
  try {
    assert.match(running.said(), new RegExp(`^also at http://127\\.0\\.0\\.2:${other}$`, 'm'));
    for (const url of [running.url, `http://127.0.0.2:${other}`]) assert.equal((await fetch(`${url}/health`)).status, 200, url);
    const body = JSON.stringify({ username: 'admin', password: PASSWORD });
    assert.equal((await fetch(`http://127.0.0.2:${other}/api/login`, { method: 'POST', body })).status, 200);
    const lines = descendants(running.pid).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    assert.ok(lines.some((line) => line.includes('serve.mjs')) && lines.some((line) => line.includes('workerd')), lines.join('\n'));
    assert.ok(lines.every((line) => !line.includes(PASSWORD)));
    for (const path of [folder, join(folder, 'workerd'), database, join(database, 'old.sqlite')]) {
      assert.equal((await stat(path)).mode & 0o077, 0, path);
    }
    const isRuntime = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0].endsWith('/workerd');
    process.kill(descendants(running.pid).find(isRuntime), 'SIGKILL');
    assert.equal(await running.ended, 1);
    assert.match(running.said(), /the runtime workerd ended unexpectedly[^]*error: workerd ended \(exit status: 1\)/);
  } finally {
    environment = {};
    await running.stop();
  }
});

test('what --listen and --var cannot do is an error with advice', async () => {
  const spin = await fails('up', '--host', 'spin', '--data', data, '--listen', '127.0.0.2');
  assert.match(spin, /--listen works with workerd only: leave out --host spin/);
  const secret = await fails('up', '--var', 'encryption_key=sixteen or more of them');
  assert.match(secret, /`encryption_key` is a secret.*: set SPIN_VARIABLE_ENCRYPTION_KEY in the environment/);
});

test('a port in use is reported in one sentence', async () => {
  const taken = createServer();
  await new Promise((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address();
  const said = await fails('up', '--host', 'workerd', '--data', data, '--port', String(port));
  taken.close();
  assert.match(said, new RegExp(`port ${port} cannot be used: .*--port`));
  assert.doesNotMatch(said, /panicked|backtrace/i);
});

test('an unusable data folder is reported in one sentence', async () => {
  const file = join(data, 'a-file');
  await writeFile(file, '');
  const said = await fails('up', '--host', 'workerd', '--data', join(file, 'below'), '--port', String(await freePort()));
  assert.match(said, /takes no data: free some space/);
  assert.doesNotMatch(said, /panicked|backtrace/i);
});

test('unknown options and an invalid variable are reported', async () => {
  for (const args of [['--hots', 'spin'], ['--port', 'many'], ['--var', 'novalue']]) {
    const said = await fails('up', ...args);
    assert.ok(said.includes(args[0]) || said.includes(args[1]), said);
    assert.doesNotMatch(said, /panicked/);
  }
});
