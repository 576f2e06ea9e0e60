// Actions on existing API keys.
import { post } from '../../api.js';
import { askBudget } from '../../components/budget.js';
import { confirm } from '../../components/dialog.js';
import { common } from '../../common.text.js';
import { toast } from '../../components/toast.js';
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);
const ids = (rows) => rows.map(({ id }) => id);

/** Enables or disables keys. @returns {Promise<number>} the number of changed keys */
export async function setActive(rows, isActive) {
  return (await post('/keys/batch-status', { ids: ids(rows), is_active: isActive })).data.updated;
}

/** Asks for the daily budget of keys at xAI's API, and saves it. @returns {Promise<boolean>} whether it was saved */
export const changeBudget = (rows) => askBudget({
  rows, name: rows[0].name, kind: 'key',
  save: async (budget) => (await post('/keys/budget', { ids: ids(rows), daily_budget_usd: budget })).data.updated,
});

export const rename = (row, name) => post('/keys/name', { id: row.id, name });

export const reveal = async (row) => (await post('/keys/reveal', { id: row.id })).data.key;

/** Deletes keys after a confirmation. @returns {Promise<boolean>} whether they were deleted */
export function deleteKeys(rows) {
  return confirm({
    title: t('deleteTitle', { n: rows.length, name: rows.map(({ name }) => name).slice(0, 3).join(', ') }),
    lost: t('deleteLost'),
    action: common('delete'),
    run: async () => {
      const { data } = await post('/keys/batch-delete', { ids: ids(rows) });
      toast.ok(t('deleted', { n: data.deleted }));
    },
  });
}
