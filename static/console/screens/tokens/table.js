// The table of accounts: thousands of rows, of which only visible ones are in the DOM.
import { html, useEffect, useLayoutEffect, useState } from '../../html.js';
import { common } from '../../common.text.js';
import { moveBetweenRows, useWindow } from '../../components/rows.js';
import { useDebounced } from '../../data.js';
import { texts } from '../../i18n.js';
import { sortBy } from './filters.js';
import { BlankRow, Row, SortMark } from './row.js';
import { text } from './text.js';

const t = texts(text);
/** Milliseconds without scrolling before visible pages are fetched. */
const REST_MS = 60;
/** Row heights in pixels, as in the style sheet. */
const HEIGHT = { wide: 46, narrow: 118 };

/** Columns: key of the heading, sort field, class. */
const WIDE = [['token', 'created', 'w-token'], ['state', 'state', 'w-state'], ['quota', 'remaining', 'w-quota'], ['tags', null, 'w-tags'], ['note', 'note', 'w-note'], ['lastUsed', 'last_used', 'w-used']];
const NARROW = [['token', 'created', '']];

const narrow = matchMedia('(max-width: 860px)');

export function useNarrow() {
  const [is, setIs] = useState(narrow.matches);
  useEffect(() => {
    const changed = () => setIs(narrow.matches);
    narrow.addEventListener('change', changed);
    return () => narrow.removeEventListener('change', changed);
  }, []);
  return is;
}

/** Draws the table. @param {{ hasKeys: boolean, pages: object, filter: object, selection: object, chooseAll(on: boolean): unknown, doing: object, place(at: number): void }} props
 *   `hasKeys` means that the pool has keys of xAI's API, `place` receives the index of the top row */
export function Table({ hasKeys, pages, filter, selection, chooseAll, doing, place }) {
  const isNarrow = useNarrow();
  const columns = isNarrow ? NARROW : WIDE;
  const seen = useWindow({ count: pages.total, rowHeight: isNarrow ? HEIGHT.narrow : HEIGHT.wide });
  const sight = `${seen.from} ${seen.to}`;
  const isResting = useDebounced(sight, REST_MS) === sight;
  useEffect(() => {
    if (!isResting) return;
    pages.want(seen.from, seen.to);
    place(seen.from);
  }, [isResting, sight, pages.want, pages.pages]);
  useLayoutEffect(() => seen.toTop(), [JSON.stringify(filter)]);
  const gap = (height) => height > 0 && html`<tr class="gap" aria-hidden="true"><td colspan=${columns.length + 2} style=${{ height: `${height}px` }} /></tr>`;
  const rows = [];
  for (let at = seen.from; at < seen.to; at += 1) {
    const row = pages.row(at);
    rows.push(row ? html`<${Row} key=${row.id} at=${at} row=${row} chosen=${selection.chosen.has(row.id)} isNarrow=${isNarrow} doing=${doing} />` : html`<${BlankRow} key=${`at ${at}`} at=${at} columns=${columns.length + 2} />`);
  }
  return html`<div ref=${seen.box} class="table-box rows-box tokens-box" tabindex="0" role="region" aria-label=${t('title')} aria-busy=${pages.stale} onScroll=${seen.onScroll} onKeyDown=${moveBetweenRows}>
    <table class=${`table tokens-table ${isNarrow ? 'narrow' : ''}`} aria-rowcount=${pages.total + 1}>
      <thead><tr aria-rowindex="1"><th class="w-check"><${ChooseAll} total=${pages.total} chosen=${selection.chosen.size} choose=${chooseAll} /></th>
        ${columns.map(([name, sort, kind]) => html`<${Heading} key=${name} label=${t(name === 'quota' && hasKeys ? 'quotaOrSpending' : name)} sort=${sort} kind=${kind} filter=${filter} />`)}
        <th class="w-menu"><span class="visually-hidden">${common('more')}</span></th></tr></thead>
      <tbody>${gap(seen.before)}${rows}${gap(seen.after)}</tbody>
    </table></div>`;
}

function Heading({ label, sort, kind, filter }) {
  if (sort === null) return html`<th class=${kind}>${label}</th>`;
  const isSorted = filter.sort === sort;
  return html`<th class=${kind} aria-sort=${isSorted ? (filter.order === 'asc' ? 'ascending' : 'descending') : undefined}>
    <button type="button" class="sort" onClick=${() => sortBy(sort, filter)}>${label}${isSorted && html`<${SortMark} order=${filter.order} />`}</button></th>`;
}

function ChooseAll({ total, chosen, choose }) {
  const [busy, setBusy] = useState(false);
  const change = async (event) => {
    const on = event.currentTarget.checked;
    setBusy(true);
    await choose(on);
    setBusy(false);
  };
  if (busy) return html`<span class="spinner" role="status" aria-label=${common('loading')} />`;
  return html`<input type="checkbox" aria-label=${t('selectAll', { n: total })} title=${t('selectAll', { n: total })} checked=${chosen > 0 && chosen >= total} indeterminate=${chosen > 0 && chosen < total} onChange=${change} />`;
}
