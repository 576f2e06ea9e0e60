// What models make. Guesses by name, because the model list does not say.

/** The models that change a picture, and that make a video of one. */
export const EDITS = 'grok-imagine-image-edit';
export const FILMS = 'grok-imagine-0.9';

/** How names begin that mean xAI's API. */
const OF_API = 'xai/';

/** Returns whether a model is one of xAI's API by its name. */
export const isOfApi = (model) => model.startsWith(OF_API);

/** Returns the name by which clients use a model of xAI's API. @param {string} id as xAI lists it */
export const nameOfApi = (id) => OF_API + id;

/** Returns what a model makes. @returns {'text' | 'draw' | 'edit' | 'video'} `edit` and `video` need a picture, and the setting x_statsig_id */
export function abilityOf(model) {
  // The API changes pictures with the models that draw them, and offers no videos here.
  if (isOfApi(model)) return model.includes('imagine') ? 'draw' : 'text';
  if (model === EDITS) return 'edit';
  if (model.startsWith('grok-imagine-image')) return 'draw';
  return model.includes('imagine') ? 'video' : 'text';
}
