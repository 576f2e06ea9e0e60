// What models make. Guesses by name, because the model list does not say.

/** The models that change a picture, and that make a video of one. */
export const EDITS = 'grok-imagine-image-edit';
export const FILMS = 'grok-imagine-0.9';

/** Returns what a model makes. @returns {'text' | 'draw' | 'edit' | 'video'} `edit` and `video` need a picture, and the setting x_statsig_id */
export function abilityOf(model) {
  if (model === EDITS) return 'edit';
  if (model.startsWith('grok-imagine-image')) return 'draw';
  return model.includes('imagine') ? 'video' : 'text';
}
