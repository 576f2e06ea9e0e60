// One turn of the conversation: a question, which can be edited, or an answer with its thinking and its facts.
import { html, useState } from '../../html.js';
import { Action } from '../../components/action.js';
import { Copy } from '../../components/copy.js';
import { Notice } from '../../components/states.js';
import { FindOutWhy } from '../../components/upstream-check/dialog.js';
import { common } from '../../common.text.js';
import { duration } from '../../format.js';
import { texts } from '../../i18n.js';
import { split } from './answer.js';
import { Calls } from './calls.js';
import { changeResults } from './conversation.js';
import { indented } from './json.js';
import { Code, Markdown } from './markdown.js';
import { asToolCalls, said } from './message.js';
import { showEvents } from './raw.js';
import { Sources } from './sources.js';
import { explainChat } from './stream.js';
import { text } from './text.js';

const t = texts(text);

export function Question({ turn, resend, ready }) {
  const [editing, setEditing] = useState(false);
  const send = (changed) => { if (resend(changed)) setEditing(false); };
  return html`<article class="turn question" aria-label=${t('question')}>
    ${turn.pictures.length > 0 && html`<ul class="attached">${turn.pictures.map((picture) => html`<li key=${picture.id}><img src=${picture.url} alt=${picture.name} /></li>`)}</ul>`}
    ${editing ? html`<${Editor} turn=${turn} send=${send} cancel=${() => setEditing(false)} ready=${ready} />` : turn.text && html`<p class="said">${turn.text}</p>`}
    ${!editing && html`<div class="turn-actions"><${Action} icon="edit" label=${t('editQuestion')} run=${() => setEditing(true)} /><${Copy} text=${turn.text} /></div>`}
  </article>`;
}

function Editor({ turn, send, cancel, ready }) {
  const [value, setValue] = useState(turn.text);
  const empty = value.trim() === '' && turn.pictures.length === 0;
  const submit = (event) => {
    event.preventDefault();
    if (!empty && ready) send(value);
  };
  const onKeyDown = (event) => {
    if (event.key === 'Escape') cancel();
    else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) submit(event);
  };
  return html`<form class="stack editor" onSubmit=${submit}>
    <textarea class="input" aria-label=${t('editQuestion')} value=${value} onInput=${(event) => setValue(event.currentTarget.value)} onKeyDown=${onKeyDown} ref=${focusOnce} />
    <p class="hint">${t('editHint')}</p>
    <div class="bar end"><button type="button" class="button" onClick=${cancel}>${common('cancel')}</button>
      <button type="submit" class="button primary" disabled=${empty || !ready}>${t('send')}</button></div>
  </form>`;
}

/** Focuses a new element. Preact calls a `ref` once if it is the same function on every draw. */
function focusOnce(element) {
  element?.focus();
}

/** Draws an answer: thinking, text, calls, refusal, sources, failure, facts. */
export function Answer({ turn, last, ready, go, again }) {
  const running = turn.state === 'waiting' || turn.state === 'writing';
  const isEmpty = turn.text.trim() + turn.reasoning.trim() + turn.refusal === '' && turn.calls.length === 0;
  return html`<article class="turn answer" aria-label=${t('answer')} aria-busy=${running}>
    ${turn.reasoning.trim() !== '' && html`<${Thinking} part=${{ text: turn.reasoning.trim() }} live=${running && turn.text + turn.refusal === '' && turn.calls.length === 0} />`}
    ${turn.isJson ? turn.text !== '' && html`<${Code} code=${indented(turn.text) ?? turn.text} language="JSON" />` : html`<${Said} text=${turn.text} running=${running} />`}
    ${turn.refusal !== '' && html`<${Notice} kind="warn"><p>${t('refused')}</p><p class="refusal">${turn.refusal}</p><//>`}
    ${turn.calls.length > 0 && html`<${Calls} turn=${turn} last=${last} ready=${ready} go=${go} />`}
    ${turn.state === 'waiting' && html`<p class="waiting muted"><span class="spinner" />${t('waiting')}</p>`}
    ${turn.state === 'stopped' && html`<p class="muted">${t('stopped')}</p>`}
    ${turn.state === 'done' && isEmpty && html`<p class="muted">${t('emptyAnswer')}</p>`}
    <${Sources} sources=${turn.sources} answer=${turn.text} />
    ${turn.error && html`<${Failure} error=${turn.error} />`}
    ${!running && html`<${Facts} turn=${turn} last=${last} again=${again} />`}
  </article>`;
}

function Said({ text: source, running }) {
  const parts = split(source);
  return parts.map((part, at) => (part.thinking
    ? html`<${Thinking} key=${at} part=${part} live=${running && part.open && at === parts.length - 1} />`
    : html`<${Markdown} key=${at} source=${part.text} />`));
}

/** Returns what a copy of an answer has: what it says, else its calls. */
const copied = (turn) => said(turn) || turn.refusal || (turn.calls.length > 0 ? JSON.stringify(asToolCalls(turn.calls), null, 2) : '');

/** Draws the thinking, folded; while it grows, the summary shows its last line and length. */
function Thinking({ part, live }) {
  const lines = part.text.split('\n').filter((line) => line.trim() !== '');
  const length = t('characters', { n: [...part.text].length });
  return html`<details class="thinking">
    <summary>${live && html`<span class="spinner" />`}<span>${t(live ? 'thinkingNow' : 'thought')}</span><span class="muted number">${length}</span>
      ${live && html`<span class="muted thinking-line">${lines.at(-1)?.replace(/^[\s>#*-]+/, '')}</span>`}</summary>
    <${Markdown} source=${part.text} />
  </details>`;
}

/** Draws the error of a chat. @param {{ error: import('./stream.js').ChatError }} props */
export function Failure({ error }) {
  const explanation = explainChat(error);
  const own = error.message;
  return html`<div role="alert"><${Notice} kind="danger" action=${error.code === 'upstream_blocked' && html`<${FindOutWhy} />`}>
    <p>${explanation}</p>${own && !explanation.includes(own) && html`<p class="said-by-gateway">${t('gatewaySaid', { message: own })}</p>`}
  <//></div>`;
}

function Facts({ turn, last, again }) {
  const facts = [
    turn.model,
    turn.firstMs !== null && t('firstByte', { time: duration(turn.firstMs) }),
    turn.totalMs !== null && t('total', { time: duration(turn.totalMs) }),
    turn.usage && t('usage', { n: turn.usage.completion_tokens, prompt: turn.usage.prompt_tokens }),
  ].filter(Boolean);
  return html`<div class="turn-foot">
    <div class="turn-actions">
      <${Copy} text=${() => copied(turn)} label=${t('copyAnswer')} />
      ${last && html`<${Action} icon="refresh" label=${t('regenerate')} run=${again} />`}
      ${turn.areAnswered && html`<${Action} icon="edit" label=${t('changeResults')} run=${() => changeResults(turn.id)} />`}
      ${turn.events && html`<${Action} icon="requests" label=${t('events')} run=${() => showEvents(turn.id)} />`}
    </div>
    <p class="turn-facts muted number">${facts.map((fact) => html`<span key=${fact}>${fact}</span>`)}
      ${turn.requestId && html`<span class="request-id">${turn.requestId}<${Copy} text=${turn.requestId} label=${t('copyRequestId')} /></span>`}</p>
  </div>`;
}
