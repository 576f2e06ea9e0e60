// Loading what a screen shows: once, again on demand, and every so often.
import { useCallback, useEffect, useRef, useState } from './html.js';

/**
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {unknown[]} inputs loaded again when one of them changes; what was loaded stays until then
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

/** Calls `work` every `ms` while the page is seen; null pauses. */
export function useEvery(ms, work) {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    if (ms === null) return undefined;
    const timer = setInterval(() => { if (!document.hidden) latest.current(); }, ms);
    return () => clearInterval(timer);
  }, [ms]);
}

/** The value once it has rested for `ms`: what is typed need not be asked for letter by letter. */
export function useRested(value, ms = 250) {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}

/** The time, drawn anew every `ms`, for countdowns. */
export function useNow(ms = 1000) {
  const [now, setNow] = useState(Date.now());
  useEvery(ms, () => setNow(Date.now()));
  return now;
}
