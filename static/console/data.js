// Hooks that load a screen's data: once, on demand, and at an interval.
import { useCallback, useEffect, useRef, useState } from './html.js';

/**
 * Loads data on mount, when an input changes, and on `reload`.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {unknown[]} inputs a change of one of them loads again; the old data stays until the new data arrives
 * @returns {{ data: T | undefined, error: unknown, loading: boolean, reload(): Promise<void>, set(data: T): void }}
 */
export function useLoaded(load, inputs = []) {
  const [state, setState] = useState({ data: undefined, error: undefined, loading: true });
  const running = useRef(null);
  const reload = useCallback(async () => {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    setState((old) => ({ ...old, loading: true }));
    try {
      const data = await load(control.signal);
      if (!control.signal.aborted) setState({ data, error: undefined, loading: false });
    } catch (error) {
      if (!control.signal.aborted) setState((old) => ({ ...old, error, loading: false }));
    }
  }, inputs);
  useEffect(() => {
    reload();
    return () => running.current?.abort();
  }, [reload]);
  const set = useCallback((data) => setState((old) => ({ ...old, data })), []);
  return { ...state, reload, set };
}

/** Calls `work` every `ms` milliseconds while the page is visible; null pauses. */
export function useEvery(ms, work) {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    if (ms === null) return undefined;
    const timer = setInterval(() => { if (!document.hidden) latest.current(); }, ms);
    return () => clearInterval(timer);
  }, [ms]);
}

/** Returns the value after it has not changed for `ms` milliseconds. */
export function useDebounced(value, ms = 250) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** Returns the current time in milliseconds and draws again every `ms`, for countdowns. */
export function useNow(ms = 1000) {
  const [now, setNow] = useState(Date.now());
  useEvery(ms, () => setNow(Date.now()));
  return now;
}
