// The preview of an import, line by line.
import { html, useState } from '../../html.js';
import { Icon } from '../../components/icon.js';
import { texts } from '../../i18n.js';
import { text } from './add.text.js';
import { lineInWords, OUTCOMES } from './sources.js';

const t = texts(text);
const TONES = { added: 'ok', updated: 'info', skipped: '', invalid: 'danger' };
/** The maximum of lines shown; the counts include all. */
const MOST_SHOWN = 200;

/** Draws the preview. @param {{ trial: object, isEmpty: boolean, isCurrent: boolean, error?: string }} props `trial` is the state of a dry run: counts and lines */
export function Preview({ trial, isEmpty, isCurrent, error }) {
  const [kind, setKind] = useState('');
  const result = isEmpty ? null : trial.data;
  const isUsed = kind !== '' && result?.[kind] > 0;
  return html`<section class="add-preview" aria-label=${t('preview')} aria-busy=${!isCurrent}><h3>${t('preview')}${!isEmpty && !isCurrent && !error && html` <span class="spinner" role="status" aria-label=${t('reading')} />`}</h3>
    ${isEmpty ? html`<p class="hint">${t('previewEmpty')}</p>`
      : error ? html`<p class="field-error" role="alert">${error}</p>`
      : result ? html`<${Counts} result=${result} kind=${isUsed ? kind : ''} choose=${setKind} /><${Lines} lines=${isUsed ? result.lines.filter(({ action }) => action === kind) : result.lines} />`
      : html`<p class="hint">${t('reading')}</p>`}
  </section>`;
}

function Counts({ result, kind, choose }) {
  return html`<div class="chips" role="group" aria-label=${t('lines')}><button type="button" class="chip" aria-pressed=${kind === ''} onClick=${() => choose('')}>${t('all')} <b class="number">${result.lines.length.toLocaleString()}</b></button>
    ${OUTCOMES.map((name) => html`<button key=${name} type="button" class=${`chip import-${name}`} disabled=${result[name] === 0} aria-pressed=${kind === name} onClick=${() => choose(name)}>${t(name)} <b class="number">${result[name].toLocaleString()}</b></button>`)}</div>`;
}

function Lines({ lines }) {
  const hidden = lines.length - MOST_SHOWN;
  return html`<ul class="results" tabindex="0" aria-label=${t('lines')}>${lines.slice(0, MOST_SHOWN).map((line, at) => html`<li key=${at}>
    <span class="muted number">${line.file ? t('lineOf', { file: line.file, n: line.line }) : t('line', { n: line.line })}</span>
    <span class=${`badge ${TONES[line.action]}`}>${t(line.action)}</span>
    ${line.token_suffix && html`<code>…${line.token_suffix}</code>`}${line.token_type === 'xai' && html`<span class="badge info">${t('xai')}</span>`}<span class="result-words">${lineInWords(line)}</span></li>`)}
    ${hidden > 0 && html`<li class="muted"><${Icon} name="more" /> ${t('more', { n: hidden })}</li>`}</ul>`;
}
