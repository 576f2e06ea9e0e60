// Detects Caps Lock, which a password field does not show.
import { html, useState } from '../html.js';
import { texts } from '../i18n.js';
import { text } from './text.js';

const t = texts(text);

/** Watches Caps Lock. @returns {[unknown, object]} the hint, and the event handlers of the form */
export function useCapsHint() {
  const [on, setOn] = useState(false);
  // Password managers send key events without `getModifierState`.
  const look = (event) => { if (event.getModifierState) setOn(event.getModifierState('CapsLock')); };
  return [html`<p class="hint caps" role="status">${on && t('capsLock')}</p>`, { onKeyDown: look, onKeyUp: look }];
}
