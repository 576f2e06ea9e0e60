// What `cargo xtask bench --check` compares with docs/performance.md.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { differences, slower } from './bench/check.mjs';
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
