// Loads the cached files of one kind, newest first, a page at a time.
import { useEffect, useMemo, useRef, useState } from '../../html.js';
import { get } from '../../api.js';
import { shared } from '../../store.js';

const PAGE = 48;
const NOTHING = { rows: [], total: null, hasMore: false, error: undefined };

/** Converts a file to an item of the viewer. */
const itemOf = (kind) => (file) => ({ ...file, kind, size: file.size_bytes, contentType: file.content_type });

/**
 * Loads files page by page.
 * @param {'image' | 'video'} kind
 * @returns {typeof NOTHING & { items: object, more(): Promise<void>, reload(): Promise<void>, forget(id: string): void }}
 *   `total` is null until the first page arrives; the viewer follows `items`; after an error `more` tries again
 */
export function useFiles(kind) {
  const items = useMemo(() => shared([]), []);
  const [state, setState] = useState({ kind, ...NOTHING });
  const reading = useRef(null);
  const read = async (mine) => {
    if (mine.isRunning || !mine.hasMore) return;
    mine.isRunning = true;
    try {
      const { data } = await get('/cache/list', { type: mine.kind, limit: PAGE, offset: mine.next }, { signal: mine.control.signal });
      if (reading.current !== mine) return;
      const before = mine.next === 0 ? [] : items.get();
      // New files move the others down, so a page can repeat some.
      const known = new Set(before.map(({ id }) => id));
      items.set([...before, ...data.items.filter(({ id }) => !known.has(id)).map(itemOf(mine.kind))]);
      mine.next += data.items.length;
      mine.hasMore = data.has_more;
      setState({ kind: mine.kind, rows: items.get(), total: data.total, hasMore: data.has_more, error: undefined });
    } catch (error) {
      if (!mine.control.signal.aborted) setState((old) => ({ ...(old.kind === mine.kind ? old : NOTHING), kind: mine.kind, error }));
    } finally {
      mine.isRunning = false;
    }
  };
  /** Loads again; the old files stay visible until the first page arrives. */
  const reload = () => {
    reading.current?.control.abort();
    reading.current = { kind, next: 0, hasMore: true, isRunning: false, control: new AbortController() };
    return read(reading.current);
  };
  useEffect(() => {
    reload();
    return () => reading.current.control.abort();
  }, [kind]);
  const forget = (id) => {
    items.set(items.get().filter((item) => item.id !== id));
    reading.current.next = Math.max(0, reading.current.next - 1);
    setState((old) => ({ ...old, rows: items.get(), total: old.total - 1 }));
  };
  return { ...(state.kind === kind ? state : NOTHING), items, more: () => read(reading.current), reload, forget };
}
