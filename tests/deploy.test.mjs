// `cargo xtask deploy cloudflare` on a scripted Cloudflare, with the real wrangler, and the Worker that it uploads running.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from './lib/suite.mjs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { jwt } from './fake-grok.mjs';
import { MIGRATIONS, accountForFile } from './lib/deploy.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PASSWORD = 'a password of the first deploy';

const site = accountForFile();

const call = async (path, { body, session } = {}) => {
  const headers = { 'content-type': 'application/json', ...(session ? { authorization: `Bearer ${session}` } : {}) };
  const answer = await fetch(site.cloudflare.machine.url + path, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
};
const signIn = (password) => call('/api/login', { body: { username: 'admin', password } });
const worker = () => site.cloudflare.workers.get('grok2api');
const made = ({ said }) => /encryption_key was generated and stored in (\S+), readable/.exec(said)?.[1];

test('--dry-run prints the plan and changes nothing', async () => {
  const { code, said } = await site.run(['--dry-run']);
  assert.equal(code, 0, said);
  assert.match(said, new RegExp(`database +grok2api: to be created, ${MIGRATIONS} migrations to apply`));
  assert.match(said, /namespace +grok2api-cache: to be created/);
  assert.match(said, /encryption_key +to be generated$/m);
  assert.match(said, /addresses +https:\/\/grok2api\.example\.workers\.dev$/m);
  assert.match(said, /nothing was changed/);
  assert.deepEqual(site.cloudflare.calls.filter((name) => !name.startsWith('GET ')), []);
  assert.deepEqual(await readdir(site.data).then((names) => names.filter((name) => name === 'cloudflare')), []);
});

test('--dry-run without a login prints the plan and sends nothing', async () => {
  let connections = 0;
  const proxy = createServer((socket) => { connections += 1; socket.destroy(); });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const away = `http://127.0.0.1:${proxy.address().port}`;
  site.cloudflare.reset();
  const run = (args, env = {}) => site.run(['--dry-run', ...args], { env: { CLOUDFLARE_API_TOKEN: undefined, CLOUDFLARE_ACCOUNT_ID: undefined,
    CLOUDFLARE_API_BASE_URL: `${away}/client/v4`, HTTP_PROXY: away, HTTPS_PROXY: away, NO_PROXY: undefined, ...env } });
  const [bare, full] = await Promise.all([run(['--placement', 'aws:us-west-2']),
    run(['--name', 'mine'], { ADMIN_PASSWORD: PASSWORD, ENCRYPTION_KEY: 'k'.repeat(32), CLOUDFLARE_ACCOUNT_ID: 'a'.repeat(32) })]);
  await new Promise((resolve) => proxy.close(resolve));
  assert.equal(bare.code, 0, bare.said);
  for (const row of [/Worker +grok2api, near aws:us-west-2$/m, /addresses +https:\/\/grok2api\.<the account's name>\.workers\.dev$/m, /schedules +\*\/15 /,
    /bindings +DB \(d1_databases\), KV \(kv_namespaces\)$/m, /variables +none; variables of the dashboard stay/, /console +\d+ files, \d+ bytes/,
    /module +\d+ bytes, \d+ gzipped, from the last build$/m, /account +unknown/, /database +grok2api: to be created in wnam, unless it exists; up to \d+ migrations to apply/,
    /namespace +grok2api-cache: to be created, unless it exists/, /encryption_key +to be generated, unless the Worker has one/, /admin_password +not given/,
    /unknown without a login: what the account has already/, /for the whole plan, set CLOUDFLARE_API_TOKEN .*`npx wrangler login`/, /nothing was changed/]) {
    assert.match(bare.said, row);
  }
  assert.equal(full.code, 0, full.said);
  assert.match(full.said, /Worker +mine$/m);
  assert.match(full.said, /account +a{32}$/m);
  assert.match(full.said, /encryption_key +to be set from ENCRYPTION_KEY, unless the Worker has one/);
  assert.match(full.said, /admin_password +to be set from ADMIN_PASSWORD/);
  assert.ok(!full.said.includes(PASSWORD) && !full.said.includes('kkkk'), full.said);
  assert.deepEqual([connections, site.cloudflare.calls], [0, []]);
  assert.ok(!(await readdir(site.data)).includes('cloudflare'));
});

test('the first deploy makes all of it, and what it uploads serves', async () => {
  const first = await site.run(['--location', 'apac'], { env: { ADMIN_PASSWORD: PASSWORD } });
  assert.equal(first.code, 0, first.said);
  assert.match(first.said, new RegExp(`deployed ${site.cloudflare.machine.url}`));
  assert.deepEqual(site.cloudflare.holdings, { databases: ['grok2api'], namespaces: ['grok2api-cache'], workers: ['grok2api'] });
  assert.equal(site.cloudflare.databases[0].location, 'apac');
  assert.deepEqual(worker().crons, ['*/15 * * * *']);
  const { assets } = JSON.parse(await readFile(site.config, 'utf8'));
  assert.equal(Boolean(worker().assets?.length), Boolean(assets), 'the files of the console, where wrangler.toml names them');
  assert.equal(worker().uploads, 1, 'code and secrets go up at once');
  const file = made(first);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await readFile(file, 'utf8')).trim(), worker().secrets.get('encryption_key'));
  assert.equal(worker().secrets.get('admin_password'), PASSWORD);
  assert.ok(!first.said.includes(worker().secrets.get('encryption_key')) && !first.said.includes(PASSWORD), 'secrets are not printed');
  assert.equal((await signIn(PASSWORD)).status, 200);
  const left = (await readdir(site.folder)).filter((name) => !name.startsWith('.'));
  assert.deepEqual(left.sort(), ['grok2api.encryption_key', 'grok2api.json'], 'no secret is left behind besides the key');
});

test('the database was ready before the first request', () => {
  const upload = site.cloudflare.calls.findIndex((name) => name === 'PUT /workers/scripts/:name');
  const last = site.cloudflare.calls.lastIndexOf('POST /d1/database/:id/query');
  assert.ok(last >= 0 && last < upload, site.cloudflare.calls.join('\n'));
});

test('a second deploy creates nothing twice, changes the password', async () => {
  const { body: { token: session } } = await signIn(PASSWORD);
  await call('/api/tokens/add', { session, body: { tokens: [jwt('basic-1')], token_type: 'sso' } });
  const key = worker().secrets.get('encryption_key');
  const before = site.cloudflare.holdings;
  site.cloudflare.reset();
  const second = await site.run([], { env: { ADMIN_PASSWORD: 'another password', ENCRYPTION_KEY: 'not the key of this Worker' } });
  assert.equal(second.code, 0, second.said);
  assert.match(second.said, /encryption_key +is set and stays; ENCRYPTION_KEY is not used/);
  assert.equal(made(second), undefined);
  assert.deepEqual(site.cloudflare.holdings, before);
  assert.ok(!site.cloudflare.calls.some((name) => /^POST .*(database|namespaces)$/.test(name)));
  assert.equal(site.cloudflare.statements.length, 1, site.cloudflare.statements.join('\n'));
  assert.equal(worker().secrets.get('encryption_key'), key);
  assert.equal((await signIn(PASSWORD)).status, 401);
  const { body: { token: later } } = await signIn('another password');
  const { body: { data } } = await call('/api/tokens', { session: later });
  const revealed = await call('/api/tokens/reveal', { session: later, body: { id: data[0].id } });
  assert.ok(JSON.stringify(revealed.body).includes(jwt('basic-1')), 'what was sealed before opens after');
});

test('variables and secrets that were set by hand survive a deploy', async () => {
  worker().vars.set('timezone_offset_minutes', '0');
  worker().secrets.set('encryption_key_previous', 'a key from before it');
  const { code, said } = await site.run();
  assert.equal(code, 0, said);
  assert.equal(worker().vars.get('timezone_offset_minutes'), '0');
  assert.deepEqual([...worker().secrets.keys()].sort(), ['admin_password', 'encryption_key', 'encryption_key_previous']);
  assert.doesNotMatch(said, /first visitor/);
});

test('a deleted Worker gets its old key, or the run stops', async () => {
  const key = worker().secrets.get('encryption_key');
  site.cloudflare.workers.all.delete('grok2api');
  const elsewhere = await site.run(['--data', join(site.data, 'elsewhere')]);
  assert.equal(elsewhere.code, 1, elsewhere.said);
  assert.match(elsewhere.said, /error: the database has 1 account tokens that are encrypted with a key .*set that key as ENCRYPTION_KEY/);
  const { code, said } = await site.run();
  assert.equal(code, 0, said);
  assert.match(said, /encryption_key +to be set from the file of an earlier run/);
  assert.equal(worker().secrets.get('encryption_key'), key);
});

test('a workflow: no key is printed, a missing password warns', async () => {
  const { code, said } = await site.run(['--name', 'second'], { env: { GITHUB_ACTIONS: 'true', ADMIN_PASSWORD: '', ENCRYPTION_KEY: '' } });
  assert.equal(code, 0, said);
  const key = site.cloudflare.workers.get('second').secrets.get('encryption_key');
  assert.match(key, /^[0-9a-f]{64}$/);
  assert.notEqual(key, worker().secrets.get('encryption_key'));
  assert.ok(!said.includes(key));
  assert.match(said, /^::warning::encryption_key was generated and set; it cannot be read back/m);
  assert.match(said, /^::warning::No ADMIN_PASSWORD was given/m);
  assert.deepEqual(site.cloudflare.holdings, { databases: ['grok2api', 'second'], namespaces: ['grok2api-cache', 'second-cache'],
    workers: ['grok2api', 'second'] });
});

test('wrangler applies the migrations too, for manual deploys', async () => {
  const apply = () => promisify(execFile)('node', [join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), 'd1', 'migrations', 'apply', 'DB', '--local',
    '--persist-to', join(site.data, 'by-hand')], { cwd: ROOT, env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } });
  assert.match((await apply()).stdout, /commands executed successfully/);
  assert.match((await apply()).stdout, /No migrations to apply/);
});
