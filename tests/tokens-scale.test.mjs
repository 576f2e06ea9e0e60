// Two thousand tokens in the console: pages, filters, changes in bulk, files. On workerd within 50 subrequests a request.
import assert from 'node:assert/strict';
import { before, test } from './lib/suite.mjs';
import { ENCRYPTED, gatewayForFile, jwt, startGateway } from './lib/gateway.mjs';
import { HOST } from './lib/hosts.mjs';

const POOL = 2_000;
const gw = gatewayForFile({ countBindings: HOST === 'workerd', vars: ENCRYPTED });
before(async () => {
  await gw.addTokens(Array.from({ length: POOL }, (_, n) => `basic-${n}`));
});

async function list(query) {
  const { status, body, text, headers } = await gw.api('GET', `/tokens?${query}`);
  assert.equal(status, 200, text);
  // On workerd the wrapper lists the steps of the request: one for the session, one for the list.
  if (HOST === 'workerd') assert.equal(headers.get('x-test-steps'), '2', query);
  return body;
}

async function file(format) {
  const response = await gw.fetch('GET', `/api/tokens/export?format=${format}`, { headers: { authorization: `Bearer ${gw.session}` } });
  assert.equal(response.status, 200);
  return response.text();
}

test('pages cover the pool once, newest first', async (t) => {
  const started = Date.now();
  const ids = [];
  for (let offset = 0; offset < POOL; offset += 500) ids.push(...(await list(`limit=500&offset=${offset}`)).data.map((row) => row.id));
  t.diagnostic(`${HOST}: a page of 500 in ${Math.round((Date.now() - started) / 4)} ms`);
  assert.equal(new Set(ids).size, POOL);
  assert.deepEqual(ids, [...ids].sort((a, b) => b - a));
  const last = await list(`limit=500&offset=${POOL - 500}`);
  assert.deepEqual([last.total, last.has_more], [POOL, false]);
});

test('thousands are tagged, switched and found again', async () => {
  const { data } = await list('limit=1000');
  const ids = data.map((row) => row.id);
  assert.equal((await gw.ok('POST', '/tokens/tags', { ids, tags: ['first half'] })).updated, 1_000);
  assert.equal((await gw.ok('POST', '/tokens/status', { ids: ids.slice(0, 700), enabled: false })).updated, 700);
  await gw.ok('POST', '/tokens/note', { id: ids[3], note: 'from Zoë' });
  assert.equal((await list('tag=first%20half&limit=1')).total, 1_000);
  assert.equal((await list('state=disabled&tag=first%20half&limit=1')).total, 700);
  assert.equal((await list('state=unused&limit=1')).total, POOL - 700);
  assert.deepEqual((await list('text=Zo%C3%AB')).data.map((row) => row.id), [ids[3]]);
  assert.deepEqual((await list(`text=${jwt('basic-7')}`)).data.map((row) => row.token_suffix), [jwt('basic-7').slice(-6)]);
  assert.ok((await list('state=disabled&limit=1')).data.every((row) => row.state_reason.length > 0));
  assert.deepEqual(await gw.ok('GET', '/tokens/tags/all'), ['first half']);
});

test('a pool moves with its types, tags, notes and states', { timeout: 120_000 }, async (t) => {
  const other = await startGateway({ countBindings: HOST === 'workerd' });
  try {
    for (const format of ['csv', 'json']) {
      const content = await file(format);
      const preview = await other.ok('POST', '/tokens/import', { content, dry_run: true });
      assert.deepEqual([preview.added, preview.invalid, (await other.tokens()).length], [POOL, 0, 0]);
      const started = Date.now();
      const done = await other.ok('POST', '/tokens/import', { content });
      t.diagnostic(`${HOST}: ${POOL} tokens from ${format} (${content.length} characters) in ${Date.now() - started} ms`);
      assert.deepEqual([done.added, done.updated, done.skipped, done.invalid], [POOL, 0, 0, 0]);
      const fields = (row) => [row.token_suffix, row.token_type, row.status_code, row.tags, row.note];
      const here = (await list('limit=1000&order=asc')).data.map(fields);
      const there = (await other.api('GET', '/tokens?limit=1000&order=asc')).body.data.map(fields);
      assert.deepEqual(there, here);
      assert.equal((await other.ok('POST', '/tokens/import', { content })).skipped, POOL);
      await other.pool([]);
    }
    const text = await file('text');
    assert.equal(text.split('\n').length, POOL + 1);
    assert.equal((await other.ok('POST', '/tokens/import', { content: text, token_type: 'ssoSuper', dry_run: true })).added, POOL);
  } finally {
    await other.stop();
  }
});

test('1,500 are deleted in one call, by ids and by values', async (t) => {
  const { data } = await list('limit=1000&sort=created&order=asc');
  const started = Date.now();
  const names = Array.from({ length: 500 }, (_, n) => jwt(`basic-${POOL - 1 - n}`));
  const answer = await gw.api('POST', '/tokens/delete', { ids: data.map((row) => row.id), tokens: names });
  t.diagnostic(`${HOST}: 1,500 deleted in ${Date.now() - started} ms`);
  assert.deepEqual([answer.status, answer.body.data.deleted], [200, 1_500]);
  assert.equal((await list('limit=1')).total, POOL - 1_500);
});
