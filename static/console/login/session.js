// Signing in, and where it leads.
import { get, post } from '../api.js';

/** @returns {Promise<{ must_change_password: boolean }>} */
export const signIn = (username, password) => post('/login', { username, password }, { staysHere: true });

/** A place of the console and nothing else: an address that a stranger wrote into `next` leads nowhere. */
export function placeOf(next) {
  return /^#\/[a-z-]+(\?[^#]*)?$/.test(next ?? '') ? next : '';
}

/** Back to where one was; a gateway without accounts begins with the first steps. */
export async function enter() {
  const next = placeOf(new URLSearchParams(location.search).get('next'));
  location.replace(`/manage${next || (await isEmpty() ? '#/start' : '#/overview')}`);
  // The page is being left: what waits for this stays busy.
  await new Promise(() => {});
}

async function isEmpty() {
  try {
    return (await get('/stats', {}, { staysHere: true })).data.total === 0;
  } catch {
    return false;
  }
}
