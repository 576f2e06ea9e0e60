// Shares of requests by model, key and error.
import { html } from '../../html.js';
import { failure } from '../../failures.js';
import { number, percent } from '../../format.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { text } from './text.js';

const t = texts(text);
const SHOWN = 8;

/** Draws shares as bars; the last row sums up the rest. */
function Shares({ title, hint, rows, empty }) {
  return html`<section class="card shares"><h2>${title} <span class="hint">${hint}</span></h2><${ShareList} rows=${rows} empty=${empty} /></section>`;
}

/** Draws the list of shares. @param {{ rows: { id: unknown, label: string, count: number, href?: string, note?: string, color?: string }[], empty: string, inWords?: (count: number) => string }} props */
export function ShareList({ rows, empty, inWords = number }) {
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  const rest = rows.slice(SHOWN).reduce((sum, { count }) => sum + count, 0);
  const shown = [...rows.slice(0, SHOWN), ...(rest > 0 ? [{ id: 'rest', label: t('others', { n: rows.length - SHOWN }), count: rest }] : [])];
  if (total === 0) return html`<p class="muted">${empty}</p>`;
  return html`<ul>${shown.map((row) => html`<li key=${row.id}>
      <div class="share-line"><span class="share-name">${row.href ? html`<a href=${row.href}>${row.label}</a>` : row.label}</span>
        ${row.note && html`<span class="muted share-note">${row.note}</span>`}
        <span class="number">${inWords(row.count)}</span><span class="number muted share-percent">${percent(100 * row.count / total)}</span></div>
      <div class="share-bar" aria-hidden="true"><span style=${{ width: `${100 * row.count / total}%`, background: row.color && `var(${row.color})` }} /></div></li>`)}</ul>`;
}

export function Models({ models }) {
  const rows = models.map(({ model, count }) => (model === ''
    ? { id: '', label: t('noModel'), count, color: '--line-strong' }
    : { id: model, label: model, count, href: address('requests', { model, range: '7d' }) }));
  return html`<${Shares} title=${t('models')} hint=${t('sevenDays')} rows=${rows} empty=${t('noRequests')} />`;
}

export function Keys({ keys }) {
  const rows = keys.map(({ id, name, count, success, failed }) => ({
    id, label: keyName(id, name), count, href: address('requests', { key: id, range: '24h' }),
    note: success + failed > 0 && t('succeeded', { rate: percent(100 * success / (success + failed)) }),
  }));
  return html`<${Shares} title=${t('keys')} hint=${t('dayLong')} rows=${rows} empty=${t('noRequests')} />`;
}

/** Returns the name of a key; id 0 is the setting `api_key`. */
function keyName(id, name) {
  if (id === 0) return t('globalKey');
  return name ?? t('deletedKey', { id: String(id) });
}

const SIDE_COLORS = { client: '--info', pool: '--warn', grok: '--danger', gateway: '--violet' };

export function Errors({ errors }) {
  const rows = errors.map(({ code, count }) => {
    const { words, side, sideName } = failure(code);
    return { id: code, label: words, count, note: sideName, color: SIDE_COLORS[side], href: address('requests', { range: '24h', status: 'error', text: code }) };
  });
  return html`<${Shares} title=${t('errors')} hint=${t('dayLong')} rows=${rows} empty=${t('noErrors')} />`;
}
