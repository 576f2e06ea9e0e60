// Actions on existing accounts.
import { get, post } from '../../api.js';
import { accountName } from '../../components/account-name.js';
import { askBudget } from '../../components/budget.js';
import { confirm } from '../../components/dialog.js';
import { common } from '../../common.text.js';
import { toast } from '../../components/toast.js';
import { countdown } from '../../format.js';
import { texts } from '../../i18n.js';
import { explainFault, isApiKey } from './describe.js';
import { readInWords } from './quota.js';
import { text } from './text.js';

const t = texts(text);
const ids = (rows) => rows.map(({ id }) => id);
/** The maximum of rows in one response. */
const PAGE = 1000;

/** Loads all accounts that match, page by page. @returns {Promise<object[]>} each once, even if some are added meanwhile */
export async function everyToken(filter, signal) {
  return (await rowsBetween(filter, 0, Infinity, signal));
}

/** Loads the rows of a range of the list; `to` is exclusive. */
export async function rowsBetween(filter, from, to, signal) {
  const rows = new Map();
  for (let offset = from; offset < to; offset += PAGE) {
    const page = await get('/tokens', { ...filter, limit: Math.min(PAGE, to - offset), offset }, { signal });
    for (const row of page.data) rows.set(row.id, row);
    if (!page.has_more) break;
  }
  return [...rows.values()];
}

/** Loads the current row of an account, or null if it was deleted. */
export async function tokenOf(id, signal) {
  const { data } = await get('/tokens', { id, limit: 1 }, { signal });
  return data[0] ?? null;
}

async function change(path, rows, fields) {
  const { data } = await post(path, { ids: ids(rows), ...fields });
  toast.ok(t('updated', { n: data.updated }));
}

export const setEnabled = (rows, enabled) => change('/tokens/status', rows, { enabled });
export const setNote = (rows, note) => change('/tokens/note', rows, { note });
/** Changes the tags of accounts. @param {'replace' | 'add' | 'remove'} mode */
export const setTags = (rows, tags, mode = 'replace') => change('/tokens/tags', rows, { tags, mode });
export const reveal = async (row) => (await post('/tokens/reveal', { id: row.id })).data.token;

/** Asks for the daily budget of keys of xAI's API, and saves it. @returns {Promise<boolean>} whether it was saved */
export const changeBudget = (rows) => askBudget({
  rows, name: accountName(rows[0].id, rows[0].token_suffix), kind: 'account',
  save: async (budget) => (await post('/tokens/budget', { ids: ids(rows), daily_budget_usd: budget })).data.updated,
});

/** Deletes accounts after a confirmation. @returns {Promise<boolean>} whether they were deleted */
export function deleteTokens(rows) {
  const usable = rows.filter(({ status_code: code }) => ['normal', 'unused', 'cooling', 'exhausted'].includes(code)).length;
  return confirm({
    title: t('deleteTitle', { n: rows.length, name: rows.slice(0, 3).map(({ id, token_suffix: suffix }) => accountName(id, suffix)).join(t('and')) }),
    lost: [usable > 0 && rows.length > 1 && t('deleteUsable', { n: usable }), t('deleteLost'), rows.some(isApiKey) && t('deleteKeys')].filter(Boolean).join(' '),
    action: common('delete'),
    run: async () => {
      const { data } = await post('/tokens/delete', { ids: ids(rows) });
      toast.ok(t('deleted', { n: data.deleted }));
    },
  });
}

/** Deletes all entries that are not tokens after a confirmation. @param {number} count @returns {Promise<boolean>} whether they were deleted */
export function removeInvalid(count) {
  return confirm({
    title: `${t('removeInvalid', { n: count })}?`,
    lost: t('removeInvalidLost'),
    action: common('delete'),
    run: async () => {
      const { data } = await post('/tokens/delete', { state: 'invalid' });
      toast.ok(t('deleted', { n: data.deleted }));
    },
  });
}

/**
 * Asks Grok for the type and the quotas of an account, or xAI for the models of a key.
 * @returns {Promise<{ outcome: 'ok' | 'expired' | 'failed', words: string, isUnreached?: boolean }>} `words` is the result as text,
 *   `isUnreached` means that Grok blocked the gateway or was unreachable; throws if the gateway itself fails
 */
export async function testToken(row, signal) {
  try {
    const { data } = await post('/tokens/test', { id: row.id }, { signal });
    return { outcome: 'ok', words: t('testValid', { found: readInWords(data) }) };
  } catch (error) {
    if (error.code !== 'TOKEN_TEST_FAILED') throw error;
    const { error_type: type, cooldown_remaining: left = 0 } = error.data;
    const words = isApiKey(row) ? refusalInWords(type, error.message) : t(`test_${type}`, { left: countdown(left) });
    return { outcome: type === 'expired' ? 'expired' : 'failed', words, isUnreached: ['blocked', 'network'].includes(type) };
  }
}

/** Returns why a key cannot be used, and what xAI said, which the gateway writes in brackets at the end. */
function refusalInWords(type, message) {
  const [, said] = /\((.*)\)$/s.exec(message) ?? [];
  return [t(`test_${type}_xai`), said && t('xaiSaid', { detail: explainFault(said, true) })].filter(Boolean).join(' ');
}
