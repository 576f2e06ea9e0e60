// One setting: a control for its type, help, limits, and a reset to the default.
import { html, useEffect, useId, useRef, useState } from '../../html.js';
import { Field, Select, Switch } from '../../components/field.js';
import { number } from '../../format.js';
import { locale, optionalTexts, texts } from '../../i18n.js';
import { idOf } from './groups.js';
import { choices, help, labels } from './labels.js';
import { text } from './text.js';

const t = texts(text);
const unitText = optionalTexts(text);
const KEYBOARDS = { base_url: 'url' };

const labelOf = (definition) => labels[locale()][idOf(definition)] ?? definition.name;
const helpOf = (definition) => help[locale()][idOf(definition)] ?? `${definition.description}.`;
const choiceOf = (definition, value) => choices[locale()][idOf(definition)]?.[value] ?? value;
const unitOf = ({ unit }) => unitText(`unit_${unit}`) ?? unit;

/** Returns the control of a drawn setting. @param {string} id */
export const controlOf = (id) => document.querySelector(`[data-setting="${id}"]`);

/** Draws a setting. @param {{ definition: object, value: unknown, isSet?: boolean, unreadable?: boolean, draft: unknown, fault?: string, onChange: (value: unknown) => void }} props */
export function Setting(props) {
  const { definition, value, draft, fault, onChange } = props;
  if (definition.type === 'secret') return html`<${Secret} ...${props} />`;
  const shown = draft ?? value;
  const hint = html`<${Hint} definition=${definition} value=${shown} onReset=${onChange} />`;
  if (definition.type === 'boolean') return html`<${Toggle} definition=${definition} value=${shown} hint=${hint} onChange=${onChange} />`;
  const Control = CONTROLS[definition.type] ?? Line;
  return html`<${Field} label=${labelOf(definition)} hint=${hint} error=${fault}>${(attributes) => html`
    <${Control} definition=${definition} value=${shown} onChange=${onChange} attributes=${{ 'data-setting': idOf(definition), ...attributes }} />`}<//>`;
}

const Line = ({ definition, value, onChange, attributes }) => html`<input class="input" type="text" inputmode=${KEYBOARDS[definition.format]} spellcheck="false" autocapitalize="off"
  autocomplete="off" value=${value} onInput=${(event) => onChange(event.currentTarget.value)} ...${attributes} />`;

const Whole = ({ definition, value, onChange, attributes }) => html`<span class="with-unit"><input class="input" type="number" step="1" min=${definition.min} max=${definition.max}
  value=${String(value)} onInput=${(event) => onChange(event.currentTarget.value)} ...${attributes} /><span aria-hidden="true">${unitOf(definition)}</span></span>`;

const Choice = ({ definition, value, onChange, attributes }) => html`<div><${Select} value=${value} onChange=${onChange}
  options=${definition.options.map((each) => [each, choiceOf(definition, each)])} ...${attributes} /></div>`;

const CONTROLS = { integer: Whole, choice: Choice };

function Toggle({ definition, value, hint, onChange }) {
  const id = useId();
  return html`<div class="field"><div><${Switch} label=${labelOf(definition)} checked=${value} onChange=${onChange} aria-describedby=${id} data-setting=${idOf(definition)} /></div>
    <p class="hint" id=${id}>${hint}</p></div>`;
}

function Hint({ definition, value, onReset }) {
  const { type, min, max } = definition;
  const reset = () => {
    // The Reset button disappears, so move the focus first.
    controlOf(idOf(definition)).focus();
    onReset(type === 'integer' ? String(definition.default) : definition.default);
  };
  const isDefault = String(value) === String(definition.default);
  const range = type === 'integer' && t('range', { min, max, unit: unitOf(definition) });
  return html`<span class="setting-help">${helpOf(definition)}</span>
    <span class="setting-facts"><code>${definition.name}</code>${range && html`<span>${range}</span>`}
      <span>${t('default', { value: defaultOf(definition) })}</span>
      ${!isDefault && html`<button type="button" class="link-button" aria-label=${t('resetOf', { label: labelOf(definition) })} onClick=${reset}>${t('reset')}</button>`}
    </span>`;
}

function defaultOf(definition) {
  const { type, default: value } = definition;
  if (type === 'choice') return choiceOf(definition, value);
  if (type === 'boolean') return t(value ? 'on' : 'off');
  if (type === 'integer') return number(value);
  return value === '' ? t('nothing') : value;
}

/** Draws a secret, which can be written but never read. */
function Secret({ definition, isSet, unreadable, draft, fault, onChange }) {
  const [isOpen, setOpen] = useState(false);
  const label = labelOf(definition);
  const asked = draft === null || (draft ?? '') !== '';
  // After saving or undoing, show the stored state.
  const editing = draft !== undefined && draft !== null && (isOpen || draft !== '');
  // Each action replaces the pressed control by another one, which takes the focus.
  const pressed = useRef(false);
  useEffect(() => {
    if (pressed.current) controlOf(idOf(definition))?.focus();
    pressed.current = false;
  }, [editing, draft === null]);
  const change = (open, value) => () => {
    pressed.current = true;
    setOpen(open);
    onChange(value);
  };
  const undo = change(false, undefined);
  const hint = html`<span class="setting-help">${helpOf(definition)}</span><span class="setting-facts"><code>${definition.name}</code><span>${t('writeOnly')}</span></span>`;
  if (editing) {
    return html`<${Field} label=${label} hint=${hint} error=${fault}>${(attributes) => html`<span class="secret-edit">
      <input class="input mono" type="text" spellcheck="false" autocapitalize="off" autocomplete="off" data-setting=${idOf(definition)} placeholder=${t('newValue')}
        value=${draft} onInput=${(event) => onChange(event.currentTarget.value)} ...${attributes} />
      <button type="button" class="button" onClick=${undo}>${t('undo')}</button></span>`}<//>`;
  }
  return html`<${Stored} label=${label} hint=${hint} definition=${definition} state=${draft === null ? 'toClear' : unreadable ? 'unreadable' : isSet ? 'set' : 'notSet'}
    actions=${asked ? [['undo', undo]] : [[isSet ? 'replace' : 'setValue', change(true, '')], ...(isSet ? [['clear', change(false, null)]] : [])]} />`;
}

const KINDS = { set: 'ok', notSet: '', unreadable: 'danger', toClear: 'warn' };

function Stored({ label, hint, definition, state, actions }) {
  const id = useId();
  return html`<div class="field" role="group" aria-labelledby=${id}>
    <span class="legend" id=${id}>${label}</span>
    <span class="secret-state"><span class=${`badge ${KINDS[state]}`}>${t(state)}</span>
      ${actions.map(([name, run], at) => html`<button key=${name} type="button" class="button small" data-setting=${at === 0 ? idOf(definition) : undefined} aria-label=${t('ofSetting', { what: t(name), label })} onClick=${run}>${t(name)}</button>`)}</span>
    ${state === 'unreadable' && html`<p class="field-error">${t('unreadableHint')}</p>`}
    <p class="hint">${hint}</p>
  </div>`;
}
