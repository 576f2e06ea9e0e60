// Step three: creates an API key, or takes an existing one.
import { html, useState } from '../../html.js';
import { common } from '../../common.text.js';
import { Action, BusyButton, useBusy } from '../../components/action.js';
import { Copy } from '../../components/copy.js';
import { Field } from '../../components/field.js';
import { Notice } from '../../components/states.js';
import { texts } from '../../i18n.js';
import { reveal } from '../keys/change.js';
import { makeKeys } from '../keys/create.js';
import { text } from './text.js';

const t = texts(text);

/** Draws the step. @param {{ keys: object[], made: object | null, onKey: (key: { name: string, key: string }) => void, onNext: () => void }} props `keys` are the existing keys, `made` is the key in use */
export function KeyStep({ keys, made, onKey, onNext }) {
  if (made) return html`<${Made} made=${made} onOther=${() => onKey(null)} onNext=${onNext} />`;
  const known = keys.filter((key) => key.revealable);
  return html`<p class="muted">${t('keyLead')}</p>
    <${Make} onKey=${onKey} />
    ${known.length > 0 && html`<div class="stack"><h3>${t('useKnown')}</h3><ul class="known-keys">${known.slice(0, 5).map((row) => html`<li key=${row.id}>
      <${Action} run=${async () => { onKey({ name: row.name, key: await reveal(row) }); onNext(); }}>${t('useKey', { name: row.name })}<//></li>`)}</ul></div>`}
    ${keys.length > 0 && known.length === 0 && html`<${Paste} onKey=${onKey} onNext=${onNext} />`}`;
}

function Make({ onKey }) {
  const [name, setName] = useState(t('firstName'));
  const [tried, setTried] = useState(false);
  const wrong = name.trim().length < 1 || name.trim().length > 100;
  const [busy, submit] = useBusy(async () => {
    setTried(true);
    if (!wrong) onKey((await makeKeys(name.trim(), 1))[0]);
  });
  return html`<form class="in-line" noValidate onSubmit=${submit}>
    <${Field} label=${t('keyName')} error=${tried && wrong && t('invalidName')}>${(attributes) => html`
      <input class="input" maxlength="100" value=${name} onInput=${(event) => setName(event.currentTarget.value)} ...${attributes} />`}<//>
    <${BusyButton} type="submit" kind="primary" busy=${busy}>${t('makeKey')}<//>
  </form>`;
}

/** Takes a pasted key: a key stored as a hash cannot be revealed, but the operator may have a copy. */
function Paste({ onKey, onNext }) {
  const [key, setKey] = useState('');
  const use = (event) => {
    event.preventDefault();
    if (key.trim() === '') return;
    onKey({ name: t('pasted'), key: key.trim() });
    onNext();
  };
  return html`<form class="in-line" onSubmit=${use}>
    <${Field} label=${t('haveKey')}>${(attributes) => html`
      <input class="input mono" autocomplete="off" spellcheck="false" placeholder="sk-…" value=${key} onInput=${(event) => setKey(event.currentTarget.value)} ...${attributes} />`}<//>
    <button type="submit" class="button">${t('useThis')}</button>
  </form>`;
}

function Made({ made, onOther, onNext }) {
  return html`
    ${made.revealable !== undefined && html`<${Notice} kind=${made.revealable ? 'info' : 'warn'}>${t(made.revealable ? 'keepLater' : 'keepNow')}<//>`}
    <div class="spread made"><code>${made.key}</code><${Copy} text=${made.key} showLabel /></div>
    <div><button type="button" class="button primary" onClick=${onNext}>${common('next')}</button>
      <button type="button" class="button quiet" onClick=${onOther}>${t('otherKey')}</button></div>`;
}
