// What the overview warns of, and what the address of the log means.
import assert from 'node:assert/strict';
import { test } from '../lib/suite.mjs';
import { findWarnings, missingFirst } from '../../static/console/screens/overview/warnings.js';
import { conditions, reachesNow, readFilter } from '../../static/console/screens/requests/filter.js';
import { fromField, toField } from '../../static/console/time-range.js';

const NONE = { active: 0, unused: 0, cooldown: 0, exhausted: 0, expired: 0, disabled: 0, duplicate: 0, unreadable: 0 };
const pool = (normal, supers = {}, heavy = {}, xai = {}) => {
  const all = { normal: { ...NONE, ...normal }, super: { ...NONE, ...supers }, heavy: { ...NONE, ...heavy }, xai: { ...NONE, ...xai } };
  return { ...all, total: Object.values(all).flatMap(Object.values).reduce((a, b) => a + b, 0) };
};
const HEALTHY = { stats: pool({ active: 3 }), requests: { errors: [] }, settings: { baseUrl: '', hasEncryptionKey: true, unreadable: [] }, cache: { total_size_bytes: 0 }, keys: { total: 1, hasGlobal: false } };
const found = (changes) => findWarnings({ ...HEALTHY, ...changes }).map(({ id }) => id);

test('a healthy gateway has nothing to warn of', () => assert.deepEqual(found({}), []));

test('each problem is shown, the worst first', () => {
  assert.deepEqual(found({ stats: pool({ cooldown: 2, expired: 1 }, { exhausted: 1 }) }), ['allCooling']);
  assert.deepEqual(found({ stats: pool({ cooldown: 2, unused: 1 }) }), []);
  assert.deepEqual(found({ stats: pool({ exhausted: 2 }) }), ['allExhausted']);
  assert.deepEqual(found({ stats: pool({ exhausted: 2 }, {}, { exhausted: 1 }) }), ['allExhausted']);
  assert.deepEqual(found({ stats: pool({ exhausted: 2, duplicate: 1 }, {}, { active: 1 }) }), []);
  assert.deepEqual(found({ stats: pool({ expired: 3, disabled: 1 }) }), ['noneUsable', 'manyExpired']);
  assert.deepEqual(found({ stats: pool({ active: 8, expired: 2 }) }), []);
  assert.deepEqual(found({ stats: pool({ active: 12, expired: 3 }) }), ['manyExpired']);
  assert.deepEqual(found({ stats: pool({ active: 97, expired: 3 }) }), []);
  assert.deepEqual(found({ stats: pool({ active: 1, unreadable: 1 }) }), ['unreadableTokens']);
  const settings = { baseUrl: '', hasEncryptionKey: false, unreadable: ['cf_clearance'] };
  assert.deepEqual(found({ settings, cache: { total_size_bytes: 5 }, requests: { errors: [{ code: 'upstream_blocked', count: 2 }] }, stats: pool({ expired: 1 }) }),
    ['noneUsable', 'blocked', 'unreadableSettings', 'noEncryption', 'noBaseUrl']);
  assert.deepEqual(found({ requests: { errors: [{ code: 'stale_x_statsig_id', count: 1 }, { code: 'upstream_error', count: 1 }] } }), ['staleSignature']);
  assert.deepEqual(found({ cache: { total_size_bytes: 5 }, settings: { ...HEALTHY.settings, baseUrl: 'https://example.com' } }), []);
});

test('a key of xAI’s API serves like an account', () => {
  assert.deepEqual(found({ stats: pool({ expired: 1 }, {}, {}, { active: 1 }) }), []);
  assert.deepEqual(found({ stats: pool({}, {}, {}, { cooldown: 1 }) }), ['allCooling']);
  assert.deepEqual(missingFirst({ stats: pool({}, {}, {}, { active: 1 }), keys: { total: 1, hasGlobal: false } }), []);
});

test('first steps are what is missing', () => {
  assert.deepEqual(missingFirst({ stats: pool({}), keys: { total: 0, hasGlobal: false } }), ['tokens', 'keys']);
  assert.deepEqual(missingFirst({ stats: pool({ active: 1 }), keys: { total: 0, hasGlobal: true } }), []);
});

test('an address becomes a filter that the gateway takes', () => {
  const asked = (query) => Object.fromEntries(Object.entries(conditions(readFilter(query), 1_000_000_000)).filter(([, value]) => value !== undefined && value !== ''));
  assert.deepEqual(asked({}), {});
  assert.deepEqual(asked({ range: '1h', status: '4xx', key: '3' }), { from: 996_400_000, status: '4xx', key: '3' });
  assert.deepEqual(asked({ account: '12' }), { account: '12' });
  assert.deepEqual(asked({ text: 'x' }), { from: 913_600_000, text: 'x' });
  assert.deepEqual(asked({ from: '5', to: '9', text: 'x' }), { from: 5, to: 9, text: 'x' });
  assert.deepEqual(asked({ to: '9', text: 'x' }), { from: 0, to: 9, text: 'x' });
  assert.deepEqual(asked({ range: 'toString', status: 'odd', account: 'twelve', from: 'soon' }), {});
  assert.ok(reachesNow(readFilter({ to: '10' }), 9) && !reachesNow(readFilter({ to: '10' }), 10));
});

test('times of fields are those of this clock', () => {
  const ms = new Date(2026, 1, 3, 4, 5).getTime();
  assert.equal(toField(ms), '2026-02-03T04:05');
  assert.equal(fromField(toField(ms)), ms);
  assert.equal(fromField(''), undefined);
});
