// A value that components follow: the few things that more than one of them shows.
import { useEffect, useState } from './html.js';

/** @template T @param {T} value */
export function shared(value) {
  const followers = new Set();
  return {
    get: () => value,
    /** @param {T} next */
    set(next) {
      value = next;
      for (const follower of [...followers]) follower(next);
    },
    follow(follower) {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}

/** The present value; the component is drawn again when it changes. */
export function useShared(source) {
  const [value, setValue] = useState({ of: source.get() });
  useEffect(() => {
    const take = (next) => setValue((old) => (old.of === next ? old : { of: next }));
    // It may have changed between drawing and following.
    take(source.get());
    return source.follow(take);
  }, [source]);
  return value.of;
}

/** What is kept in this browser under a name; without storage it lasts as long as the page. */
export function kept(name, fallback) {
  let stored = null;
  try { stored = localStorage.getItem(name); } catch { /* storage is switched off */ }
  const source = shared(stored ?? fallback);
  source.follow((next) => {
    try { localStorage.setItem(name, next); } catch { /* storage is switched off */ }
  });
  return source;
}
