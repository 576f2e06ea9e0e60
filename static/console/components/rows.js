// Virtual lists: only visible rows are in the DOM, and their pages are fetched on demand.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from '../html.js';

const AROUND = 8;

/**
 * Computes which rows of a scrolling box are visible.
 * @param {{ count: number, rowHeight: number }} list
 * @returns {{ box: { current: HTMLElement | null }, from: number, to: number, before: number, after: number, onScroll(): void, toTop(): void }}
 *   `before` and `after` are the heights of the omitted rows, in pixels
 */
export function useWindow({ count, rowHeight }) {
  const box = useRef(null);
  const [visible, setVisible] = useState({ from: 0, to: 40 });
  const measure = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const from = Math.max(0, Math.floor(element.scrollTop / rowHeight) - AROUND);
    const to = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + AROUND;
    setVisible((old) => (old.from === from && old.to === to ? old : { from, to }));
  }, [rowHeight]);
  useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [measure, count === 0]);
  const from = Math.min(visible.from, Math.max(0, count - 1));
  const to = Math.min(visible.to, count);
  const toTop = useCallback(() => { if (box.current) box.current.scrollTop = 0; }, []);
  return { box, from, to, before: from * rowHeight, after: Math.max(0, count - to) * rowHeight, onScroll: measure, toTop };
}

/**
 * Loads rows by index, a page at a time.
 * @template Row
 * @param {(page: { limit: number, offset: number }, signal: AbortSignal) => Promise<{ data: Row[], total: number }>} load the rest of
 *   its newest answer is returned as `more`
 * @param {unknown[]} inputs the filter and order; when they change, the old rows stay visible until the first new page arrives
 */
export function usePages(load, inputs, pageSize = 100) {
  const [state, setState] = useState({ pages: new Map(), total: null, more: {}, error: undefined, stale: true });
  const generation = useRef(null);
  const fetchPage = useCallback(async (page, mine) => {
    if (mine.asked.has(page)) return;
    mine.asked.add(page);
    try {
      const { data, total, ...more } = await load({ limit: pageSize, offset: page * pageSize }, mine.control.signal);
      if (generation.current !== mine) return;
      setState((old) => ({ pages: new Map(mine.fresh || mine.sameRows ? old.pages : []).set(page, data), total, more, error: undefined, stale: false }));
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
  /** Loads `page` again. Rows of other pages stay visible until they are loaded again, so that nothing flickers. */
  const reload = useCallback((page = 0) => begin(page, true), [begin]);
  /** Fetches the missing pages of these rows; call it in an effect with the visible range. */
  const want = useCallback((from, to) => {
    const mine = generation.current;
    if (!mine?.fresh || to <= from) return;
    for (let page = Math.floor(from / pageSize); page <= Math.floor((to - 1) / pageSize); page += 1) fetchPage(page, mine);
  }, [fetchPage, pageSize]);
  const row = (at) => state.pages.get(Math.floor(at / pageSize))?.[at % pageSize];
  /** Returns the loaded row with this id, if there is one. */
  const find = (id) => {
    for (const rows of state.pages.values()) {
      const found = rows.find((each) => each.id === id);
      if (found) return found;
    }
    return undefined;
  };
  return { ...state, row, find, want, reload };
}

/** Handles `onKeyDown` of a table: Up and Down move to the same control in the adjacent row. */
export function moveBetweenRows(event) {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
  const cell = event.target.closest('tbody td');
  if (!step || !cell || event.target.closest('[role=menu]')) return;
  const row = cell.parentElement[step];
  const control = row?.cells[cell.cellIndex]?.querySelector('input, button, a');
  if (!control) return;
  event.preventDefault();
  control.focus();
  row.scrollIntoView({ block: 'nearest' });
}
