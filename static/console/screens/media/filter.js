// The filter of the gallery: kept in the URL, and converted to query parameters of the admin API.
import { go, route, useRoute } from '../../router.js';
import { readRange, startOf } from '../../time-range.js';

export const KINDS = ['image', 'video'];
export const STATES = ['stored', 'not_fetched', 'cleared', 'kept', 'gone'];
const ACCOUNT = /^\d{1,15}$/;

/**
 * Reads the filter from the URL; invalid values are ignored, so that the gateway does not reject them.
 * @returns {ReturnType<typeof readRange> & { kind: '' | 'image' | 'video', state: string, model: string, key: string, account: string, text: string }}
 */
export function readFilter(query) {
  const oneOf = (list, value) => (list.includes(value) ? value : '');
  const number = (value) => (ACCOUNT.test(value ?? '') ? value : '');
  return {
    ...readRange(query), kind: oneOf(KINDS, query.kind), state: oneOf(STATES, query.state), model: (query.model ?? '').slice(0, 200),
    key: number(query.key), account: number(query.account), text: (query.text ?? '').trim().slice(0, 200),
  };
}

export const useFilter = () => readFilter(useRoute().query);

/** Returns whether anything but the kind is filtered. */
export const isFiltered = ({ range, state, model, key, account, text }) => Boolean(range || state || model || key || account || text);

/** Changes the filter in the URL. @param {Record<string, unknown>} changes an empty value removes a filter */
export const setFilter = (changes) => go('media', { ...route().query, ...changes }, { replace: true });
export const clearFilter = () => go('media', { kind: readFilter(route().query).kind }, { replace: true });

/** Returns the query parameters of the admin API. */
export function conditions(filter, now) {
  const { kind, state, model, key, account, text, to } = filter;
  // The gateway searches for a text within a time range; the list reads that range in parts.
  return { kind, state, model, key, account, text, from: startOf(filter, now) ?? (text ? 0 : undefined), to };
}
