// The filter and order of the list, kept in the URL.
import { html, useEffect, useRef, useState } from '../../html.js';
import { get, post } from '../../api.js';
import { common } from '../../common.text.js';
import { Select } from '../../components/field.js';
import { OfAccount } from '../../components/filters.js';
import { Menu } from '../../components/menu.js';
import { toast } from '../../components/toast.js';
import { useDebounced } from '../../data.js';
import { texts } from '../../i18n.js';
import { go, route, useRoute } from '../../router.js';
import { search } from '../../search.js';
import { STATES, TYPES } from './describe.js';
import { text } from './text.js';

const t = texts(text);

const SORTS = ['created', 'type', 'state', 'remaining', 'heavy_remaining', 'last_used', 'last_failure', 'note'];
/** Columns whose first sort direction is not `desc`. */
const FIRST = { state: 'asc', note: 'asc' };

/** Reads the filter from the URL; invalid values are ignored, so that the gateway does not reject them. */
export function readFilter(query) {
  const known = (value, values) => (values.includes(value) ? value : undefined);
  return {
    id: /^[1-9]\d{0,14}$/.test(query.id) ? query.id : undefined, type: known(query.type, TYPES.map(([name]) => name)), state: known(query.state, STATES.map(([name]) => name)), tag: query.tag, text: query.text,
    sort: known(query.sort, SORTS) ?? 'created', order: query.order === 'asc' ? 'asc' : 'desc',
  };
}

export const isFiltered = (filter) => Object.values(withoutOrder(filter)).some(Boolean);
/** Returns the filter without the order, for exports and counts. */
export const withoutOrder = ({ id, type, state, tag, text: wanted }) => ({ id, type, state, tag, text: wanted });

export function useFilter() {
  const { query } = useRoute();
  return readFilter(query);
}

/** Changes the filter in the URL. @param {Record<string, string | undefined>} changes undefined removes a filter */
export const setFilter = (changes) => go('tokens', { ...route().query, ...changes }, { replace: true });
export const clearFilters = () => setFilter({ id: undefined, type: undefined, state: undefined, tag: undefined, text: undefined });

/** Sorts by a column, or reverses its order. */
export function sortBy(name, filter) {
  const turned = filter.order === 'asc' ? 'desc' : 'asc';
  setFilter({ sort: name, order: filter.sort === name ? turned : FIRST[name] ?? 'desc' });
}

/** Draws the count of each state as a button that filters by it. */
export function StateChips({ counts, filter }) {
  const groups = counts && TYPES.filter(([type]) => !filter.type || filter.type === type).map(([, counted]) => counts[counted]);
  const sum = (name) => groups?.reduce((total, group) => total + group[name], 0);
  const shown = STATES.filter(([name, counted]) => !['duplicate', 'unreadable', 'invalid'].includes(name) || filter.state === name || sum(counted) > 0);
  const chip = (state, label, count) => html`<button type="button" key=${state} class=${`chip chip-${state ?? 'all'}`} aria-pressed=${filter.state === state}
    onClick=${() => setFilter({ state: filter.state === state ? undefined : state })}><span>${label}</span> <b class="number">${count === undefined ? '–' : count.toLocaleString()}</b></button>`;
  return html`<div class="chips" role="group" aria-label=${t('states')}>
    ${chip(undefined, common('all'), sum('total'))}${shown.map(([name, counted]) => chip(name, t(name), sum(counted)))}
  </div>`;
}

export function FilterBar({ filter, tags }) {
  const sorts = SORTS.flatMap((name) => ['desc', 'asc'].map((order) => `${name}.${order}`));
  const chooseSort = (value) => {
    const [sort, order] = value.split('.');
    setFilter({ sort, order });
  };
  const known = filter.tag && !tags.includes(filter.tag) ? [filter.tag, ...tags] : tags;
  return html`<div class="bar token-filters">
    <${Search} value=${filter.text ?? ''} />
    ${filter.id && html`<${OfAccount} id=${filter.id} rows=${[]} change=${() => setFilter({ id: undefined })} />`}
    <${Select} aria-label=${t('type')} value=${filter.type ?? ''} onChange=${(type) => setFilter({ type })} options=${[['', t('allTypes')], ...TYPES.map(([type]) => [type, t(type)])]} />
    <${Select} aria-label=${t('tag')} class="input tag-filter" value=${filter.tag ?? ''} onChange=${(tag) => setFilter({ tag })} options=${[['', t('allTags')], ...known.map((tag) => [tag, tag])]} />
    <${Select} aria-label=${t('sort')} value=${`${filter.sort}.${filter.order}`} onChange=${chooseSort} options=${sorts.map((sort) => [sort, t(sort)])} />
  </div>`;
}

/** Matches a whole key of xAI's API. */
const KEY = /^xai-[\w-]{20,250}$/;

/**
 * Filters by a text. A whole key is found by its id, because addresses are kept: by the browser, and in logs.
 * @returns {Promise<string>} the text that stays in the field
 */
async function searchFor(words) {
  if (!KEY.test(words.trim())) {
    setFilter({ text: words });
    return words;
  }
  const { data } = await post('/tokens/reveal', { token: words.trim() });
  setFilter({ id: String(data.id), text: undefined });
  return '';
}

function Search({ value }) {
  const [typed, setTyped] = useState(value);
  const settled = useDebounced(typed);
  const sent = useRef(value);
  useEffect(() => {
    if (settled === sent.current) return;
    sent.current = settled;
    searchFor(settled).then((left) => {
      if (left === settled) return;
      sent.current = left;
      setTyped(left);
    }).catch(toast.error);
  }, [settled]);
  // The URL changed elsewhere, for example by Back.
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setTyped(value);
  }, [value]);
  return html`<input class="input grow" type="search" aria-label=${t('searchLabel')} placeholder=${t('searchLabel')} value=${typed} onInput=${(event) => setTyped(event.currentTarget.value)} />`;
}

export function Export({ filter }) {
  const onlyKeys = filter.type === 'xai';
  const item = (label, format) => ({
    label, href: onlyKeys ? undefined : `/api/tokens/export${search({ ...withoutOrder(filter), format })}`, run: () => reportLeftOut(filter).catch(toast.error),
  });
  return html`<${Menu} label=${common('export')} icon="download" showLabel items=${[item(t('exportJson'), 'json'), item(t('exportCsv'), 'csv'), item(t('exportText'), 'text')]} />`;
}

/** Reports how many keys of xAI's API match the filter, because no file has them. */
async function reportLeftOut(filter) {
  if (filter.type && filter.type !== 'xai') return;
  const { total } = await get('/tokens', { ...withoutOrder(filter), type: 'xai', limit: 1 });
  if (total > 0) toast.warn(t('keysLeftOut', { n: total }));
}

/** Loads the tags in use, for filters and suggestions. */
export const loadTags = async (signal) => (await get('/tokens/tags/all', {}, { signal })).data;
