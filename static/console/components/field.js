// Form fields with label, help and error, linked for screen readers.
import { html, useId } from '../html.js';

/**
 * Draws a labelled field.
 * @param {object} props
 * @param {string} props.label
 * @param {unknown} [props.hint]
 * @param {string} [props.error]
 * @param {(attributes: object) => unknown} props.children returns the control with these attributes
 */
export function Field({ label, hint, error, children }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${children({ id, 'aria-describedby': described, 'aria-invalid': error ? 'true' : undefined })}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="field-error" id=${`${id}-error`} role="alert">${error}</p>`}
  </div>`;
}

/** Draws a switch and its label. */
export function Switch({ label, checked, onChange, disabled = false, ...rest }) {
  return html`<label class="switch"><input type="checkbox" role="switch" checked=${checked} disabled=${disabled}
    onChange=${(event) => onChange(event.currentTarget.checked)} ...${rest} /><span>${label}</span></label>`;
}

/** Draws a select; `options` are `[value, label]` pairs. */
export function Select({ value, options, onChange, ...rest }) {
  return html`<select class="input" value=${value} onChange=${(event) => onChange(event.currentTarget.value)} ...${rest}>
    ${options.map(([each, label]) => html`<option key=${each} value=${each} selected=${each === value}>${label}</option>`)}
  </select>`;
}
