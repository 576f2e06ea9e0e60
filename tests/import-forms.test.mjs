// Tokens in the forms in which people have them: what each gives, and that nothing but tokens ever reaches Grok.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from './lib/suite.mjs';
import { databaseOf, here, sqlite, usedFolder } from './lib/database.mjs';
import { ENCRYPTED, PASSWORD, gatewayForFile, jwt, startGateway, until } from './lib/gateway.mjs';

const FIXTURES = here('../fixtures/import');
const EXPECTED = JSON.parse(await readFile(`${FIXTURES}/expected.json`, 'utf8'));
const FILES = await Promise.all(Object.keys(EXPECTED).map(async (name) => ({ name, content: await readFile(`${FIXTURES}/${name}`, 'utf8'), expected: EXPECTED[name] })));
/** What the columns of the ledgers say beside the token: mails and passwords. */
const LEDGERS = FILES.filter(({ name }) => name.startsWith('accounts')).flatMap(({ content }) => content.trim().split('\n').flatMap((line) => line.split(/----|:/).slice(0, 2)));
/** Text of the files that is not a token. */
const SECRETS = ['@', '#', ...LEDGERS, 'Passw0rd', 'S3cret', 'anna.field', 'bo.field', 'cf_clearance', 'i18nextLng', 'abc.def'];

const gw = gatewayForFile({ vars: ENCRYPTED });

const session = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).session_id;
const reveal = async ({ id }) => (await gw.ok('POST', '/tokens/reveal', { id })).token;

/** Returns the pool, as the expectations describe it. */
async function pool() {
  const rows = await gw.ok('GET', '/tokens?order=asc');
  return Promise.all(rows.map(async (row) => {
    assert.equal(row.status_code, 'unused', 'counts and states of other gateways are not believed');
    return { session: session(await reveal(row)), type: row.token_type, tags: row.tags, note: row.note };
  }));
}

const wanted = (expected) => expected.map(({ session: name, type = 'sso', tags = [], note = '' }) => ({ session: name, type, tags, note }));

/** Chats until each account has served, tests and refreshes: whatever sends a token. */
async function useAll(count, gateway = gw) {
  const rows = (await gateway.tokens()).filter(({ status_code: code }) => code !== 'invalid');
  for (let n = 0; n < 4; n += 1) gateway.grok.limit(`field-${n}`, { kind: 'super' });
  for (const [n, { token_type: type }] of rows.entries()) {
    const answer = await gateway.chat('hi', { model: type === 'sso' ? 'grok-fast' : 'grok-heavy', stream: n % 2 === 1 });
    assert.equal(answer.status, 200, answer.text);
  }
  assert.equal(gateway.grok.tokens.size, count, 'each account has served');
  await gateway.api('POST', '/tokens/test', { id: rows[0].id });
  await gateway.api('POST', '/tokens/refresh-all', {});
  await until(async () => !(await gateway.ok('GET', '/tokens/refresh-progress')).running, 'the refresh ends');
}

function assertClean(grok, why, secrets = SECRETS) {
  const { received } = grok;
  assert.ok(['"session.create"', '"conversation.item.create"', 'sso-rw=', '/ws/mgw/?uid=', '/rest/rate-limits'].every((known) => received.includes(known)), `${why}: the log has all parts`);
  for (const log of [received, received.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(parseInt(code.slice(1), 16)))]) {
    for (const secret of secrets) assert.ok(!log.includes(secret), `${why}: Grok was sent ${log.slice(Math.max(0, log.indexOf(secret) - 80), log.indexOf(secret) + 40)}`);
  }
  for (const { token } of grok.calls.filter((call) => call.token)) assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/, why);
}

test('every file has its expectation', async () => {
  assert.deepEqual((await readdir(FIXTURES)).filter((name) => name !== 'expected.json').sort(), Object.keys(EXPECTED).sort());
});

for (const { name, content, expected } of FILES) {
  test(`${name}: only an import stores, and only tokens`, async () => {
    await gw.pool([]);
    const preview = await gw.ok('POST', '/tokens/import', { content, token_type: 'sso', dry_run: true });
    const counts = ({ added, updated, invalid }) => ({ added, updated, invalid });
    assert.deepEqual(counts(preview), { added: expected.length, updated: 0, invalid: 0 }, JSON.stringify(preview.lines));
    assert.deepEqual(preview.lines.filter(({ action }) => action === 'added').map(({ line }) => line), expected.map(({ line }) => line));
    assert.ok(preview.skipped <= 1, 'other cookies are one line');
    assert.deepEqual(await gw.tokens(), []);
    const done = await gw.ok('POST', '/tokens/import', { content, token_type: 'sso' });
    assert.deepEqual(done.lines, preview.lines);
    assert.deepEqual(await pool(), wanted(expected));
    await useAll(expected.length);
    assertClean(gw.grok, name);
    assert.equal((await gw.ok('POST', '/tokens/import', { content, token_type: 'sso' })).added, 0);
  });

  test(`${name}: pasted as a text, the same`, async () => {
    await gw.pool([]);
    const added = await gw.ok('POST', '/tokens/add', { tokens: [content], token_type: 'sso' });
    assert.deepEqual([added.added, added.invalid], [expected.length, []]);
    assert.deepEqual(await pool(), wanted(expected));
    await useAll(expected.length);
    assertClean(gw.grok, name);
  });
}

test('invalid tokens are refused by line and never repeated', async () => {
  await gw.pool([]);
  const lines = ['anna@example.com----Passw0rd!x', `anna@example.com----Passw0rd!x----${jwt('good-1')}`, 'TRUE', '.grok.com', 'a-password-of-twenty-characters@x',
    `user.name----a-password.of-twenty----${jwt('good-2')}`, 'basic-two', 'sso=Passw0rd!x-and-much-longer', '01.02.2026', `curl 'https://example.com/' -b 'sso=${jwt('other')}'`];
  const refused = [1, 3, 4, 5, 7, 8, 9, 10];
  const preview = await gw.ok('POST', '/tokens/import', { content: lines.join('\n'), token_type: 'sso', dry_run: true });
  const invalid = preview.lines.filter(({ action }) => action === 'invalid');
  assert.deepEqual(invalid.map(({ line }) => line), refused);
  const added = await gw.ok('POST', '/tokens/add', { tokens: lines, token_type: 'sso' });
  assert.deepEqual([added.added, added.invalid.map(({ line }) => line)], [2, refused]);
  for (const text of [JSON.stringify(invalid), JSON.stringify(added)]) {
    assert.ok(!['Passw0rd', 'password', '@', 'basic-two', '2026'].some((secret) => text.includes(secret)), text);
  }
  assert.deepEqual((await pool()).map(({ session: each }) => each), ['good-1', 'good-2']);
  await useAll(2);
  assertClean(gw.grok, 'lines', [...SECRETS, 'user.name', 'password', '----']);
  const none = await gw.api('POST', '/tokens/add', { tokens: ['anna@example.com----Passw0rd!x'], token_type: 'sso' });
  assert.equal(none.status, 400);
  assert.ok(!/anna|Passw0rd/.test(none.text), none.text);
});

test('an earlier release’s invalid rows are unused, then deleted', async () => {
  const { dataDir, key } = await usedFolder();
  const ledger = FILES.find(({ name }) => name === 'accounts.txt').content.trim().split('\n');
  const cookies = FILES.find(({ name }) => name === 'cookies.txt').content.split(/\s+/).filter((word) => word && !word.startsWith('eyJ'));
  const junk = [...new Set([...ledger, ...cookies, `user.name----password----${jwt('hidden')}`, ...Array.from({ length: 250 }, (_, n) => `junk ${n}`)])];
  await sqlite('tokens', await databaseOf(dataDir), JSON.stringify(junk));
  const old = await startGateway({ dataDir, fresh: true, vars: { admin_password: PASSWORD } });
  try {
    for (let n = 0; n < 30; n += 1) {
      const answer = await old.chat('hi', { key });
      assert.equal(answer.status, 200, `chat ${n}: ${answer.text}`);
    }
    await old.signIn();
    await until(async () => {
      await old.tokens();
      return (await old.ok('GET', '/stats')).normal.invalid === junk.length;
    }, 'all rows have been looked at');
    const rows = await old.ok('GET', '/tokens?state=invalid');
    assert.ok(rows.every(({ status_code: code, state_reason: reason }) => code === 'invalid' && /not a session token/.test(reason)));
    for (const { id } of rows.slice(0, 3)) {
      assert.equal((await old.api('POST', '/tokens/test', { id })).status, 409);
      assert.equal((await old.api('POST', '/upstream/check', { id })).status, 409);
    }
    await old.api('POST', '/tokens/status', { ids: rows.map(({ id }) => id), enabled: true });
    old.key = key;
    await useAll(1, old);
    assertClean(old.grok, 'old rows', [...SECRETS, 'TRUE', 'junk', '----', 'user.name']);
    assert.deepEqual(await old.ok('POST', '/tokens/delete', { state: 'invalid' }), { deleted: junk.length });
    assert.equal((await old.tokens()).length, 1);
  } finally {
    await old.stop();
  }
});
