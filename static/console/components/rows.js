// Long lists: only the rows in sight exist, and pages are fetched as they come into sight.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from '../html.js';

const AROUND = 8;

/**
 * Which rows of a scrolling box are in sight.
 * @param {{ count: number, rowHeight: number }} list
 * @returns {{ box: { current: HTMLElement | null }, from: number, to: number, before: number, after: number, onScroll(): void, toTop(): void }}
 *   `before` and `after` are the pixels of the rows that are left out
 */
export function useWindow({ count, rowHeight }) {
  const box = useRef(null);
  const [seen, setSeen] = useState({ from: 0, to: 40 });
  const measure = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const from = Math.max(0, Math.floor(element.scrollTop / rowHeight) - AROUND);
    const to = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + AROUND;
    setSeen((old) => (old.from === from && old.to === to ? old : { from, to }));
  }, [rowHeight]);
  useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [measure, count === 0]);
  const from = Math.min(seen.from, Math.max(0, count - 1));
  const to = Math.min(seen.to, count);
  const toTop = useCallback(() => { if (box.current) box.current.scrollTop = 0; }, []);
  return { box, from, to, before: from * rowHeight, after: Math.max(0, count - to) * rowHeight, onScroll: measure, toTop };
}

/**
 * Rows by their place, a page at a time.
 * @template Row
 * @param {(page: { limit: number, offset: number }, signal: AbortSignal) => Promise<{ data: Row[], total: number }>} load
 * @param {unknown[]} inputs another filter or order: the old rows stay in sight until the first new page is there
 */
export function usePages(load, inputs, pageSize = 100) {
  const [state, setState] = useState({ pages: new Map(), total: null, error: undefined, stale: true });
  const generation = useRef(null);
  const fetchPage = useCallback(async (page, mine) => {
    if (mine.asked.has(page)) return;
    mine.asked.add(page);
    try {
      const { data, total } = await load({ limit: pageSize, offset: page * pageSize }, mine.control.signal);
      if (generation.current !== mine) return;
      setState((old) => ({ pages: new Map(mine.fresh || mine.sameRows ? old.pages : []).set(page, data), total, error: undefined, stale: false }));
      mine.fresh = true;
    } catch (error) {
      mine.asked.delete(page);
      if (generation.current === mine && error.name !== 'AbortError') setState((old) => ({ ...old, error, stale: false }));
    }
  }, inputs);
  const begin = useCallback(async (page, sameRows) => {
    generation.current?.control.abort();
    const mine = { control: new AbortController(), asked: new Set(), fresh: false, sameRows };
    generation.current = mine;
    setState((old) => ({ ...old, stale: true }));
    await fetchPage(page, mine);
  }, [fetchPage]);
  useEffect(() => {
    begin(0, false);
    return () => generation.current?.control.abort();
  }, [begin]);
  /** Asks again. Rows of other pages stay in sight until theirs come, so that nothing flickers. */
  const reload = useCallback((page = 0) => begin(page, true), [begin]);
  /** Asks for what is missing of these rows; call it in an effect with what is in sight. */
  const want = useCallback((from, to) => {
    const mine = generation.current;
    if (!mine?.fresh || to <= from) return;
    for (let page = Math.floor(from / pageSize); page <= Math.floor((to - 1) / pageSize); page += 1) fetchPage(page, mine);
  }, [fetchPage, pageSize]);
  const row = (at) => state.pages.get(Math.floor(at / pageSize))?.[at % pageSize];
  return { ...state, row, want, reload };
}

/** For `onKeyDown` of a table: up and down go to the same control of the next row, so that a long list need not be walked by Tab. */
export function moveBetweenRows(event) {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
  const cell = event.target.closest('tbody td');
  if (!step || !cell || event.target.closest('[role=menu]')) return;
  const row = cell.parentElement[step];
  const control = row?.cells[cell.cellIndex]?.querySelector('input, button');
  if (!control) return;
  event.preventDefault();
  control.focus();
  row.scrollIntoView({ block: 'nearest' });
}
