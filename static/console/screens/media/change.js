// Deletes files from the cache: selected ones, one kind, or all.
import { post } from '../../api.js';
import { common } from '../../common.text.js';
import { confirm } from '../../components/dialog.js';
import { toast } from '../../components/toast.js';
import { bytes } from '../../format.js';
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);
const PATHS = { images: '/cache/clear/images', videos: '/cache/clear/videos', all: '/cache/clear' };

function report(deleted, partsLeft) {
  toast.ok(partsLeft > 0 ? `${t('deleted', { n: deleted })} ${t('partsLeft', { n: partsLeft })}` : t('deleted', { n: deleted }));
}

/** Deletes files after a confirmation. @returns {Promise<boolean>} whether they were deleted */
export function deleteFiles(ids) {
  return confirm({
    title: t('deleteTitle', { n: ids.length }), lost: t('deleteLost'), action: common('delete'),
    run: async () => {
      const { data } = await post('/cache/delete', { ids });
      report(data.deleted, data.parts_left);
    },
  });
}

/**
 * Clears a part of the cache after a confirmation.
 * @param {keyof typeof PATHS} which
 * @param {{ used: number, count: number }[]} kinds their sizes and counts; empty while unknown
 * @returns {Promise<boolean>} whether it was cleared
 */
export function clearCache(which, kinds) {
  const sum = (name) => kinds.reduce((all, kind) => all + kind[name], 0);
  const counted = kinds.length > 0 ? t('clearLost', { n: sum('count'), size: bytes(sum('used')) }) : '';
  return confirm({
    title: t(`clear_${which}_title`), lost: `${counted} ${t('deleteLost')}`, action: t(`clear_${which}`),
    run: async () => {
      const { data } = await post(PATHS[which]);
      report(data.deleted_count, data.parts_left);
    },
  });
}
