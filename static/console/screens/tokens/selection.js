// Which tokens are chosen: one by one, a range with Shift, or all that fit the filter.
import { useRef, useState } from '../../html.js';

/**
 * @param {(at: number) => object | undefined} rowAt the row at a place of the list, when it is loaded
 * @param {(from: number, to: number) => Promise<object[]>} fetchRows the rows of these places, for a range that is not
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
    /** `isRange` reaches from the place that was chosen last to this one. */
    async choose(at, on, isRange) {
      const from = anchor.current;
      anchor.current = at;
      if (isRange && from !== null) put(await rowsOf(range(from, at), rowAt, fetchRows), on);
      else put([rowAt(at)], on);
    },
  };
}

/** From the lower place up to, not including, the one behind the higher. */
export const range = (one, other) => [Math.min(one, other), Math.max(one, other) + 1];

async function rowsOf([from, to], rowAt, fetchRows) {
  const loaded = Array.from({ length: to - from }, (_, n) => rowAt(from + n));
  return loaded.includes(undefined) ? fetchRows(from, to) : loaded;
}
