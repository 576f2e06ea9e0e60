// What `cargo xtask bench --check` compares with docs/performance.md, and the application of Spin's floor.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { differences, slower } from './bench/check.mjs';
import { floorManifest } from './bench/spin.mjs';
import { here } from './lib/database.mjs';
import { test } from './lib/suite.mjs';

const recorded = await readFile(here('../../docs/performance.md'), 'utf8');
const line = (name) => recorded.split('\n').find((each) => each.startsWith(`| ${name}`));

test('a statement or row more than recorded fails', () => {
  const asked = ['list of models', 'chat, http', 'chat, websocket'].map(line);
  assert.deepEqual(differences(recorded, asked.join('\n')), []);
  for (const at of [2, 3, 4, 5]) {
    const cells = asked[1].split('|');
    cells[at] = ` ${Number(cells[at]) + 1} `;
    assert.equal(differences(recorded, [asked[0], cells.join('|')].join('\n')).length, 1);
  }
  assert.equal(differences(recorded, '| list of keys | 1 | 1 | 6 | 0 |').length, 1, 'a row that is not recorded');
});

test('a ratio above the recorded one is a warning', () => {
  const models = line('`GET /v1/models`, 1 at once');
  assert.match(models, /×\d/);
  const with_ = (ratio) => models.replace(/×[\d.]+/, `×${ratio}`);
  assert.deepEqual(slower(recorded, models), []);
  assert.deepEqual(slower(recorded, with_('1.00')), []);
  assert.equal(slower(recorded, with_('9.00')).length, 1);
});

test('the floor has all paths but those of the admin API', async () => {
  const manifest = await readFile(here('../../spin.toml'), 'utf8');
  const recorded = { models: { statement: { sql: 'SELECT "a"\n', values: ['\\', null, 1] }, body: { data: [] } }, http: { reserve: {}, finish: {}, call: {} } };
  const floor = floorManifest(manifest, { ...recorded, websocket: {} });
  const routes = [...floor.matchAll(/route = "(.+)"\ncomponent = "(.+)"/g)].map(([, route, component]) => [route, component]);
  assert.deepEqual(routes, [['/api/...', 'grok2api'], ['/...', 'floor']]);
  assert.doesNotMatch(floor, /source = "[^/]/, 'a path that is relative to another folder');
  const [, variable] = /RECORDED = (".+") \}\n/.exec(floor);
  assert.deepEqual(JSON.parse(JSON.parse(variable)), recorded);
  assert.throws(() => floorManifest(manifest.replace('/...', '/v1/...'), recorded), /does not have route/);
});
