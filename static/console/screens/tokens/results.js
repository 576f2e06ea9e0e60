// Results for many accounts: counts that filter, and a list.
import { html } from '../../html.js';
import { common } from '../../common.text.js';
import { texts } from '../../i18n.js';
import { text } from './refresh.text.js';

const t = texts(text);
const TONES = { ok: 'ok', expired: 'danger', failed: 'warn', waiting: '' };

/** Draws the counts. @param {{ counts: [string, number | undefined][], value: string, choose(value: string): void }} props outcomes with their counts; `''` means all */
export function OutcomeChips({ counts, value, choose }) {
  return html`<div class="chips" role="group" aria-label=${t('outcomes')}>${counts.map(([name, count]) => html`
    <button key=${name} type="button" class=${`chip outcome-${name || 'all'}`} aria-pressed=${value === name} onClick=${() => choose(name)}><span>${name === '' ? common('all') : t(name)}</span>${count !== undefined && html` <b class="number">${count.toLocaleString()}</b>`}</button>`)}
  </div>`;
}

/** Draws the list. @param {{ results: { id: number, name: string, outcome: string, words: string }[] }} props */
export function ResultList({ results }) {
  return html`<ul class="results" tabindex="0" aria-label=${t('results')}>${results.map(({ id, name, outcome, words }) => html`
    <li key=${id}><code>${name}</code><span class=${`badge ${TONES[outcome]}`}>${t(outcome)}</span><span class="result-words">${words}</span></li>`)}</ul>`;
}
