// Settings: defaults, merging, and refusal as a whole of anything of the wrong type or range. Logs and the storage mode beside.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { gatewayForFile } from './lib/gateway.mjs';
import { HOST } from './lib/hosts.mjs';

const gw = gatewayForFile();

const read = () => gw.ok('GET', '/settings');
const save = (body) => gw.api('POST', '/settings', body);

test('the defaults', async () => {
  const { global, grok } = await read();
  assert.equal(global.base_url, '');
  assert.equal(global.admin_username, 'admin');
  const { filtered_tags, show_thinking, temporary, stream_first_response_timeout, stream_chunk_timeout, stream_total_timeout } = grok;
  assert.deepEqual({ filtered_tags, show_thinking, temporary, stream_first_response_timeout, stream_chunk_timeout, stream_total_timeout },
    { filtered_tags: 'xaiartifact,xai:tool_usage_card,grok:render', show_thinking: true, temporary: true, stream_first_response_timeout: 30, stream_chunk_timeout: 120, stream_total_timeout: 600 });
  for (const name of ['api_key', 'x_statsig_id', 'cf_clearance']) assert.deepEqual([grok[name], grok[`${name}_set`]], ['', false], name);
});

test('what is sent is merged into what is there', async () => {
  await gw.settings({ show_thinking: false, stream_chunk_timeout: 33 });
  await gw.settings({ cf_clearance: 'cf_clearance=abc' }, { base_url: 'https://example.org' });
  const { global, grok } = await read();
  assert.deepEqual([grok.show_thinking, grok.stream_chunk_timeout, grok.temporary, global.base_url], [false, 33, true, 'https://example.org']);
  assert.deepEqual([grok.cf_clearance, grok.cf_clearance_set], ['', true]);
  await gw.settings({ show_thinking: true, cf_clearance: null }, { base_url: '' });
  assert.equal((await read()).grok.cf_clearance_set, false);
});

const BAD = [
  ['grok', 'show_thinking', 'no'], ['grok', 'show_thinking', 1], ['grok', 'reasoning_format', 'thinking'], ['grok', 'reasoning_format', true], ['grok', 'list_sources', 1], ['grok', 'temporary', 'true'],
  ['grok', 'stream_total_timeout', -1], ['grok', 'stream_total_timeout', 3601], ['grok', 'stream_total_timeout', 1.5],
  ['grok', 'stream_total_timeout', '600'], ['grok', 'stream_first_response_timeout', 1e12], ['grok', 'stream_chunk_timeout', {}],
  ['grok', 'filtered_tags', ['a']], ['grok', 'api_key', 5], ['grok', 'x_statsig_id', true], ['grok', 'cf_clearance', 'a\r\nb'],
  ['grok', 'user_agent', 'a\nb'], ['grok', 'user_agent', 5], ['grok', 'user_agent', 'x'.repeat(5000)], ['grok', 'no_such_setting', 1], ['grok', 'dynamic_statsig', true],
  ['global', 'base_url', 5], ['global', 'base_url', 'not an address'], ['global', 'base_url', 'javascript:alert(1)'],
  ['global', 'base_url', 'https://example.org/?a=b'], ['global', 'admin_username', ''], ['global', 'admin_username', 5], ['global', 'no_such_setting', 'x'],
];

for (const [section, name, value] of BAD) {
  test(`400 for ${section}.${name} = ${JSON.stringify(value).slice(0, 25)}`, async () => {
    const before_ = await read();
    // A good change beside the bad one must not be half-saved.
    const body = { global_config: { base_url: 'https://good.example' }, grok_config: { temporary: false } };
    body[`${section}_config`] = { ...body[`${section}_config`], [name]: value };
    const answer = await save(body);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.body.success, false);
    assert.ok(answer.body.field.endsWith(name), answer.text);
    assert.deepEqual(await read(), before_);
  });
}

test('400 for sections that are not objects or are unknown', async () => {
  const before_ = await read();
  for (const body of [{ grok_config: [] }, { grok_config: 'x' }, { other_config: {} }, [], 'no json', 'null']) {
    assert.equal((await save(body)).status, 400, JSON.stringify(body));
  }
  assert.deepEqual(await read(), before_);
});

test('the storage mode names the host’s database', async () => {
  const { mode } = await gw.ok('GET', '/storage/mode');
  if (HOST === 'workerd') assert.equal(mode, 'D1');
  else assert.match(mode, /sqlite/i);
});

test('logs come newest first, are limited, and can be cleared', async () => {
  await gw.pool(['basic-1']);
  await gw.chat('[[n:5]] one');
  await gw.chat('[[n:5]] two', { model: 'grok-4', stream: true });
  await gw.chat('three', { model: 'unknown' });
  const rows = await gw.logged(3);
  assert.deepEqual(rows.map((row) => [row.model, row.status]), [['unknown', 404], ['grok-4', 200], ['grok-4-fast', 200]]);
  const [bad, streamed] = rows;
  assert.match(streamed.time, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.ok(Math.abs(streamed.timestamp - Date.now()) < 60_000);
  assert.ok(streamed.duration >= 0 && streamed.duration < 60);
  assert.deepEqual([streamed.key_name, streamed.error, streamed.token_suffix.length], ['suite', '', 6]);
  assert.equal(streamed.ip, '127.0.0.1');
  assert.notEqual(bad.error, '');
  assert.equal(bad.token_suffix, '');
  assert.equal((await gw.ok('GET', '/logs?limit=1')).length, 1);
  for (const limit of ['abc', '0', '-1', '1.5', '5001']) {
    const answer = await gw.api('GET', `/logs?limit=${limit}`);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.body.field, 'limit');
  }
  await gw.ok('POST', '/logs/clear', {});
  assert.deepEqual(await gw.logs(), []);
});
