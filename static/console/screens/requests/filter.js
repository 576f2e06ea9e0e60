// Which requests are shown: kept in the address, and what it means to the admin API.
import { go, route, useRoute } from '../../router.js';

/** Time ranges that end now, in milliseconds. */
export const RANGES = { '1h': 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000, '30d': 30 * 86_400_000 };
/** A search for text reads every row of its time, so it always has one. */
const RANGE_OF_TEXT = '24h';
const STATUS = /^([1-5]xx|[1-5]\d\d|success|error)$/;

const time = (value) => (/^\d{1,15}$/.test(value ?? '') ? Number(value) : undefined);

/**
 * What the address asks for; what it misspells is left out rather than refused by the gateway.
 * @returns {{ range: '' | 'custom' | keyof typeof RANGES, from?: number, to?: number, model: string, key: string, status: string, text: string }}
 */
export function readFilter(query) {
  const filter = {
    range: Object.hasOwn(RANGES, query.range ?? '') ? query.range : '', from: time(query.from), to: time(query.to),
    model: query.model ?? '', key: query.key ?? '', status: STATUS.test(query.status ?? '') ? query.status : '', text: query.text ?? '',
  };
  if (query.range === 'custom' || filter.from !== undefined || filter.to !== undefined) filter.range = 'custom';
  if (filter.range === '' && filter.text !== '') filter.range = RANGE_OF_TEXT;
  if (filter.range !== 'custom') filter.from = filter.to = undefined;
  return filter;
}

export const useFilter = () => readFilter(useRoute().query);

export const isFiltered = ({ range, model, key, status, text }) => Boolean(range || model || key || status || text);

/** @param {Record<string, unknown>} changes empty ones take a filter away */
export const setFilter = (changes) => go('requests', { ...route().query, ...changes }, { replace: true });
export const clearFilter = () => go('requests', {}, { replace: true });

/** Whether a request that comes now can belong to it. */
export const reachesNow = ({ to }, now) => to === undefined || to > now;

/** The filter as the admin API takes it, for lists and exports. */
export function conditions({ range, from, to, model, key, status, text }, now) {
  const start = range === 'custom' ? from ?? (text ? 0 : undefined) : RANGES[range] && now - RANGES[range];
  return { from: start, to, model, key, status, text };
}

/** For `datetime-local` fields, which know no zone: the browser's own. @param {number | undefined} ms */
export function toField(ms) {
  if (ms === undefined) return '';
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

export function fromField(value) {
  const ms = new Date(value).getTime();
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}
