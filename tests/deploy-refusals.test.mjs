// Errors of a deploy, reported in one sentence each; and names, pages and limits of the API.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, test } from './lib/suite.mjs';
import { MIGRATIONS, accountForFile } from './lib/deploy.mjs';

const site = accountForFile();
afterEach(() => site.cloudflare.reset());

/** Runs a deploy that must fail before it creates anything; returns its one sentence. */
async function refused(args, env) {
  const { code, said } = await site.run(args, { env });
  assert.equal(code, 1, said);
  const sentences = said.split('\n').filter((line) => line.startsWith('error: '));
  assert.equal(sentences.length, 1, said);
  assert.doesNotMatch(said, /panicked|backtrace/i);
  assert.deepEqual(site.cloudflare.holdings, { databases: [], namespaces: [], workers: [] });
  return sentences[0];
}

test('no login, and what cannot be one', async () => {
  assert.match(await refused([], { CLOUDFLARE_API_TOKEN: undefined }), /no login to Cloudflare: set CLOUDFLARE_API_TOKEN .*`npx wrangler login`/);
  assert.match(await refused([], { CLOUDFLARE_API_TOKEN: 'a b' }), /CLOUDFLARE_API_TOKEN has an invalid character/);
  assert.match(await refused([], { CLOUDFLARE_ACCOUNT_ID: 'me@example.org' }), /CLOUDFLARE_ACCOUNT_ID is not an account's id: .*32 hexadecimal/);
});

test('a wrong token, a missing permission, a foreign account', async () => {
  assert.match(await refused([], { CLOUDFLARE_API_TOKEN: 'wrong' }), /the token in CLOUDFLARE_API_TOKEN is unknown to Cloudflare or has expired/);
  assert.match(await refused([], { CLOUDFLARE_API_TOKEN: 'poor' }), /must not edit D1 in the account .*permission Account, D1, Edit/);
  assert.match(await refused([], { CLOUDFLARE_ACCOUNT_ID: '0'.repeat(32) }), /the token is valid, .* or correct CLOUDFLARE_ACCOUNT_ID/);
});

test('without an account named, the only one is taken', async () => {
  const { code, said } = await site.run(['--dry-run'], { env: { CLOUDFLARE_ACCOUNT_ID: undefined } });
  assert.equal(code, 0, said);
  assert.match(said, new RegExp(`account +${site.cloudflare.id}`));
});

test("without a token in the environment, wrangler's login is used", async () => {
  const folder = join(site.data, '.wrangler/config');
  await mkdir(folder, { recursive: true });
  const login = { oauth_token: 'good', refresh_token: 'none', expiration_time: '2999-01-01T00:00:00.000Z', scopes: ['account:read'] };
  await writeFile(join(folder, 'default.toml'), Object.entries(login).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`).join(''));
  const { code, said } = await site.run(['--dry-run'], { env: { CLOUDFLARE_API_TOKEN: undefined } });
  await rm(join(site.data, '.wrangler'), { recursive: true });
  assert.equal(code, 0, said);
  assert.match(said, new RegExp(`account +${site.cloudflare.id}`));
});

test('an account without an address on workers.dev', async () => {
  site.cloudflare.subdomain = null;
  assert.match(await refused([]), /no address on workers.dev yet: choose one at https:\/\/dash.cloudflare.com\/.*\/workers\/onboarding/);
  site.cloudflare.subdomain = 'example';
});

test('names and keys that cannot be', async () => {
  assert.match(await refused(['--name', 'a'.repeat(64)]), /has 64 characters, the limit is 63/);
  assert.match(await refused(['--name', 'Mine']), /invalid Worker's name `Mine`: use a-z, 0-9 and inner hyphens/);
  assert.match(await refused([], { ENCRYPTION_KEY: 'short' }), /ENCRYPTION_KEY has 5 characters: use at least 16/);
});

test('a rate limit is waited for as asked, up to a limit', async () => {
  site.cloudflare.script('GET /d1/database', { times: 2, status: 429, code: 971, headers: { 'retry-after': '1' } });
  const start = Date.now();
  const { code, said } = await site.run(['--dry-run']);
  assert.equal(code, 0, said);
  assert.ok(Date.now() - start >= 2_000, 'twice a second');
  assert.equal(site.cloudflare.calls.filter((name) => name === 'GET /d1/database').length, 3);
  site.cloudflare.script('GET /d1/database', { status: 429, code: 971, headers: { 'retry-after': '600' } });
  assert.match(await refused([]), /limits the rate of requests .*wait some minutes, then run this again/);
});

test('a Cloudflare or network failure is retried, then reported', async () => {
  site.cloudflare.script('GET /storage/kv/namespaces', { times: 1, status: 503 });
  const { code, said } = await site.run(['--dry-run']);
  assert.equal(code, 0, said);
  // `retry-after: 0` skips the waits between attempts; the run without a network, below, has them.
  site.cloudflare.script('GET /storage/kv/namespaces', { status: 503, headers: { 'retry-after': '0' } });
  assert.match(await refused([]), /failed at GET \/storage\/kv\/namespaces \(503/);
  assert.match(await refused([], { CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:9/client/v4' }), /cannot be reached .*check the network/);
});

test('an exact name is found on the third page', async () => {
  const other = (n) => ({ uuid: randomUUID(), id: randomUUID(), name: `grok2api-${n}`, title: `grok2api-cache-${n}` });
  const rows = Array.from({ length: 24 }, (_, n) => other(n));
  site.cloudflare.databases = [...rows];
  site.cloudflare.namespaces = [...rows];
  assert.match((await site.run(['--dry-run'])).said, /database +grok2api: to be created/);
  const database = { uuid: randomUUID(), name: 'grok2api' };
  await site.cloudflare.machine.addDatabase(database.uuid);
  site.cloudflare.databases.push(database);
  site.cloudflare.namespaces.push({ id: 'the-one', title: 'grok2api-cache' });
  const { code, said } = await site.run(['--dry-run']);
  assert.equal(code, 0, said);
  assert.match(said, new RegExp(`database +grok2api: exists \\(${database.uuid}\\), ${MIGRATIONS} migrations to apply`));
  assert.match(said, /namespace +grok2api-cache: exists \(the-one\)/);
});

test('a database of a newer release is left alone', async () => {
  const [{ uuid }] = site.cloudflare.databases.slice(-1);
  await site.cloudflare.machine.query(uuid, 'CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE)');
  await site.cloudflare.machine.query(uuid, "INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')");
  const { code, said } = await site.run([]);
  assert.equal(code, 1, said);
  assert.match(said, /error: the database has the migration 9999_later.sql of a newer release/);
  assert.ok(!site.cloudflare.calls.some((name) => name.startsWith('PUT ')));
});
