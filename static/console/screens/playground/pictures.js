// Reads pictures for a question as `data:` URLs.
import { bytes } from '../../format.js';
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);

// The types that the gateway accepts (src/media/input/sniff.rs).
const TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp', 'image/avif', 'image/heic'];
export const ACCEPT = TYPES.join(',');
export const MAX_PICTURES = 20;
/** The gateway accepts 15 MiB of pictures and bodies of 20 MiB; base64 adds a third, and there is also text. */
export const MAX_BYTES = 14 << 20;

/** The next id. It starts at the time, because pictures from before a reload keep their ids. */
let next = Date.now();

/**
 * Reads files and refuses those that the gateway would not accept.
 * @typedef {{ id: number, name: string, size: number, url: string }} Attached
 * @param {File[]} files
 * @param {Attached[]} present pictures already in the conversation; every request sends all
 * @returns {Promise<{ pictures: Attached[], refused: string[] }>} `refused` has a reason for each refused file
 */
export async function readPictures(files, present) {
  const pictures = [];
  const refused = [];
  let room = MAX_BYTES - present.reduce((sum, { size }) => sum + size, 0);
  for (const file of files) {
    if (!TYPES.includes(file.type)) {
      refused.push(t('notAPicture', { name: file.name }));
    } else if (present.length + pictures.length >= MAX_PICTURES) {
      refused.push(t('tooMany', { name: file.name, max: MAX_PICTURES }));
    } else if (file.size > room) {
      refused.push(t('tooLarge', { name: file.name, max: bytes(MAX_BYTES) }));
    } else {
      const url = await dataUrl(file).catch(() => null);
      if (url === null) {
        refused.push(t('unreadable', { name: file.name }));
        continue;
      }
      room -= file.size;
      pictures.push({ id: next++, name: file.name, size: file.size, url });
    }
  }
  return { pictures, refused };
}

function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(reader.result));
    reader.addEventListener('error', () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

/** Returns a picture of this gateway as an attached one: requests name its link. @returns {Attached} */
export const ownPicture = ({ url, name, size }) => ({ id: next++, name, size, url: new URL(url, location.origin).href });

/** Returns the files of a paste or a drop. */
export const filesOf = (transfer) => [...(transfer?.files ?? [])];
