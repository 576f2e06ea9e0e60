// Loads the log: pages of older requests, and new ones.
import { useCallback, useEffect, useMemo, useRef, useState } from '../../html.js';
import { get } from '../../api.js';
import { conditions } from './filter.js';

const PAGE = 200;
/** The maximum of new rows in one look; if there are more, the list is loaded again. */
const BURST = 500;
/** The maximum of rows in memory. Older ones are dropped, and loaded again when they are scrolled to. */
const MOST_KEPT = 20_000;

const NONE = new Set();
const EMPTY = { rows: [], next: null, waiting: [], isFlooded: false, fresh: NONE, isLoading: true, error: undefined, moreError: undefined, tailError: undefined };

// Ids are strings for clients with short numbers; JavaScript's are exact up to 2^53, and ids stay below.
const isNewer = (row, than) => Number(row.id) > Number(than.id);

/**
 * Loads the log and follows it.
 * @param {object} filter of `readFilter`
 * @returns {typeof EMPTY & { reload(): Promise<void>, more(): Promise<void>, look(isHeld: boolean): Promise<void>, admit(): void, beside(row: object, step: number): object | undefined }}
 *   `waiting` are new rows that `admit` shows, collected while the list is held; `fresh` are the ids of the rows added last
 */
export function useLog(filter) {
  const [state, setState] = useState(EMPTY);
  const latest = useRef(state);
  const current = useRef(null);
  const wanted = JSON.stringify(filter);
  const update = (changes) => {
    latest.current = { ...latest.current, ...changes };
    setState(latest.current);
  };
  const reload = useCallback(async () => {
    current.current?.control.abort();
    const read = new Reading(filter);
    current.current = read;
    update({ isLoading: true });
    try {
      const { data, next_before: next } = await read.page({ limit: PAGE });
      update({ ...EMPTY, rows: data, next, isLoading: false });
    } catch (error) {
      if (!read.isOver) update({ ...EMPTY, isLoading: false, error });
    }
  }, [wanted]);
  useEffect(() => {
    reload();
    return () => current.current?.control.abort();
  }, [reload]);
  const actions = useMemo(() => ({ ...reading(latest, current, update, reload), beside: (row, step) => {
    const { rows } = latest.current;
    return rows[rows.findIndex(({ id }) => id === row.id) + step];
  } }), [reload]);
  return { ...state, ...actions, reload };
}

/** The calls for one filter; they end when the filter changes. */
class Reading {
  control = new AbortController();
  #running = new Set();

  constructor(filter) { this.conditions = conditions(filter, Date.now()); }

  get isOver() { return this.control.signal.aborted; }

  page(query) { return get('/logs', { ...this.conditions, ...query }, { signal: this.control.signal }); }

  /** Runs `work` unless it is running already; errors after the end of the reading are ignored. */
  async once(name, work, failed) {
    if (this.isOver || this.#running.has(name)) return;
    this.#running.add(name);
    try {
      await work();
    } catch (error) {
      if (!this.isOver) failed(error);
    } finally {
      this.#running.delete(name);
    }
  }
}

function reading(latest, current, update, reload) {
  const more = () => current.current.once('more', async () => {
    const read = current.current;
    const before = latest.current.next;
    if (before === null || latest.current.isLoading) return;
    const { data, next_before: next } = await read.page({ limit: PAGE, before });
    // The end of the list may have been dropped in the meantime.
    if (read.isOver || latest.current.next !== before) return;
    update({ rows: [...latest.current.rows, ...data], next, moreError: undefined });
  }, (moreError) => update({ moreError }));

  const look = (isHeld) => current.current.once('look', async () => {
    const read = current.current;
    const { isLoading, error, isFlooded, waiting, rows } = latest.current;
    if (isLoading || error || isFlooded) return;
    const newest = waiting[0] ?? rows[0];
    const from = Math.max(read.conditions.from ?? 0, newest?.timestamp ?? 0);
    const { data, next_before: next } = await read.page({ limit: BURST, from });
    if (read.isOver || latest.current.isLoading) return;
    const added = newest ? data.filter((row) => isNewer(row, newest)) : data;
    if (latest.current.tailError) update({ tailError: undefined });
    if (added.length === 0) return;
    if (next !== null && isHeld) update({ waiting: added, isFlooded: true });
    else if (next !== null) await reload();
    else if (isHeld) update({ waiting: [...added, ...waiting] });
    else show([...added, ...waiting]);
  }, (tailError) => update({ tailError }));

  const show = (added) => {
    const { rows: old, next } = latest.current;
    const rows = [...added, ...old];
    const isLong = rows.length > MOST_KEPT;
    update({
      rows: isLong ? rows.slice(0, MOST_KEPT) : rows, next: isLong ? rows[MOST_KEPT - 1].id : next,
      waiting: [], fresh: new Set(added.map(({ id }) => id)),
    });
  };

  const admit = () => {
    if (latest.current.isFlooded) reload();
    else if (latest.current.waiting.length > 0) show(latest.current.waiting);
  };
  return { more, look, admit };
}
