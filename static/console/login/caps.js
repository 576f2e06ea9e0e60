// Caps Lock, which nobody sees in a password.
import { html, useState } from '../html.js';
import { texts } from '../i18n.js';
import { text } from './text.js';

const t = texts(text);

/** @returns {[unknown, object]} the hint while it is on, and what a form needs to know */
export function useCapsHint() {
  const [on, setOn] = useState(false);
  // A password manager sends events of keys that are none.
  const look = (event) => { if (event.getModifierState) setOn(event.getModifierState('CapsLock')); };
  return [html`<p class="hint caps" role="status">${on && t('capsLock')}</p>`, { onKeyDown: look, onKeyUp: look }];
}
