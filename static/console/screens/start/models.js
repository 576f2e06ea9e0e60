// The models a key may ask for.
import { ChatError } from '../playground/stream.js';

/** @param {string} key @returns {Promise<string[]>} */
export async function modelsOf(key) {
  const response = await fetch('/v1/models', { credentials: 'omit', headers: { authorization: `Bearer ${key}` } }).catch(() => { throw new ChatError(0); });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ChatError(response.status, { message: answer.error?.message, code: answer.error?.code });
  return answer.data.map(({ id }) => id);
}
