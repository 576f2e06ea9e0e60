// Account tokens as the operator handles them: pasted in any spelling, labelled, tested, revealed, deleted.
import assert from 'node:assert/strict';
import { beforeEach, test } from './lib/suite.mjs';
import { ENCRYPTED, gatewayForFile, jwt } from './lib/gateway.mjs';

const gw = gatewayForFile({ vars: ENCRYPTED });
beforeEach(() => gw.pool([]));

const add = (tokens, token_type = 'sso') => gw.ok('POST', '/tokens/add', { tokens, token_type });
const list = () => gw.tokens();

test('a row has what the console shows, and never the token itself', async () => {
  await add([jwt('basic-1')]);
  const answer = await gw.api('GET', '/tokens');
  const [row] = answer.body.data;
  const { token_type, remaining_queries, heavy_remaining_queries, tags, note, cooldown_remaining, last_failure_reason, limit_reason, token_suffix } = row;
  assert.deepEqual({ token_type, remaining_queries, heavy_remaining_queries, tags, note, cooldown_remaining, last_failure_reason, limit_reason },
    { token_type: 'sso', remaining_queries: -1, heavy_remaining_queries: -1, tags: [], note: '', cooldown_remaining: 0, last_failure_reason: '', limit_reason: '' });
  assert.equal(token_suffix, jwt('basic-1').slice(-6));
  assert.ok(row.id !== undefined && Math.abs(row.created_time - Date.now()) < 60_000 && typeof row.status === 'string');
  assert.ok(!answer.text.includes(jwt('basic-1')));
  assert.equal(answer.body.total, 1);
});

test('every spelling of a pasted token is read, duplicates once', async () => {
  const [a, b, c, d] = ['one', 'two', 'three', 'four'].map((name) => jwt(name));
  await add([a, `sso=${a}`, ` ${b}\r\n`, `sso=${c}; sso-rw=${c}; cf_clearance=x`, `sso-rw=${d};sso=${d}`, b, '', '  \r\n']);
  const rows = await list();
  assert.deepEqual(rows.map((row) => row.token_suffix).sort(), [a, b, c, d].map((token) => token.slice(-6)).sort());
  for (const row of rows) {
    assert.equal((await gw.ok('POST', '/tokens/reveal', { id: row.id })).token.slice(-6), row.token_suffix);
  }
  await gw.chat('hi');
  assert.ok([a, b, c, d].includes(gw.grok.of('chat')[0].token));
});

test('adding a known token again leaves its row as it is', async () => {
  await add([jwt('basic-1')]);
  const [before_] = await list();
  await gw.ok('POST', '/tokens/tags', { token: before_.id, token_type: 'sso', tags: ['prod'] });
  await gw.ok('POST', '/tokens/note', { token: before_.id, token_type: 'sso', note: 'mine' });
  await gw.ok('POST', '/tokens/test', { token: before_.id, token_type: 'sso' });
  const known = (await list())[0];
  await add([jwt('basic-1'), jwt('basic-2')]);
  const rows = await list();
  assert.equal(rows.length, 2);
  assert.deepEqual(rows.find((row) => row.id === known.id), known);
});

test('reveal gives the clear value to the operator only', async () => {
  await add([jwt('basic-1')]);
  const [{ id }] = await list();
  assert.equal((await gw.ok('POST', '/tokens/reveal', { id })).token, jwt('basic-1'));
  await gw.refused('/tokens/reveal', { id: 999_999 }, 404);
  await gw.refused('/tokens/reveal', {}, 400, 'id');
});

test('tags and notes, by id and value, are trimmed, kept as text', async () => {
  await add([jwt('basic-1'), jwt('basic-2')]);
  const [first, second] = await list();
  const html = '<img src=x onerror=alert(1)>';
  await gw.ok('POST', '/tokens/tags', { token: first.id, token_type: 'sso', tags: [' prod ', '', html] });
  const value = (await gw.ok('POST', '/tokens/reveal', { id: second.id })).token;
  await gw.ok('POST', '/tokens/tags', { token: value, token_type: 'sso', tags: ['aside', 'prod'] });
  await gw.ok('POST', '/tokens/note', { token: first.id, token_type: 'sso', note: ` ${html} ` });
  const rows = await list();
  assert.deepEqual(rows.find((row) => row.id === first.id).tags, ['prod', html]);
  assert.equal(rows.find((row) => row.id === first.id).note, html);
  assert.deepEqual(await gw.ok('GET', '/tokens/tags/all'), [html, 'aside', 'prod']);
  await gw.refused('/tokens/tags', { token: 999_999, token_type: 'sso', tags: [] }, 404);
  await gw.refused('/tokens/tags', { token: first.id, token_type: 'sso', tags: 'prod' }, 400, 'tags');
  await gw.refused('/tokens/note', { token: first.id, token_type: 'sso', note: 5 }, 400, 'note');
});

test('wrong input names the field and adds nothing', async () => {
  await gw.refused('/tokens/add', { tokens: [jwt('x')], token_type: 'gold' }, 400, 'token_type');
  await gw.refused('/tokens/add', { tokens: jwt('x'), token_type: 'sso' }, 400, 'tokens');
  await gw.refused('/tokens/add', { token_type: 'sso' }, 400, 'tokens');
  await gw.refused('/tokens/add', { tokens: [5], token_type: 'sso' }, 400);
  await gw.refused('/tokens/add', 'no json', 400);
  assert.deepEqual(await list(), []);
});

test('deleting takes ids and values and leaves the rest', async () => {
  await add(['one', 'two', 'three'].map((name) => jwt(name)));
  const rows = await list();
  await gw.ok('POST', '/tokens/delete', { tokens: [rows[0].id, jwt(['one', 'two', 'three'].find((name) => rows[1].token_suffix === jwt(name).slice(-6))), 999_999], token_type: 'sso' });
  assert.deepEqual((await list()).map((row) => row.id), [rows[2].id]);
});

test('a test reads the quota in both shapes and stores it', async () => {
  await add([jwt('basic-1'), jwt('basic-2')]);
  gw.grok.limit('basic-2', { shape: 'B', total: 30, remaining: 17 });
  for (const { id } of await list()) {
    const answer = await gw.ok('POST', '/tokens/test', { token: id, token_type: 'sso' });
    assert.equal(answer.valid, true);
  }
  const bySuffix = new Map((await list()).map((row) => [row.token_suffix, row.remaining_queries]));
  assert.equal(bySuffix.get(jwt('basic-1').slice(-6)), 80);
  assert.equal(bySuffix.get(jwt('basic-2').slice(-6)), 17);
  assert.equal(gw.grok.of('limits').length, 4, 'a Basic account has two modes');
});

test('the type is read, and with it the modes', async () => {
  await add([jwt('heavy-1')]);
  const [{ id }] = await list();
  await gw.ok('POST', '/tokens/test', { token: id, token_type: 'sso' });
  const [row] = await list();
  assert.deepEqual([row.token_type, row.type_read, row.remaining_queries, row.heavy_remaining_queries], ['ssoHeavy', true, 400, 20]);
  assert.deepEqual(row.quotas.map(({ mode, remaining, total }) => [mode, remaining, total]),
    [['auto', 150, 150], ['fast', 400, 400], ['expert', 150, 150], ['heavy', 20, 20]]);
});

test('an answer without numbers does not overwrite a known quota', async () => {
  await add([jwt('basic-1')]);
  const [{ id }] = await list();
  await gw.ok('POST', '/tokens/test', { token: id, token_type: 'sso' });
  gw.grok.limit('basic-1', { body: { windowSizeSeconds: 72000 } });
  await gw.api('POST', '/tokens/test', { token: id, token_type: 'sso' });
  assert.equal((await list())[0].remaining_queries, 80);
});

test('a test expires a dead account, but not for a network block', async () => {
  await add([jwt('dead-1'), jwt('antibot-1')]);
  for (const { id } of await list()) {
    const answer = await gw.api('POST', '/tokens/test', { token: id, token_type: 'sso' });
    assert.equal(answer.body.data?.valid ?? false, false, answer.text);
  }
  const status = (name, rows) => rows.find((row) => row.token_suffix === jwt(name).slice(-6)).status;
  const rows = await list();
  assert.match(status('dead-1', rows), /expired/);
  assert.doesNotMatch(status('antibot-1', rows), /expired/);
});

test('thousands at once', async () => {
  const many = Array.from({ length: 2_500 }, (_, n) => jwt(`many-${n}`));
  await add(many);
  const answer = await gw.api('GET', '/tokens?limit=1000');
  assert.equal(answer.body.total, 2_500);
  await gw.ok('POST', '/tokens/delete', { tokens: many, token_type: 'sso' });
  assert.deepEqual(await list(), []);
});
