// Pictures that go with a question, as `data:` URLs.
import { bytes } from '../../format.js';
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);

// As the gateway takes them (src/openai/pictures.rs).
const TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp', 'image/avif', 'image/heic'];
export const ACCEPT = TYPES.join(',');
export const MAX_PICTURES = 20;
/** It takes 15 MiB, and bodies of 20 MiB: in base64 they are a third larger, and there is text besides. */
export const MAX_BYTES = 14 << 20;

/** Not from 1: those of before a reload have theirs. */
let next = Date.now();

/**
 * @typedef {{ id: number, name: string, size: number, url: string }} Attached
 * @param {File[]} files
 * @param {Attached[]} present those that the conversation has already: all are sent each time
 * @returns {Promise<{ pictures: Attached[], refused: string[] }>} `refused` says why, in words
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

/** The files of a paste or a drop. */
export const filesOf = (transfer) => [...(transfer?.files ?? [])];
