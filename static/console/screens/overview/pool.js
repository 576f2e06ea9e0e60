// The pool card: accounts by type and state, and the quota left by type and mode.
import { html } from '../../html.js';
import { common } from '../../common.text.js';
import { number } from '../../format.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { text } from './text.js';

const t = texts(text);
/** States: the name in `/api/stats`, the name in the list of accounts, and the colour of the bar. */
const STATES = [
  ['active', 'normal', '--ok'], ['unused', 'unused', '--muted'], ['cooldown', 'cooling', '--info'], ['exhausted', 'exhausted', '--warn'],
  ['expired', 'expired', '--danger'], ['disabled', 'disabled', '--line-strong'], ['duplicate', 'duplicate', '--violet'], ['unreadable', 'unreadable', '--danger-strong'], ['invalid', 'invalid', '--danger-strong'],
];
/** Types of Grok accounts: the key of the text, the name in the list of accounts, the name in `/api/stats`. */
const TYPES = [['basic', 'sso', 'normal'], ['super', 'ssoSuper', 'super'], ['heavy', 'ssoHeavy', 'heavy']];
/** Keys of xAI's API; they have no modes. */
const API_TYPE = ['xai', 'xai', 'xai'];
const MODES = ['auto', 'fast', 'expert', 'heavy'];

/** Returns the types to show: keys of xAI's API if there are some, Grok accounts unless there are only keys. */
function shownTypes(stats) {
  const keys = stats.xai.total;
  return [...(keys > 0 && keys === stats.total ? [] : TYPES), ...(keys > 0 ? [API_TYPE] : [])];
}

export function Pool({ stats }) {
  return html`<section class="card pool"><div class="spread pool-head"><h2>${t('pool')}</h2><a href=${address('tokens')}>${t('toTokens')}</a></div>
    <div class="pool-parts">
      ${shownTypes(stats).map(([title, type, counted]) => html`<${Type} key=${type} title=${t(title)} type=${type} counts=${stats[counted]} />`)}
    </div><${Quota} stats=${stats} /></section>`;
}

function Type({ title, type, counts }) {
  const shown = STATES.filter(([name]) => counts[name] > 0);
  return html`<div class="pool-type"><h3>${title} <span class="muted number">${number(counts.total)}</span></h3>
    <div class="parts" aria-hidden="true">${shown.map(([name, , color]) => html`<span key=${name} style=${{ flexGrow: counts[name], background: `var(${color})` }} />`)}</div>
    <ul class="states">${shown.map(([name, state, color]) => html`<li key=${name}><a href=${address('tokens', { type, state })}>
      <span class="swatch" style=${{ background: `var(${color})` }} />${t(state)} <b class="number">${number(counts[name])}</b></a></li>`)}
      ${shown.length === 0 && html`<li class="muted">${t('noTokens')}</li>`}</ul></div>`;
}

/** Draws the quota left as a table: a row a type that has accounts, a column a mode. */
function Quota({ stats }) {
  const rows = TYPES.filter(([, , counted]) => stats[counted].total > 0).map(([title, type, counted]) => [type, t(title), stats[counted].modes]);
  if (rows.length === 0) return null;
  if (rows.length > 1) rows.push(['all', common('all'), sumOf(rows.map(([, , modes]) => modes))]);
  return html`<div class="pool-quota"><h3 id="pool-quota">${t('quota')}</h3>
    <table class="table quota-table" aria-labelledby="pool-quota">
      <thead><tr><th><span class="visually-hidden">${t('type')}</span></th>${MODES.map((mode) => html`<th key=${mode} scope="col" class="end">${mode}</th>`)}</tr></thead>
      <tbody>${rows.map(([id, title, modes]) => html`<tr key=${id}><th scope="row">${title}</th>
        ${MODES.map((mode) => html`<td key=${mode} class="end"><${Left} of=${modes[mode]} /></td>`)}</tr>`)}</tbody>
    </table><p class="hint">${t('quotaHint')}</p></div>`;
}

/** Adds up the counts of each mode. */
const sumOf = (all) => Object.fromEntries(MODES.map((mode) => [mode,
  Object.fromEntries(['remaining', 'total', 'known', 'unknown', 'resting'].map((name) => [name, all.reduce((sum, modes) => sum + modes[mode][name], 0)]))]));

function Left({ of: { remaining, total, known, unknown, resting } }) {
  if (known + unknown === 0) return html`<span class="muted" aria-hidden="true">–</span><span class="visually-hidden">${t('notGranted')}</span>`;
  // The quota of accounts that Grok was not asked about is unknown, not zero.
  return html`${known > 0 && html`<span class="number"><b>${number(remaining)}</b> <span class="mode-total">/ ${number(total)}</span></span>`}
    ${resting + unknown > 0 && html`<span class="mode-notes">${resting > 0 && html`<span>${t('resting', { n: resting })}</span>`} ${unknown > 0 && html`<span>${t('unknownCount', { n: unknown })}</span>`}</span>`}`;
}
