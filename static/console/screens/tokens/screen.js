// The accounts screen: the pool as a table of thousands of rows, with actions on one, several or all.
import { html, useCallback, useEffect, useRef } from '../../html.js';
import { explain, get } from '../../api.js';
import { Action } from '../../components/action.js';
import { usePages } from '../../components/rows.js';
import { Empty, Failed, Notice, Skeleton } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { useEvery, useLoaded } from '../../data.js';
import { number } from '../../format.js';
import { texts } from '../../i18n.js';
import { addTokens } from './add.js';
import { BulkBar } from './bulk.js';
import { everyToken, removeInvalid, rowsBetween } from './change.js';
import { GROK_TYPES, TYPES } from './describe.js';
import { showToken, showTokenOf } from './drawer.js';
import { DropZone } from './drop.js';
import { clearFilters, Export, FilterBar, isFiltered, loadTags, StateChips, useFilter, withoutOrder } from './filters.js';
import { MODES } from './quota.js';
import { RefreshButton, RefreshPanel, usePanelKnown } from './refresh.js';
import { useSelection } from './selection.js';
import { Table } from './table.js';
import { text } from './text.js';
import { Unread, useReading } from './unread.js';

export const style = new URL('./style.css', import.meta.url).href;
const t = texts(text);
const PAGE = 100;
/** Reload interval in milliseconds: cooldowns end, and accounts are used. */
const AGAIN_MS = 30_000;

export function Screen() {
  const filter = useFilter();
  const filterKey = JSON.stringify(withoutOrder(filter));
  const listKey = JSON.stringify(filter);
  const stats = useLoaded(async (signal) => (await get('/stats', {}, { signal })).data);
  const tags = useLoaded(loadTags);
  const pages = usePages((page, signal) => get('/tokens', { ...filter, ...page }, { signal }), [listKey], PAGE);
  const isPlaced = usePanelKnown();
  const top = useRef(0);
  const selection = useSelection(pages.row, (from, to) => rowsBetween(filter, from, to));
  // Clear the selection with the filter, so that actions do not change hidden rows.
  useEffect(selection.clear, [filterKey]);
  const reload = async () => { await Promise.all([pages.reload(Math.floor(top.current / PAGE)), stats.reload(), tags.reload()]); };
  useEvery(AGAIN_MS, reload);
  const unread = pages.more.unread ?? 0;
  const isReading = useReading(unread, () => Promise.all([pages.reload(Math.floor(top.current / PAGE)), stats.reload()]));
  const latest = useRef(reload);
  latest.current = reload;
  const add = useCallback(async (files) => { if (await addTokens(files)) await latest.current(); }, []);
  return html`<div class="screen tokens-screen">
    <div class="screen-head"><h1>${t('title')}</h1><${Export} filter=${filter} /><${RefreshButton} />
      <${Action} kind="primary" icon="plus" run=${() => add()}>${t('addTokens')}<//></div>
    <${RefreshPanel} reload=${reload} />
    <${InvalidEntries} stats=${stats.data} reload=${reload} />
    ${isPlaced ? html`<${StateChips} counts=${stats.data} filter=${filter} />
      <${FilterBar} filter=${filter} tags=${tags.data ?? []} />
      <${List} pages=${pages} stats=${stats} filter=${filter} selection=${selection} reload=${reload} add=${add} unread=${html`<${Unread} count=${unread} isReading=${isReading} />`} place=${(at) => { top.current = at; }} />` : html`<${Loading} />`}
    <${DropZone} take=${add} />
  </div>`;
}

/** Reports entries of earlier releases that are not tokens, and offers to remove them. */
function InvalidEntries({ stats, reload }) {
  const count = stats ? sum(stats, 'invalid') : 0;
  if (count === 0) return null;
  const remove = async () => { if (await removeInvalid(count)) await reload(); };
  return html`<${Notice} kind="warn" action=${html`<${Action} kind="small" icon="trash" run=${remove}>${t('removeInvalid', { n: count })}<//>`}>${t('invalidFound', { n: count })}<//>`;
}

/** Adds up a count of all types. */
const sum = (stats, name) => TYPES.reduce((total, [, counted]) => total + stats[counted][name], 0);

const Loading = () => html`<div class="table-box tokens-box tokens-loading"><${Skeleton} lines=${10} /></div>`;

function List({ pages, stats: { data: stats, error: noStats }, filter, selection, reload, add, unread, place }) {
  // The line above the table needs the counts: without them, it would move the table later.
  const isReady = pages.total !== null && Boolean(stats || noStats);
  if (!isReady) return pages.error ? html`<${Failed} error=${pages.error} retry=${() => pages.reload()} />` : html`<${Loading} />`;
  const doing = {
    choose: (at, on, isRange) => selection.choose(at, on, isRange).catch(toast.error),
    open: (row, isTest = false) => showToken({ row, isTest, reload }),
    openOther: (id) => showTokenOf(id, reload).catch(toast.error),
    loaded: pages.find,
    reload,
  };
  const chooseAll = async (on) => {
    if (!on) return selection.clear();
    try {
      return selection.put(await everyToken(filter), true);
    } catch (error) {
      return toast.error(error);
    }
  };
  return html`<div class="under-filters">${selection.chosen.size > 0 ? html`<${BulkBar} selection=${selection} reload=${reload} />` : html`<${Sums} total=${pages.total} stats=${stats} filter=${filter} />`}${unread}</div>
    ${pages.error && html`<${Notice} kind="warn">${explain(pages.error)}<//>`}
    ${pages.total > 0 ? html`<${Table} hasKeys=${stats?.xai.total > 0} pages=${pages} filter=${filter} selection=${selection} chooseAll=${chooseAll} doing=${doing} place=${place} />` : html`<div class="table-box"><${Nothing} filter=${filter} add=${add} /></div>`}`;
}

/** Shows the number of accounts and their total quota left, by mode. */
function Sums({ total, stats, filter }) {
  const all = stats?.total ?? total;
  const left = MODES.map((mode) => ({ mode, ...sumOfMode(stats, mode) })).filter((each) => each.total > 0);
  return html`<p class="muted sums"><span class="number" role="status">${isFiltered(filter) ? t('matching', { n: total, total: all }) : t('count', { n: total })}</span>
    ${left.length > 0 && html`<span class="number">${t('left', { list: left.map(({ mode, remaining, total: most }) => `${mode} ${number(remaining)}/${number(most)}`).join(' · ') })}</span>`}</p>`;
}

function sumOfMode(stats, mode) {
  const all = stats ? GROK_TYPES.map(([, counted]) => stats[counted].modes[mode]) : [];
  const add = (name) => all.reduce((sum, each) => sum + each[name], 0);
  return { remaining: add('remaining'), total: add('total') };
}

function Nothing({ filter, add }) {
  if (isFiltered(filter)) return html`<${Empty} icon="search" title=${t('nothingFound')}><button type="button" class="button" onClick=${clearFilters}>${t('clearFilters')}</button><//>`;
  return html`<${Empty} icon="tokens" title=${t('empty')}><p>${t('emptyHint')}</p><${Action} kind="primary" icon="plus" run=${() => add()}>${t('addTokens')}<//><//>`;
}
