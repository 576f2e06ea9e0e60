// The options of the requests, behind one disclosure. A fault is shown when its field is left, or when it stops a request.
import { html, useEffect, useRef, useState } from '../../html.js';
import { common } from '../../common.text.js';
import { Field, Select } from '../../components/field.js';
import { texts } from '../../i18n.js';
import { shared, useShared } from '../../store.js';
import { options } from './conversation.js';
import { CHOICES, EXAMPLES, FORMATS, REASONING, checked } from './options.js';
import { text } from './options.text.js';

const t = texts(text);
/** How often a request was stopped by a fault. */
const stopped = shared(0);

/** Returns the fields that the options add to a request, or null after showing what is wrong with them. */
export function fieldsOrFault() {
  const { fields, faults } = checked(options.get());
  if (Object.keys(faults).length === 0) return fields;
  stopped.set(stopped.get() + 1);
  return null;
}

const change = (changed) => options.set({ ...options.get(), ...changed });

export function Options() {
  const value = useShared(options);
  const details = useRef(null);
  const [left, setLeft] = useState([]);
  const tried = useStopped(details);
  const { fields, faults, names } = checked(value);
  const about = (name) => ({
    error: faults[name] && (tried || left.includes(name)) ? t(faults[name].key, faults[name].values) : undefined,
    onLeave: () => setLeft([...left, name]),
  });
  const isFaulty = Object.keys(faults).some((name) => tried || left.includes(name));
  return html`<details class="system options" ref=${details}>
    <summary><span>${t('options')}</span>${isFaulty
      ? html`<span class="system-line field-error">${t('correct')}</span>`
      : html`<span class="muted system-line">${summary(fields)}</span>`}</summary>
    <div class="options-body">
      <${JsonField} name="tools" value=${value.tools} ...${about('tools')} />
      <div class="options-row">
        <${Choice} value=${value.choice} names=${names} disabled=${value.tools.trim() === ''} error=${about('choice').error} />
        <${OneOf} name="reasoning" value=${value.reasoning} values=${REASONING} hint=${t('reasoningHint')} />
        <${OneOf} name="format" value=${value.format} values=${FORMATS} />
      </div>
      ${value.format === 'json_schema' && html`<${JsonField} name="schema" value=${value.schema} ...${about('schema')} />`}
    </div>
  </details>`;
}

/** Opens the options and focuses the first fault when one stops a request. @returns {boolean} whether that has happened */
function useStopped(details) {
  const times = useShared(stopped);
  const before = useRef(times);
  useEffect(() => {
    if (times === before.current) return;
    details.current.open = true;
    const field = details.current.querySelector('[aria-invalid="true"]');
    field.scrollIntoView({ block: 'center' });
    field.focus({ preventScroll: true });
  }, [times]);
  return times !== before.current;
}

/** Returns in short what is set. */
function summary({ tools, response_format: format, reasoning_format: reasoning }) {
  const parts = [
    tools && t('setTools', { n: tools.length }),
    format && t(`format:${format.type}`),
    reasoning && t('setReasoning', { name: reasoning }),
  ].filter(Boolean);
  return parts.join(' · ') || common('none');
}

/** Draws a field for JSON, with a button for an example while it is empty. */
function JsonField({ name, value, error, onLeave }) {
  const area = useRef(null);
  const insert = () => {
    change({ [name]: EXAMPLES[name] });
    area.current.focus();
  };
  return html`<${Field} label=${t(name)} hint=${t(`${name}Hint`)} error=${error}>${(attributes) => html`
    <div class="json-field">
      <textarea ref=${area} class="input mono" rows="7" spellcheck="false" autocapitalize="off" value=${value} onBlur=${onLeave}
        onInput=${(event) => change({ [name]: event.currentTarget.value })} ...${attributes} />
      ${value === '' && html`<button type="button" class="button small" onClick=${insert}>${t('example')}</button>`}
    </div>`}<//>`;
}

function Choice({ value, names, disabled, error }) {
  // A tool that is gone, or whose list is at fault, stays chosen.
  const all = value.startsWith('=') && !names.includes(value.slice(1)) ? [...names, value.slice(1)] : names;
  const choices = [...CHOICES.map((each) => [each, t(`choice:${each}`)]), ...all.map((name) => [`=${name}`, t('choiceNamed', { name })])];
  return html`<${Field} label=${t('choice')} hint=${t('choiceHint')} error=${error}>${(attributes) => html`
    <${Select} ...${attributes} disabled=${disabled} value=${value} options=${choices} onChange=${(choice) => change({ choice })} />`}<//>`;
}

function OneOf({ name, value, values, hint }) {
  return html`<${Field} label=${t(name)} hint=${hint}>${(attributes) => html`
    <${Select} ...${attributes} value=${value} options=${values.map((each) => [each, t(`${name}:${each}`)])} onChange=${(next) => change({ [name]: next })} />`}<//>`;
}
