// Deletes files for good, and clears the cache.
import { post } from '../../api.js';
import { common } from '../../common.text.js';
import { confirm } from '../../components/dialog.js';
import { toast } from '../../components/toast.js';
import { bytes } from '../../format.js';
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);
const PATHS = { images: '/cache/clear/images', videos: '/cache/clear/videos', all: '/cache/clear' };
/** Ids that the gateway takes at once. */
const MOST_IDS = 1_000;

function report(done, partsLeft) {
  toast.ok(partsLeft > 0 ? `${done} ${t('partsLeft', { n: partsLeft })}` : done);
}

/** Deletes files with their prompts and links after a confirmation. @returns {Promise<boolean>} whether they were deleted */
export function deleteFiles(ids) {
  return confirm({
    title: t('deleteTitle', { n: ids.length }), lost: t('deleteLost'), action: common('delete'),
    run: async () => {
      let deleted = 0;
      let left = 0;
      for (let at = 0; at < ids.length; at += MOST_IDS) {
        const { data } = await post('/media/delete', { ids: ids.slice(at, at + MOST_IDS) });
        deleted += data.deleted;
        left = data.parts_left;
      }
      report(t('deleted', { n: deleted }), left);
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
    title: t(`clear_${which}_title`), lost: `${counted} ${t('clearKeeps')}`, action: t(`clear_${which}`),
    run: async () => {
      const { data } = await post(PATHS[which]);
      report(t('cleared', { n: data.deleted_count }), data.parts_left);
    },
  });
}
