// The pool card: accounts by type and state, and the quota left.
import { html } from '../../html.js';
import { common } from '../../common.text.js';
import { number } from '../../format.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { text } from './text.js';

const t = texts(text);
/** States: the name in `/api/stats`, the name in the list of accounts, and the colour of the bar. */
const STATES = [
  ['active', 'normal', '--ok'], ['unused', 'unused', '--info'], ['cooldown', 'cooling', '--warn'], ['exhausted', 'exhausted', '--violet'],
  ['expired', 'expired', '--danger'], ['disabled', 'disabled', '--line-strong'], ['unreadable', 'unreadable', '--danger-strong'], ['invalid', 'invalid', '--danger-strong'],
];
/** Quota units of one picture request, which returns two pictures. */
const UNITS_OF_PICTURES = 4;

export function Pool({ stats }) {
  return html`<section class="card pool"><div class="spread pool-head"><h2>${t('pool')}</h2><a href=${address('tokens')}>${t('toTokens')}</a></div>
    <div class="pool-parts">
      <${Type} title=${t('basic')} type="sso" counts=${stats.normal} />
      <${Type} title=${t('super')} type="ssoSuper" counts=${stats.super} />
      <${Quota} stats=${stats} />
    </div></section>`;
}

function Type({ title, type, counts }) {
  const shown = STATES.filter(([name]) => counts[name] > 0);
  return html`<div class="pool-type"><h3>${title} <span class="muted number">${number(counts.total)}</span></h3>
    <div class="parts" aria-hidden="true">${shown.map(([name, , color]) => html`<span key=${name} style=${{ flexGrow: counts[name], background: `var(${color})` }} />`)}</div>
    <ul class="states">${shown.map(([name, state, color]) => html`<li key=${name}><a href=${address('tokens', { type, state })}>
      <span class="swatch" style=${{ background: `var(${color})` }} />${t(state)} <b class="number">${number(counts[name])}</b></a></li>`)}
      ${shown.length === 0 && html`<li class="muted">${t('noTokens')}</li>`}</ul></div>`;
}

function Quota({ stats: { normal, super: supers } }) {
  const chat = normal.remaining_queries + supers.remaining_queries;
  const heavy = normal.heavy_remaining_queries + supers.heavy_remaining_queries;
  const unknown = normal.unknown_quota + supers.unknown_quota;
  // The quota of an unused pool is unknown, not zero.
  const isKnown = chat > 0 || unknown === 0;
  const pictures = Math.floor(chat / UNITS_OF_PICTURES);
  return html`<div class="pool-type"><h3>${t('quota')}</h3>
    <dl class="quota"><div><dt>${t('chatQuota')}</dt><dd class="number">${isKnown ? number(chat) : common('unknown')}</dd></div>
      <div><dt>${t('heavyQuota')}</dt><dd class="number">${number(heavy)}</dd></div>
      <div><dt>${t('pictureQuota')}</dt><dd class="number">${isKnown ? t('about', { n: pictures }) : common('unknown')}</dd></div></dl>
    ${unknown > 0 && html`<p class="hint">${t('unknownQuota', { n: unknown })}</p>`}</div>`;
}
