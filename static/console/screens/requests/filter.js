// The filter of the log: kept in the URL, and converted to query parameters of the admin API.
import { go, route, useRoute } from '../../router.js';
import { readRange, startOf } from '../../time-range.js';

/** The default range of a text search, which reads every row of its range. */
const RANGE_OF_TEXT = '24h';
const ACCOUNT = /^\d{1,15}$/;
const STATUS = /^([1-5]xx|[1-5]\d\d|success|error)$/;

/**
 * Reads the filter from the URL; invalid values are ignored, so that the gateway does not reject them.
 * @returns {ReturnType<typeof readRange> & { model: string, key: string, account: string, status: string, text: string }}
 */
export function readFilter(query) {
  const filter = {
    ...readRange(query), model: query.model ?? '', key: query.key ?? '', account: ACCOUNT.test(query.account ?? '') ? query.account : '',
    status: STATUS.test(query.status ?? '') ? query.status : '', text: query.text ?? '',
  };
  if (filter.range === '' && filter.text !== '') filter.range = RANGE_OF_TEXT;
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
export function conditions(filter, now) {
  const { to, model, key, account, status, text } = filter;
  return { from: startOf(filter, now) ?? (text ? 0 : undefined), to, model, key, account, status, text };
}
