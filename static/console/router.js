// Where the console is: `#/tokens?state=cooling`. Filters live in the address, so that going back and reloading keep them.
import { search } from './search.js';
import { shared, useShared } from './store.js';

function read(hash = location.hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { screen: path.split('/')[0], query: Object.fromEntries(new URLSearchParams(query)) };
}

const place = shared(globalThis.location ? read() : { screen: '', query: {} });

/** @returns {{ screen: string, query: Record<string, string> }} */
export const useRoute = () => useShared(place);
export const route = () => place.get();

/** @param {string} screen @param {Record<string, unknown>} [query] empty values are left out */
export const address = (screen, query = {}) => `#/${screen}${search(query)}`;

/** To another place; `replace` leaves no step in the history, as for a filter being typed. Tells whether it went there. */
export async function go(screen, query = {}, { replace = false } = {}) {
  if (!(await mayLeave(screen))) return false;
  history[replace ? 'replaceState' : 'pushState'](null, '', address(screen, query));
  place.set(read());
  return true;
}

let guard = null;

/** While set, leaving the screen asks first. @param {(() => boolean | Promise<boolean>) | null} ask true: may leave */
export function guardLeaving(ask) {
  guard = ask;
}

async function mayLeave(screen) {
  if (guard === null || screen === place.get().screen) return true;
  if (!(await guard())) return false;
  guard = null;
  return true;
}

/** Follows links, the browser's buttons and what is typed into its address bar. */
export function startRouting() {
  addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="#/"]');
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const { screen, query } = read(link.getAttribute('href'));
    go(screen, query);
  });
  // The address has changed already: until it is known whether it may, it is put back.
  addEventListener('hashchange', () => {
    const { screen, query } = read();
    const here = place.get();
    if (guard === null || screen === here.screen) {
      place.set({ screen, query });
      return;
    }
    history.replaceState(null, '', address(here.screen, here.query));
    go(screen, query);
  });
  addEventListener('beforeunload', (event) => { if (guard !== null) event.preventDefault(); });
}
