// A database of another release: older ones are brought up to date with everything in them, a newer one is refused.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { test } from './lib/suite.mjs';
import { databaseOf, here, sqlite, usedFolder } from './lib/database.mjs';
import { startGateway } from './lib/gateway.mjs';

// What src/admin/tests/upgrades/fill.rs sealed and signed in with.
const VARS = { encryption_key: 'a key for the fixtures alone' };
const ADMIN = 'a long password';
const FIXTURES = here('../fixtures/schema');

/** Chats, and again while a Worker upgrades the database: the 50 calls of a request may not be enough for all of it. */
async function chatAfterUpgrade(gw, key) {
  for (let tries = 1; ; tries += 1) {
    const chat = await gw.chat('hi', { key });
    if (chat.status !== 503 || tries === 5) return chat;
    assert.match(chat.body.error.message, /being upgraded/);
    await setTimeout(Number(chat.headers.get('retry-after')) * 1000);
  }
}

for (const name of (await readdir(FIXTURES)).sort()) {
  test(`data of ${name} serves after the upgrade`, async () => {
    const { dataDir } = await usedFolder();
    await sqlite('older', await databaseOf(dataDir), here('../../migrations'), `${FIXTURES}/${name}`);
    const facts = JSON.parse((await readFile(`${FIXTURES}/${name}`, 'utf8')).split('\n', 1)[0].replace('-- facts ', ''));
    const gw = await startGateway({ dataDir, fresh: true, vars: VARS });
    try {
      const chats = await Promise.all([facts.key[1], facts.sealed_key[1], 'sk-of-the-settings'].map((key) => chatAfterUpgrade(gw, key)));
      assert.deepEqual(chats.map((chat) => chat.status), [200, 200, 200], chats.map((chat) => chat.text).join('\n'));
      await gw.signIn(ADMIN);
      const shown = await gw.tokens();
      const tokens = await Promise.all(shown.map(async ({ id }) => [id, (await gw.ok('POST', '/tokens/reveal', { id })).token]));
      assert.deepEqual(Object.fromEntries(tokens), facts.tokens);
      assert.equal((await gw.logged(7)).filter((row) => row.key_name === 'sealed').length, 2);
    } finally {
      await gw.stop();
    }
  });
}

test('a database of a newer release is refused with advice', async () => {
  const { dataDir, key } = await usedFolder();
  await sqlite('newer', await databaseOf(dataDir));
  const gw = await startGateway({ dataDir, fresh: true });
  try {
    assert.equal((await gw.call('GET', '/health')).status, 200);
    const chat = await gw.chat('hi', { key });
    assert.deepEqual([chat.status, chat.body.error.code], [503, 'database_newer'], chat.text);
    assert.match(chat.body.error.message, /9999_later\.sql.*Install that release again, or restore the backup/s);
    const login = await gw.call('POST', '/api/login', { body: { username: 'admin', password: ADMIN } });
    assert.deepEqual([login.status, login.body.code], [503, 'database_newer'], login.text);
    assert.equal(gw.grok.of('chat').length, 0);
  } finally {
    await gw.stop();
  }
});
