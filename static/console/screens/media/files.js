// Loads what was made, newest first, a page at a time.
import { useEffect, useMemo, useRef, useState } from '../../html.js';
import { get } from '../../api.js';
import { shared } from '../../store.js';
import { conditions } from './filter.js';

const PAGE = 48;
/** Calls of one page: a call looks at a limited number of files, of which few may match. */
const MOST_CALLS = 20;
/** Milliseconds after the last file was loaded until its new state is read. */
const SETTLE_MS = 1_500;
const NOTHING = { rows: null, total: null, hasMore: false, isReading: true, error: undefined };

/** Converts a file to an item of the viewer. */
const itemOf = (file) => ({ ...file, size: file.size_bytes, contentType: file.content_type, isGone: file.state === 'gone' });

const call = (mine, before) => get('/media', { ...mine.conditions, limit: PAGE, before }, { signal: mine.control.signal });

/**
 * Loads files page by page. After a change of the filter the old ones stay until the first new ones arrive.
 * @param {ReturnType<typeof import('./filter.js').readFilter>} filter
 * @param {() => void} changed called when files were stored because they were shown
 * @returns {typeof NOTHING & { items: object, isStale: boolean, of: string, more(): Promise<void>, reload(): Promise<void>, forget(id: string): void, shown(item: object): void }}
 *   `rows` is null until the first page arrives; `of` names the filter of the rows; the viewer follows `items`; `shown` must be
 *   called when the bytes of a file have arrived; after an error `more` tries again
 */
export function useFiles(filter, changed) {
  const name = JSON.stringify(filter);
  const items = useMemo(() => shared([]), []);
  const [state, setState] = useState({ of: name, ...NOTHING });
  const reading = useRef(null);
  const show = (mine, more) => setState((old) => ({ ...(mine.isFresh ? old : NOTHING), of: mine.isFresh ? old.of : name, ...more }));
  const read = async (mine) => {
    if (mine.isRunning || mine.next === null) return;
    mine.isRunning = true;
    setState((old) => ({ ...old, isReading: true, error: undefined }));
    try {
      await readPage(mine, items, (more) => show(mine, more), () => reading.current === mine);
    } catch (error) {
      if (!mine.control.signal.aborted) setState((old) => ({ ...old, error }));
    } finally {
      mine.isRunning = false;
      if (reading.current === mine) setState((old) => ({ ...old, isReading: false }));
    }
  };
  /** Loads again; the old files stay visible until the first page arrives. */
  const reload = () => {
    stop(reading.current);
    reading.current = { conditions: conditions(filter, Date.now()), next: undefined, pages: [], isRunning: false, isFresh: false, opened: new Set(), timer: 0, control: new AbortController() };
    return read(reading.current);
  };
  useEffect(() => {
    reload();
    return () => stop(reading.current);
  }, [name]);
  const forget = (id) => {
    items.set(items.get().filter((item) => item.id !== id));
    setState((old) => ({ ...old, rows: items.get(), total: old.total === null ? null : old.total - 1 }));
  };
  const shown = ({ id, state: was }) => {
    const mine = reading.current;
    if (!['not_fetched', 'cleared'].includes(was)) return;
    mine.opened.add(id);
    clearTimeout(mine.timer);
    mine.timer = setTimeout(async () => {
      await readAgain(mine, items);
      if (reading.current !== mine) return;
      setState((old) => ({ ...old, rows: items.get() }));
      changed();
    }, SETTLE_MS);
  };
  return { ...state, items, isStale: state.rows !== null && state.of !== name, more: () => read(reading.current), reload, forget, shown };
}

function stop(mine) {
  mine?.control.abort();
  clearTimeout(mine?.timer);
}

/** Reads until a page is full, nothing is left, or the calls of a page are used up. `show` gets what is new after each call. */
async function readPage(mine, items, show, isCurrent) {
  let found = 0;
  for (let calls = 0; calls < MOST_CALLS && found < PAGE && mine.next !== null; calls += 1) {
    const { data } = await call(mine, mine.next);
    if (!isCurrent()) return;
    const before = mine.isFresh ? items.get() : [];
    const known = new Set(before.map(({ id }) => id));
    items.set([...before, ...data.items.filter(({ id }) => !known.has(id)).map(itemOf)]);
    mine.pages.push({ before: mine.next, ids: data.items.map(({ id }) => id) });
    mine.next = data.next;
    found += data.items.length;
    show({ rows: items.get(), hasMore: data.next !== null, ...(data.total === null ? {} : { total: data.total }) });
    mine.isFresh = true;
  }
}

/** Reads the pages of opened files again, and takes the new values of files that are still listed. */
async function readAgain(mine, items) {
  const pages = mine.pages.filter(({ ids }) => ids.some((id) => mine.opened.has(id)));
  mine.opened.clear();
  for (const { before } of pages) {
    // The list is right without it: the old state was true when it was read.
    const answer = await call(mine, before).catch(() => null);
    if (answer === null) return;
    const fresh = new Map(answer.data.items.map((file) => [file.id, itemOf(file)]));
    items.set(items.get().map((item) => fresh.get(item.id) ?? item));
  }
}
