// The table of the log: only visible rows are in the DOM, and older ones are loaded on scrolling.
import { html, useEffect, useLayoutEffect, useMemo } from '../../html.js';
import { explain } from '../../api.js';
import { common } from '../../common.text.js';
import { accountName, accountQuery } from '../../components/account-name.js';
import { Icon } from '../../components/icon.js';
import { moveBetweenRows, useWindow } from '../../components/rows.js';
import { failure } from '../../failures.js';
import { dateTime, dollars, duration, number, shortTime } from '../../format.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { showRequest } from './detail.js';
import { text } from './text.js';

const t = texts(text);
/** In pixels, as in the style sheet. */
const ROW_HEIGHT = 46;
/** Rows before the end at which the next page is fetched. */
const AHEAD = 60;
/** Columns with their classes; the style sheet has their widths. */
const COLUMNS = [
  ['time', 'w-time'], ['status', 'w-status'], ['model', 'w-model'], ['key', 'w-key wide-only'], ['token', 'w-account wide-only'], ['duration', 'w-seconds end'], ['firstByte', 'w-seconds end wide-only'],
  ['attempts', 'w-attempts end wide-only'], ['tokens', 'w-tokens end wide-only'], ['cost', 'w-cost end wide-only'], ['errorColumn', 'wide-only'],
];

/** Returns whether a request has a cost: answers of Grok accounts have none. */
const isPaid = (row) => row.cost_usd > 0;

/** Draws the table. @param {{ log: object, filter: object, box: { current: HTMLElement | null } }} props `box` receives the scrolling element, whose position pauses live updates */
export function Table({ log, filter, box }) {
  const seen = useWindow({ count: log.rows.length, rowHeight: ROW_HEIGHT });
  const hasCosts = useMemo(() => log.rows.some(isPaid), [log.rows]);
  const columns = COLUMNS.filter(([name]) => name !== 'cost' || hasCosts);
  useLayoutEffect(() => {
    box.current = seen.box.current;
    return () => { box.current = null; };
  });
  useLayoutEffect(() => seen.toTop(), [JSON.stringify(filter)]);
  useEffect(() => { if (log.next !== null && !log.moreError && seen.to > log.rows.length - AHEAD) log.more(); }, [seen.to, log.rows.length, log.next]);
  const onScroll = () => {
    seen.onScroll();
    if (seen.box.current.scrollTop === 0) log.admit();
  };
  const admit = () => {
    log.admit();
    seen.toTop();
  };
  // One cell: more cells would add columns to a narrow window.
  const gap = (height) => height > 0 && html`<tr class="gap" aria-hidden="true"><td style=${{ height: `${height}px` }} /></tr>`;
  return html`<div class="request-table">
    <${Waiting} log=${log} admit=${admit} />
    <div ref=${seen.box} class=${`table-box rows-box ${log.isLoading ? 'stale' : ''}`} tabindex="0" role="region" aria-label=${t('title')} aria-busy=${log.isLoading} onScroll=${onScroll} onKeyDown=${moveBetweenRows}>
      <table class=${`table requests ${hasCosts ? 'with-costs' : ''}`}>
        <thead><tr>${columns.map(([name, kind]) => html`<th key=${name} class=${kind}>${t(name)}</th>`)}</tr></thead>
        <tbody>${gap(seen.before)}
          ${log.rows.slice(seen.from, seen.to).map((row) => html`<${Row} key=${row.id} row=${row} hasCosts=${hasCosts} isFresh=${log.fresh.has(row.id)} beside=${log.beside} />`)}
          ${gap(seen.after)}</tbody>
      </table>
      <${End} log=${log} />
    </div></div>`;
}

/** Announces new requests that are held back while the list is scrolled down. */
function Waiting({ log, admit }) {
  const count = log.waiting.length;
  return html`<div class="newer" role="status">${count > 0 && html`<button type="button" class="button primary small" onClick=${admit}>
    <${Icon} name="up" /><span>${log.isFlooded ? t('manyNew', { n: count }) : t('newRows', { n: count })}</span></button>`}</div>`;
}

function End({ log }) {
  if (log.moreError) return html`<p class="log-end" role="alert">${explain(log.moreError)} <button type="button" class="button small" onClick=${log.more}>${common('retry')}</button></p>`;
  return html`<p class="log-end muted">${t(log.next === null ? 'end' : 'loadingMore')}</p>`;
}

export const statusKind = (status) => {
  if (status < 400) return 'ok';
  if (status === 499) return '';
  return status < 500 ? 'warn' : 'danger';
};

/** Draws the account that answered, as a link that finds it on the accounts screen. */
const Account = ({ row }) => row.account_id !== null && html`<a class="row-account" href=${address('tokens', accountQuery(row))} title=${t('showAccount')}><code>${accountName(row.account_id, row.token_suffix)}</code></a>`;

function Row({ row, hasCosts, isFresh, beside }) {
  const open = () => showRequest(row, beside);
  const press = (event) => { if (!event.target.closest('a, button')) open(); };
  const wrong = row.error_code && failure(row.error_code).words;
  const took = duration(row.duration * 1000);
  return html`<tr class=${isFresh ? 'fresh' : ''} onClick=${press}>
    <td><button type="button" class="row-opener number" aria-haspopup="dialog" aria-label=${`${shortTime(row.timestamp)} – ${t('details', { time: dateTime(row.timestamp) })}`}
      onClick=${open}>${shortTime(row.timestamp)}</button></td>
    <td><span class=${`badge number ${statusKind(row.status)}`} title=${wrong || undefined}>${row.status}</span></td>
    <td class="cut" title=${row.model}>${row.model}<div class="narrow-only muted row-under"><span class="row-name">${row.key_name}</span><${Account} row=${row} /></div></td>
    <td class="cut wide-only" title=${row.key_name}>${row.key_name}</td>
    <td class="wide-only"><${Account} row=${row} /></td>
    <td class="end number">${took}</td>
    <td class="end number wide-only">${row.first_byte === null ? '–' : duration(row.first_byte * 1000)}</td>
    <td class="w-attempts end number wide-only">${number(row.attempts)}</td>
    <td class="end number wide-only">${number(row.prompt_tokens)} / ${number(row.completion_tokens)}</td>
    ${hasCosts && html`<td class="end number wide-only">${isPaid(row) && dollars(row.cost_usd)}</td>`}
    <td class="cut wide-only" title=${row.error || undefined}>${wrong}</td>
  </tr>`;
}
