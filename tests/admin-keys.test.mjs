// API keys: made one by one or many, shown once, switched, renamed, deleted; and the key that is a setting.
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { ENCRYPTED, gatewayForFile } from './lib/gateway.mjs';

const gw = gatewayForFile();
const sealed = gatewayForFile({ vars: ENCRYPTED });

const works = async (key, on = gw) => (await on.call('GET', '/v1/models', { headers: { authorization: `Bearer ${key}` } })).status === 200;
const rows = () => gw.ok('GET', '/keys');

test('a new key is shown once, works at once, and is listed masked', async () => {
  const made = await gw.ok('POST', '/keys/add', { name: 'app' });
  assert.match(made.key, /^sk-[A-Za-z0-9_-]{32}$/);
  assert.equal(made.name, 'app');
  assert.ok(Math.abs(made.created_at - Date.now() / 1000) < 60, 'Unix seconds');
  assert.ok(await works(made.key));
  const answer = await gw.api('GET', '/keys');
  assert.ok(!answer.text.includes(made.key));
  assert.equal(answer.body.global_key_set, false);
  const [row] = answer.body.data;
  assert.equal(row.name, 'app');
  assert.equal(row.is_active, 1);
  assert.equal(row.display_key, `${made.key.slice(0, 6)}...${made.key.slice(-4)}`);
});

test('a key is switched off, renamed and deleted, by id and value', async () => {
  const { key } = await gw.ok('POST', '/keys/add', { name: 'switch' });
  const { id } = (await rows()).find((row) => row.name === 'switch');
  for (const by of [id, key]) {
    await gw.ok('POST', '/keys/status', { key: by, is_active: false });
    assert.equal(await works(key), false);
    await gw.ok('POST', '/keys/status', { key: by, is_active: true });
    assert.equal(await works(key), true);
    await gw.ok('POST', '/keys/name', { key: by, name: `renamed by ${typeof by}` });
    assert.equal((await rows()).find((row) => row.id === id).name, `renamed by ${typeof by}`);
  }
  await gw.ok('POST', '/keys/delete', { key });
  assert.equal(await works(key), false);
  await gw.refused('/keys/delete', { key: id }, 404);
});

test('many at once: made, switched, deleted', async () => {
  const made = await gw.ok('POST', '/keys/batch-add', { name_prefix: 'team', count: 3 });
  assert.deepEqual(made.map((key) => key.name), ['team-1', 'team-2', 'team-3']);
  assert.equal(new Set(made.map((key) => key.key)).size, 3);
  const one = await gw.ok('POST', '/keys/batch-add', { name_prefix: 'solo', count: 1 });
  assert.deepEqual(one.map((key) => key.name), ['solo']);
  const values = made.map((key) => key.key);
  await gw.ok('POST', '/keys/batch-status', { keys: values.slice(0, 2), is_active: false });
  assert.deepEqual(await Promise.all(values.map((key) => works(key))), [false, false, true]);
  await gw.ok('POST', '/keys/batch-delete', { keys: [...values, 'sk-unknown'] });
  assert.deepEqual(await Promise.all(values.map((key) => works(key))), [false, false, false]);
  assert.ok(!(await rows()).some((row) => row.name.startsWith('team')));
});

test('wrong input names the field', async () => {
  await gw.refused('/keys/add', { name: '  ' }, 400, 'name');
  await gw.refused('/keys/add', {}, 400, 'name');
  await gw.refused('/keys/add', { name: 5 }, 400, 'name');
  await gw.refused('/keys/delete', {}, 400);
  await gw.refused('/keys/delete', { key: 'sk-unknown' }, 404);
  await gw.refused('/keys/status', { key: 'sk-unknown', is_active: true }, 404);
  await gw.refused('/keys/status', { key: gw.key }, 400, 'is_active');
  await gw.refused('/keys/status', { key: gw.key, is_active: 'yes' }, 400, 'is_active');
  await gw.refused('/keys/name', { key: gw.key }, 400, 'name');
  await gw.refused('/keys/batch-add', { name_prefix: '', count: 2 }, 400, 'name_prefix');
  for (const count of ['abc', 0, -1, 1.5, 101]) await gw.refused('/keys/batch-add', { name_prefix: 'p', count }, 400, 'count');
  await gw.refused('/keys/batch-delete', { keys: 'all' }, 400, 'keys');
  assert.ok(await works(gw.key));
});

test('without an encryption key a key cannot be revealed', async () => {
  const [{ id }] = await rows();
  const answer = await gw.api('POST', '/keys/reveal', { id });
  assert.equal(answer.status, 409, answer.text);
  assert.match(answer.body.message, /encryption_key/);
});

test('with one it can', async () => {
  const { key } = await sealed.ok('POST', '/keys/add', { name: 'kept' });
  const row = (await sealed.ok('GET', '/keys')).find((each) => each.name === 'kept');
  assert.equal((await sealed.ok('POST', '/keys/reveal', { id: row.id })).key, key);
  await sealed.refused('/keys/reveal', { id: 999_999 }, 404);
});

test('api_key is a key too: served as set or not, cleared by null', async () => {
  await gw.settings({ api_key: 'sk-of-the-operator' });
  assert.ok(await works('sk-of-the-operator'));
  const { grok } = await gw.ok('GET', '/settings');
  assert.deepEqual([grok.api_key, grok.api_key_set], ['', true]);
  assert.equal((await gw.api('GET', '/keys')).body.global_key_set, true);
  assert.ok(!(await rows()).some((row) => row.id === 0), 'it is not a row of the list');
  await gw.settings({ api_key: '' });
  assert.ok(await works('sk-of-the-operator'), 'an empty value keeps it');
  await gw.settings({ api_key: null });
  assert.equal(await works('sk-of-the-operator'), false);
  assert.equal((await gw.ok('GET', '/settings')).grok.api_key_set, false);
});

test('with the last key gone /v1 stays closed', async () => {
  for (const row of await rows()) await gw.ok('POST', '/keys/delete', { key: row.id });
  assert.equal((await gw.call('GET', '/v1/models')).status, 401);
});
