// Taking files out of the cache: some, a kind, or all.
import { post } from '../../api.js';
import { common } from '../../common.text.js';
import { confirm } from '../../components/dialog.js';
import { toast } from '../../components/toast.js';
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);

function tell(deleted, partsLeft) {
  toast.ok(partsLeft > 0 ? `${t('deleted', { n: deleted })}. ${t('partsLeft', { n: partsLeft })}` : t('deleted', { n: deleted }));
}

/** Asks first. @returns {Promise<boolean>} whether they are gone */
export function deleteFiles(ids) {
  return confirm({
    title: t('deleteTitle', { n: ids.length }), lost: t('clearLost'), action: common('delete'),
    run: async () => {
      const { data } = await post('/cache/delete', { ids });
      tell(data.deleted, data.parts_left);
    },
  });
}

/** Asks first. @param {'' | '/images' | '/videos'} kind @returns {Promise<boolean>} */
export function clearCache(kind, action) {
  return confirm({
    title: t('clearTitle'), lost: t('clearLost'), action,
    run: async () => {
      const { data } = await post(`/cache/clear${kind}`);
      tell(data.deleted_count, data.parts_left);
    },
  });
}
