// Shared values that several components follow.
import { useEffect, useState } from './html.js';

/** Creates a shared value. @template T @param {T} value */
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

/** Returns the current value and draws the component again when it changes. */
export function useShared(source) {
  const [value, setValue] = useState({ of: source.get() });
  useEffect(() => {
    const take = (next) => setValue((old) => (old.of === next ? old : { of: next }));
    // The value may have changed between the draw and this effect.
    take(source.get());
    return source.follow(take);
  }, [source]);
  return value.of;
}

/** Creates a shared value that is kept in this browser's storage; without storage it lasts as long as the page. */
export function kept(name, fallback) {
  let stored = null;
  try { stored = localStorage.getItem(name); } catch { /* storage is disabled */ }
  const source = shared(stored ?? fallback);
  source.follow((next) => {
    try { localStorage.setItem(name, next); } catch { /* storage is disabled */ }
  });
  return source;
}
