// The calls of an answer, and the results that are written by hand.
import { html, useEffect, useRef } from '../../html.js';
import { Copy } from '../../components/copy.js';
import { Field } from '../../components/field.js';
import { texts } from '../../i18n.js';
import { answerCalls, writeResult } from './conversation.js';
import { indented } from './json.js';
import { Code } from './markdown.js';
import { text } from './text.js';

const t = texts(text);

/** Returns whether an answer ended with calls whose results have not been sent. */
export const awaitsResults = ({ state, calls, areAnswered }) => state === 'done' && calls?.length > 0 && !areAnswered;

/**
 * Draws the calls of an answer. Those of the last one have fields for their results.
 * @param {{ turn: import('./conversation.js').Turn, last: boolean, ready: boolean, go: (begin: (settings: object) => void) => boolean }} props
 */
export function Calls({ turn, last, ready, go }) {
  const isOpen = last && awaitsResults(turn);
  const first = useFocusOnChange(isOpen, turn.areAnswered);
  const missing = turn.calls.filter(({ result }) => result.trim() === '').length;
  const submit = (event) => {
    event.preventDefault();
    if (missing > 0 || !ready || !go((settings) => answerCalls(turn.id, settings))) return;
    // The fields disappear, so the focus moves to the message.
    document.querySelector('.composer-field').focus();
  };
  const onKeyDown = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    if (missing === 0) return submit(event);
    event.preventDefault();
    [...event.currentTarget.form.querySelectorAll('textarea')].find(({ value }) => value.trim() === '').focus();
  };
  return html`<${isOpen ? 'form' : 'div'} class="calls" onSubmit=${isOpen && submit}>
    ${turn.calls.map((call, at) => html`<section key=${at} class="call" aria-label=${t('callOf', { name: call.name })}>
      <${CallHead} call=${call} />
      <${Code} code=${call.isCustom ? call.input : indented(call.input) ?? call.input} language=${call.isCustom ? t('input') : 'JSON'} />
      ${isOpen ? html`<${Field} label=${t('resultOf', { name: call.name })}>${(attributes) => html`
        <textarea ref=${at === 0 ? first : undefined} class="input" rows="2" value=${call.result} onKeyDown=${onKeyDown} onInput=${(event) => writeResult(turn.id, at, event.currentTarget.value)} ...${attributes} />`}<//>`
        : turn.areAnswered && html`<${Code} code=${indented(call.result) ?? call.result} language=${t('result')} />`}
    </section>`)}
    ${isOpen && html`<div class="calls-end"><p class="hint">${missing > 0 ? t('resultsMissing', { n: missing }) : t('resultsHint')}</p>
      <button type="submit" class="button primary" disabled=${missing > 0 || !ready}>${t('sendResults', { n: turn.calls.length })}</button></div>`}
  <//>`;
}

/** Returns a ref for the first result, which is focused when sent results are opened for a change. */
function useFocusOnChange(isOpen, areAnswered) {
  const first = useRef(null);
  const were = useRef(areAnswered);
  useEffect(() => {
    if (isOpen && were.current) first.current.focus();
    were.current = areAnswered;
  }, [isOpen, areAnswered]);
  return first;
}

function CallHead({ call: { name, id, isCustom } }) {
  return html`<p class="call-head"><span class="badge info">${t(isCustom ? 'customCall' : 'call')}</span><code class="call-name">${name}</code>
    ${id && html`<span class="call-id muted"><code>${id}</code><${Copy} text=${id} label=${t('copyCallId')} /></span>`}</p>`;
}
