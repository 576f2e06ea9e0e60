// Signs in and opens the console.
import { get, post } from '../api.js';

/** Signs in. @returns {Promise<{ must_change_password: boolean }>} */
export const signIn = (username, password) => post('/login', { username, password }, { staysHere: true });

/** Returns `next` if it is a route of the console, otherwise an empty string: a forged link must not lead elsewhere. */
export function placeOf(next) {
  return /^#\/[a-z-]+(\?[^#]*)?$/.test(next ?? '') ? next : '';
}

/** Opens the last screen; a gateway without accounts opens Get started. */
export async function enter() {
  const next = placeOf(new URLSearchParams(location.search).get('next'));
  location.replace(`/manage${next || (await isEmpty() ? '#/start' : '#/overview')}`);
  // The page is about to unload: keep the caller busy.
  await new Promise(() => {});
}

async function isEmpty() {
  try {
    return (await get('/stats', {}, { staysHere: true })).data.total === 0;
  } catch {
    return false;
  }
}
