// Starts that are not the usual one: an empty database, one that is a version behind, one that broke.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { test } from './lib/suite.mjs';
import { databaseOf, here, sqlite, usedFolder } from './lib/database.mjs';
import { PASSWORD, jwt, startGateway } from './lib/gateway.mjs';

const login = (gw) => gw.call('POST', '/api/login', { body: { username: 'admin', password: PASSWORD } });
const sha256 = async (path) => createHash('sha256').update(await readFile(path)).digest('hex');

test('an empty database serves its first, concurrent requests', async () => {
  const gw = await startGateway({ fresh: true, vars: { admin_password: PASSWORD } });
  try {
    const first = await Promise.all(Array.from({ length: 8 }, () => login(gw)));
    assert.deepEqual(first.map((answer) => answer.status), new Array(8).fill(200), first.find((answer) => answer.status !== 200)?.text);
  } finally {
    await gw.stop();
  }
});

test('an empty database refuses a request with a key cleanly', async () => {
  const gw = await startGateway({ fresh: true });
  try {
    assert.equal((await gw.call('GET', '/v1/models', { headers: { authorization: 'Bearer sk-unknown' } })).status, 401);
  } finally {
    await gw.stop();
  }
});

test('a wrong variable is named by what reads it, not by health', async () => {
  const chat = (gw, key) => gw.chat('hi', { key });
  for (const [name, value, ask, rule] of [
    ['timezone_offset_minutes', 'abc', chat, 'a whole number from -840 to 840, such as 480'],
    ['trusted_proxy', 'nope', login, 'comma-separated IP addresses'],
    ['grok_base_url', 'ftp://grok.com', chat, 'a URL that starts with http:// or https://'],
  ]) {
    const { dataDir, key } = await usedFolder();
    const gw = await startGateway({ dataDir, fresh: true, vars: { admin_password: PASSWORD, [name]: value } });
    try {
      const answer = await ask(gw, key);
      assert.equal(answer.status, 500, answer.text);
      assert.ok(answer.text.includes(`The variable ${name} must be ${rule}`), answer.text);
      assert.equal((await gw.call('GET', '/health')).status, 200);
    } finally {
      await gw.stop();
    }
  }
});

test('data is still there after a stop and a start', async () => {
  const { dataDir, key } = await usedFolder();
  const gw = await startGateway({ dataDir });
  try {
    assert.equal((await gw.chat('hi', { key })).status, 200);
    assert.equal(gw.grok.of('chat')[0].token, jwt('basic-1'));
  } finally {
    await gw.stop();
  }
});

for (const [what, applied] of [['a version behind', 0], ['within a migration', 3]]) {
  test(`a first request migrates a database ${what}`, async () => {
    const { dataDir } = await usedFolder();
    await sqlite('behind', await databaseOf(dataDir), here('../../migrations'), String(applied));
    const gw = await startGateway({ dataDir, fresh: true, vars: { admin_password: PASSWORD } });
    try {
      const first = await login(gw);
      assert.equal(first.status, 200, first.text);
      await gw.signIn();
      gw.key = (await gw.ok('POST', '/keys/add', { name: 'after' })).key;
      await gw.addTokens(['basic-2']);
      assert.equal((await gw.chat('hi')).status, 200);
    } finally {
      await gw.stop();
    }
  });
}

test('a broken database is reported, left alone, works when fixed', async () => {
  const { dataDir, key } = await usedFolder();
  const file = await databaseOf(dataDir);
  // The last close of a database moves its log into the file, whose beginning would be read from there otherwise.
  await sqlite('count', file, 'd1_migrations');
  const good = await readFile(file);
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(200, 'broken! '), 0, 200, 0);
  await handle.close();
  const broken = await sha256(file);
  const failing = await startGateway({ dataDir, fresh: true });
  try {
    assert.equal((await failing.call('GET', '/health')).status, 200);
    const answer = await failing.chat('hi', { key });
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.body.error.code, 'database_error');
    assert.ok(answer.body.error.message.length > 20, 'a sentence');
    const admin = await login(failing);
    assert.equal(admin.status, 503, admin.text);
    assert.equal(admin.body.success, false);
  } finally {
    await failing.host.stop();
    await failing.grok.stop();
  }
  assert.equal(await sha256(file), broken, 'nothing was written over it');
  await writeFile(file, good);
  const repaired = await startGateway({ dataDir });
  try {
    assert.equal((await repaired.chat('hi', { key })).status, 200);
  } finally {
    await repaired.stop();
  }
});
