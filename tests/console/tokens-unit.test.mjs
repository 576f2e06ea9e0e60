// How an account and its quotas are put into words.
import assert from 'node:assert/strict';
import { test } from '../lib/suite.mjs';
import { amountIn } from '../../static/console/components/budget.js';
import { dollars, exactDollars } from '../../static/console/format.js';
import { setLocale } from '../../static/console/i18n.js';
import { typeInWords } from '../../static/console/screens/tokens/badges.js';
import { describe, explainFault } from '../../static/console/screens/tokens/describe.js';
import { readFilter } from '../../static/console/screens/tokens/filters.js';
import { quotaHelp, quotaInWords, quotaNumbers, readInWords } from '../../static/console/screens/tokens/quota.js';

const NOW = new Date(2026, 0, 5, 12).getTime();
const HOUR = 3_600_000;
const quota = (mode, changes) => ({ mode, state: 'left', remaining: 5, total: 7, until: NOW + HOUR, ...changes });
const NONE = { remaining: null, total: null, until: null };
const QUOTAS = [quota('auto'), quota('fast', { state: 'used_up', remaining: 0, until: NOW + 2 * HOUR }), quota('expert', { state: 'unknown', ...NONE }), quota('heavy', { state: 'not_granted', ...NONE })];

test('a test or a refresh says the type and the known quotas', () => {
  assert.equal(readInWords({ token_type: 'ssoHeavy', quotas: [quota('auto'), quota('fast', { remaining: 1400, total: 2000 })] }), 'Heavy · auto 5/7 · fast 1,400/2,000');
  assert.equal(readInWords({ token_type: 'sso', quotas: QUOTAS }), 'Basic · auto 5/7 · fast 0/7');
  assert.equal(readInWords({ token_type: 'sso', quotas: [{ mode: 'heavy', remaining: 0, total: 0 }] }), 'Basic');
  assert.equal(readInWords({ token_type: 'ssoSuper' }), 'Super');
  assert.equal(readInWords({ token_type: 'xai', quotas: [], models: ['grok-4.7', 'grok-4.3'] }), 'xAI API · 2 models');
});

test('each state of a mode has words, and says when it ends', () => {
  assert.deepEqual(QUOTAS.map(quotaInWords), ['5 of 7 left', 'Used up', 'Unknown', 'Not granted']);
  assert.equal(quotaInWords(quota('fast', { total: null })), '5 left');
  assert.equal(quotaNumbers(quota('fast', { total: null })), '5');
  assert.match(quotaHelp(QUOTAS[0]), /^Valid until .*1:00:00.PM\.$/);
  assert.match(quotaHelp(QUOTAS[1]), /^Back .*2:00:00.PM\. Until then, other accounts serve this mode\.$/);
  assert.match(quotaHelp(quota('fast', { state: 'cooling' })), /Grok limited the rate/);
  assert.doesNotMatch(quotaHelp(QUOTAS[3]), /Back|valid/);
  try {
    setLocale('zh-CN');
    assert.deepEqual(QUOTAS.map(quotaInWords), ['剩余 5 / 7', '已用尽', '未知', '不提供']);
  } finally {
    setLocale('en');
  }
});

test('an exhausted account is back with its first mode', () => {
  const row = { status_code: 'exhausted', quotas: [QUOTAS[1], quota('auto', { state: 'used_up', remaining: 0 }), QUOTAS[3]] };
  assert.equal(describe(row, NOW).until, NOW + HOUR);
  assert.equal(describe({ ...row, quotas: [] }, NOW).until, null);
});

test('an unknown quota was never asked for, or has expired', () => {
  assert.match(describe({ status_code: 'unused', type_read: false }).reason, /not asked yet/);
  assert.match(describe({ status_code: 'unused', type_read: true }).reason, /expired/);
  assert.match(describe({ status_code: 'duplicate' }).help, /one Grok account/);
});

test('a key of xAI’s API has its own words for its states', () => {
  const row = { status_code: 'cooling', token_type: 'xai', limit_reason: 'cooldown', cooldowns: [{ name: 'api', until: NOW + HOUR }], quotas: [], strikes: 0, last_failure_reason: '' };
  assert.match(describe(row, NOW).reason, /xAI limited/);
  const spent = describe({ ...row, limit_reason: 'budget', cooldowns: [{ name: 'budget', until: NOW + 2 * HOUR }] }, NOW);
  assert.deepEqual([spent.label, spent.tone, spent.until], ['Daily budget reached', 'warn', NOW + 2 * HOUR]);
  assert.equal(describe({ ...row, status_code: 'exhausted' }, NOW).label, 'No credits left');
  for (const code of ['expired', 'cooling', 'exhausted', 'normal']) {
    const { reason, help } = describe({ ...row, status_code: code, strikes: 1, last_failure_reason: 'account refused: API key is disabled.' }, NOW);
    assert.doesNotMatch(`${reason} ${help}`, /Grok/i, code);
  }
  assert.equal(explainFault('account refused: Team 1 is blocked.', true), 'Team 1 is blocked.');
  assert.equal(explainFault('account refused: 401'), 'Grok refused the account: 401');
});

test('a budget is an amount, none, or refused', () => {
  for (const [entered, amount] of [['', null], [' ', null], ['0', 0], ['2.5', 2.5], [' 0.000001 ', 0.000001], ['100000', 100_000]]) assert.equal(amountIn(entered), amount, entered);
  for (const wrong of ['-1', '1e3', '0.0000001', '100001', '1,5', '.5', '$1', 'none']) assert.equal(amountIn(wrong), undefined, wrong);
});

test('amounts of dollars show what matters of them', () => {
  assert.deepEqual([0, 0.000123, 0.0345678, 0.5, 12.345].map(dollars), ['$0.00', '$0.000123', '$0.0346', '$0.50', '$12.35']);
  assert.equal(exactDollars(2.000001), '$2.000001');
});

test('the type is the one read, else the one given or unknown', () => {
  const row = { status_code: 'normal', token_type: 'ssoSuper', type_read: true };
  assert.equal(typeInWords(row), 'Super');
  assert.equal(typeInWords({ ...row, type_read: false }), 'Not checked yet, counts as Super');
  assert.equal(typeInWords({ ...row, type_read: false, status_code: 'expired' }), 'unknown');
  assert.equal(typeInWords({ ...row, status_code: 'expired' }), 'Super');
  assert.equal(typeInWords({ ...row, token_type: 'xai', type_read: false, status_code: 'expired' }), 'xAI API');
});

test('the address filters by every type and state of the API', () => {
  for (const type of ['sso', 'ssoSuper', 'ssoHeavy', 'xai']) assert.equal(readFilter({ type }).type, type);
  assert.equal(readFilter({ type: 'ssoOther' }).type, undefined);
  for (const state of ['normal', 'cooling', 'exhausted', 'unused', 'expired', 'disabled', 'duplicate', 'unreadable', 'invalid']) assert.equal(readFilter({ state }).state, state);
});
