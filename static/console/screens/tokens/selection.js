// The selection of accounts: single rows, a range with Shift, or all that match the filter.
import { useRef, useState } from '../../html.js';

/**
 * Keeps the selection.
 * @param {(at: number) => object | undefined} rowAt returns a row by index, if it is loaded
 * @param {(from: number, to: number) => Promise<object[]>} fetchRows loads the rows of a range that is not loaded
 */
export function useSelection(rowAt, fetchRows) {
  const [chosen, setChosen] = useState(new Map());
  const anchor = useRef(null);
  const put = (rows, on) => setChosen((old) => {
    const next = new Map(old);
    for (const row of rows) {
      if (on) next.set(row.id, row);
      else next.delete(row.id);
    }
    return next;
  });
  return {
    chosen,
    put,
    clear() {
      anchor.current = null;
      setChosen((old) => (old.size === 0 ? old : new Map()));
    },
    /** Selects or deselects a row; `isRange` includes all rows since the last selected one. */
    async choose(at, on, isRange) {
      const from = anchor.current;
      anchor.current = at;
      if (isRange && from !== null) put(await rowsOf(range(from, at), rowAt, fetchRows), on);
      else put([rowAt(at)], on);
    },
  };
}

/** Returns the half-open range that includes both indices. */
export const range = (one, other) => [Math.min(one, other), Math.max(one, other) + 1];

async function rowsOf([from, to], rowAt, fetchRows) {
  const loaded = Array.from({ length: to - from }, (_, n) => rowAt(from + n));
  return loaded.includes(undefined) ? fetchRows(from, to) : loaded;
}
