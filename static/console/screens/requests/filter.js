// The filter of the log: kept in the URL, and converted to query parameters of the admin API.
import { go, route, useRoute } from '../../router.js';

/** Lengths of the time ranges that end now, in milliseconds. */
export const RANGES = { '1h': 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000, '30d': 30 * 86_400_000 };
/** The default range of a text search, which reads every row of its range. */
const RANGE_OF_TEXT = '24h';
const ACCOUNT = /^\d{1,15}$/;
const STATUS = /^([1-5]xx|[1-5]\d\d|success|error)$/;

const time = (value) => (/^\d{1,15}$/.test(value ?? '') ? Number(value) : undefined);

/**
 * Reads the filter from the URL; invalid values are ignored, so that the gateway does not reject them.
 * @returns {{ range: '' | 'custom' | keyof typeof RANGES, from?: number, to?: number, model: string, key: string, account: string, status: string, text: string }}
 */
export function readFilter(query) {
  const filter = {
    range: Object.hasOwn(RANGES, query.range ?? '') ? query.range : '', from: time(query.from), to: time(query.to),
    model: query.model ?? '', key: query.key ?? '', account: ACCOUNT.test(query.account ?? '') ? query.account : '', status: STATUS.test(query.status ?? '') ? query.status : '', text: query.text ?? '',
  };
  if (query.range === 'custom' || filter.from !== undefined || filter.to !== undefined) filter.range = 'custom';
  if (filter.range === '' && filter.text !== '') filter.range = RANGE_OF_TEXT;
  if (filter.range !== 'custom') filter.from = filter.to = undefined;
  return filter;
}

export const useFilter = () => readFilter(useRoute().query);

export const isFiltered = ({ range, model, key, account, status, text }) => Boolean(range || model || key || account || status || text);

/** Changes the filter in the URL. @param {Record<string, unknown>} changes an empty value removes a filter */
export const setFilter = (changes) => go('requests', { ...route().query, ...changes }, { replace: true });
export const clearFilter = () => go('requests', {}, { replace: true });

/** Returns whether a new request can match the filter. */
export const reachesNow = ({ to }, now) => to === undefined || to > now;

/** Returns the query parameters of the admin API for lists and exports. */
export function conditions({ range, from, to, model, key, account, status, text }, now) {
  const start = range === 'custom' ? from ?? (text ? 0 : undefined) : RANGES[range] && now - RANGES[range];
  return { from: start, to, model, key, account, status, text };
}

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
