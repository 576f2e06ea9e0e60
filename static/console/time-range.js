// Time ranges in the URL of a screen: `range` is a length that ends now, or `custom` with `from` and `to`.

/** Lengths of the ranges that end now, in milliseconds. */
export const RANGES = { '1h': 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000, '30d': 30 * 86_400_000 };

const time = (value) => (/^\d{1,15}$/.test(value ?? '') ? Number(value) : undefined);

/**
 * Reads the range from the URL; invalid values are ignored, so that the gateway does not reject them.
 * @returns {{ range: '' | 'custom' | keyof typeof RANGES, from?: number, to?: number }} times in milliseconds since 1970
 */
export function readRange(query) {
  const [from, to] = [time(query.from), time(query.to)];
  if (query.range === 'custom' || from !== undefined || to !== undefined) return { range: 'custom', from, to };
  return { range: Object.hasOwn(RANGES, query.range ?? '') ? query.range : '', from: undefined, to: undefined };
}

/** Returns when a range starts; undefined if it has no start. */
export const startOf = ({ range, from }, now) => (range === 'custom' ? from : RANGES[range] && now - RANGES[range]);

/** Formats a time for `datetime-local` fields, in the browser's time zone. @param {number | undefined} ms since 1970 */
export function toField(ms) {
  if (ms === undefined) return '';
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

export function fromField(value) {
  const ms = new Date(value).getTime();
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}
