// Password fields: one that can show its text, and the pair that sets a new password.
import { html, useState } from '../html.js';
import { texts } from '../i18n.js';
import { Field } from './field.js';
import { Icon } from './icon.js';
import { MAX_CHARS, MIN_CHARS, strength } from './password-strength.js';
import { text } from './password.text.js';

const t = texts(text);

/** A password field with a button that shows its text. @param {{ value: string, onInput: (value: string) => void, autocomplete: 'current-password' | 'new-password' }} props other props go to the input */
export function PasswordInput({ value, onInput, ...attributes }) {
  const [shown, setShown] = useState(false);
  const label = t(shown ? 'hide' : 'show');
  return html`<div class="password">
    <input class="input" type=${shown ? 'text' : 'password'} autocapitalize="off" spellcheck="false" value=${value}
      onInput=${(event) => onInput(event.currentTarget.value)} ...${attributes} />
    <button type="button" class="icon-button" aria-label=${label} title=${label} aria-pressed=${shown} onClick=${() => setShown(!shown)}><${Icon} name="eye" /></button>
  </div>`;
}

/**
 * Returns what is wrong with a new password, by the field to correct.
 * @param {{ password: string, repeat: string }} chosen
 * @param {string} current the password it replaces
 * @returns {{ password?: string, repeat?: string }}
 */
export function passwordFaults({ password, repeat }, current) {
  const length = [...password].length;
  if (length < MIN_CHARS || length > MAX_CHARS) return { password: t('length', { min: MIN_CHARS, max: MAX_CHARS }) };
  if (password === current) return { password: t('same') };
  if (strength(password) === 0) return { password: t('guessed') };
  return password === repeat ? {} : { repeat: t('differs') };
}

/** The fields for the new password and its confirmation. @param {{ chosen: { password: string, repeat: string }, onChange: (chosen: object) => void, faults: ReturnType<typeof passwordFaults> }} props */
export function NewPassword({ chosen, onChange, faults }) {
  return html`
    <${Field} label=${t('new')} hint=${html`<${Strength} password=${chosen.password} />`} error=${faults.password}>${(attributes) => html`
      <${PasswordInput} name="new-password" autocomplete="new-password" value=${chosen.password} onInput=${(password) => onChange({ ...chosen, password })} ...${attributes} />`}<//>
    <${Field} label=${t('repeat')} error=${faults.repeat}>${(attributes) => html`
      <${PasswordInput} name="repeat-password" autocomplete="new-password" value=${chosen.repeat} onInput=${(repeat) => onChange({ ...chosen, repeat })} ...${attributes} />`}<//>`;
}

function Strength({ password }) {
  const level = password === '' ? -1 : strength(password);
  return html`<span class="strength" data-level=${level}>
    <span class="strength-bars" aria-hidden="true"><span /><span /><span /></span>
    <span aria-live="polite">${level < 0 ? t('advice', { min: MIN_CHARS }) : t(`strength${level}`)}</span>
  </span>`;
}
