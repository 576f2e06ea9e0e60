// Routes such as `#/tokens?state=cooling`. Filters are in the URL, so that Back and reload keep them.
import { search } from './search.js';
import { shared, useShared } from './store.js';

function read(hash = location.hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { screen: path.split('/')[0], query: Object.fromEntries(new URLSearchParams(query)) };
}

const place = shared(globalThis.location ? read() : { screen: '', query: {} });

/** Returns the current route. @returns {{ screen: string, query: Record<string, string> }} */
export const useRoute = () => useShared(place);
export const route = () => place.get();

/** Returns the URL of a screen. @param {string} screen @param {Record<string, unknown>} [query] empty values are left out */
export const address = (screen, query = {}) => `#/${screen}${search(query)}`;

/** Goes to a screen and returns whether it did. `replace` adds no history entry, for example while a filter is typed. */
export async function go(screen, query = {}, { replace = false } = {}) {
  if (!(await mayLeave(screen))) return false;
  history[replace ? 'replaceState' : 'pushState'](null, '', address(screen, query));
  place.set(read());
  return true;
}

let guard = null;

/** Sets a question that runs before the screen is left; null removes it. @param {(() => boolean | Promise<boolean>) | null} ask returns true to leave */
export function guardLeaving(ask) {
  guard = ask;
}

async function mayLeave(screen) {
  if (guard === null || screen === place.get().screen) return true;
  if (!(await guard())) return false;
  guard = null;
  return true;
}

/** Starts to follow links, the browser's buttons and its address bar. */
export function startRouting() {
  addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="#/"]');
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const { screen, query } = read(link.getAttribute('href'));
    go(screen, query);
  });
  // The URL has changed already: put it back until the question is answered.
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
