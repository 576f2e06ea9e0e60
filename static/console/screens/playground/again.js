// Opens the playground with a draft that another screen prepared, for example of a picture in the gallery.
import { go } from '../../router.js';
import { draft } from './conversation.js';
import { ownPicture } from './pictures.js';
import { wanted } from './signature.js';

/**
 * Opens the playground; nothing is sent. The conversation stays, the draft is replaced.
 * @param {{ model: string, text: string, picture: { url: string, name: string, size: number } | null }} what an empty model
 *   leaves the choice as it is; `url` is that of a picture of this gateway
 */
export async function openWith({ model, text, picture }) {
  if (!(await go('playground'))) return;
  if (model) wanted.set(model);
  draft.set({ text, pictures: picture ? [ownPicture(picture)] : [], refused: [] });
}
