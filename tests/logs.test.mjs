// The log: filters, pages, exports, and clearing.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, test } from './lib/suite.mjs';
import { gatewayForFile } from './lib/gateway.mjs';

const gw = gatewayForFile();
let rows;
before(async () => {
  await gw.pool(['basic-1']);
  for (const model of ['grok-4', 'grok-4-fast', 'grok-4', 'none-such', 'grok-3-fast']) await gw.chat('[[n:5]]', { model });
  rows = await gw.logged(5);
});

const ids = (list) => list.map((row) => row.id);
const found = async (query) => ids(await gw.ok('GET', `/logs?${query}`));
const those = (test) => ids(rows.filter(test));

test('each filter finds its rows', async () => {
  const middle = rows[2].timestamp;
  assert.deepEqual(await found('model=grok-4'), those((row) => row.model === 'grok-4'));
  assert.deepEqual(await found('status=success'), those((row) => row.status === 200));
  assert.deepEqual(await found('status=error'), those((row) => row.status === 404));
  assert.deepEqual(await found('status=404&model=none-such'), those((row) => row.status === 404));
  assert.deepEqual(await found('status=5xx'), []);
  assert.deepEqual(await found('key=suite'), ids(rows));
  assert.deepEqual(await found(`key=${rows[0].key_id}`), ids(rows));
  assert.deepEqual(await found(`from=${middle}`), those((row) => row.timestamp >= middle));
  assert.deepEqual(await found(`to=${middle}`), those((row) => row.timestamp < middle));
  assert.deepEqual(await found('from=0&text=NONE-SUCH'), those((row) => row.model === 'none-such'));
  const answer = await gw.api('GET', '/logs?text=x');
  assert.deepEqual([answer.status, answer.body.field], [400, 'from']);
});

test('pages join without a gap', async () => {
  const seen = [];
  let before = '';
  do {
    const { body } = await gw.api('GET', `/logs?limit=2&before=${before}`);
    seen.push(...ids(body.data));
    before = body.next_before;
  } while (before !== null);
  assert.deepEqual(seen, ids(rows));
});

test('an export is the filtered rows as a CSV or JSON file', async () => {
  const json = await gw.api('GET', '/logs?format=json&status=success');
  assert.match(json.headers.get('content-disposition'), /^attachment; filename="[^"]+\.json"$/);
  assert.deepEqual(json.body, rows.filter((row) => row.status === 200));
  const csv = await gw.api('GET', '/logs?format=csv&limit=3');
  assert.match(csv.headers.get('content-type'), /^text\/csv/);
  assert.match(csv.headers.get('content-disposition'), /\.csv"$/);
  const lines = csv.text.trimEnd().split('\r\n');
  assert.deepEqual(lines.slice(1).map((line) => line.split(',')[0]), ids(rows.slice(0, 3)));
});

test('cleared, the log is empty', async () => {
  await gw.ok('POST', '/logs/clear', {});
  assert.deepEqual(await gw.ok('GET', '/logs'), []);
  assert.deepEqual((await gw.api('GET', '/logs?format=json')).body, []);
});
