// Dialogs as `<dialog>` elements: the browser traps focus, closes on Escape and makes the page behind inert.
import { html, useEffect, useId, useRef, useState } from '../html.js';
import { common } from '../common.text.js';
import { shared, useShared } from '../store.js';
import { Action } from './action.js';
import { Icon } from './icon.js';
import { newest, Toasts } from './toast.js';

const open = shared([]);
let next = 1;

/**
 * Opens a dialog and resolves when it is closed.
 * @template T
 * @param {(close: (result?: T) => void) => unknown} draw returns a [`Dialog`]
 * @returns {Promise<T | undefined>} undefined when it was dismissed
 */
export function openDialog(draw) {
  return new Promise((resolve) => {
    const id = next++;
    const close = (result) => {
      open.set(open.get().filter((dialog) => dialog.id !== id));
      resolve(result);
    };
    open.set([...open.get(), { id, draw, close }]);
  });
}

/** Returns the topmost open dialog, or null; everything else is inert. */
export const topDialog = () => [...document.querySelectorAll('dialog[open]')].at(-1) ?? null;

export function Dialogs() {
  return useShared(open).map(({ id, draw, close }) => html`<div key=${id}>${draw(close)}</div>`);
}

/**
 * Draws a dialog.
 * @param {object} props
 * @param {string} props.title
 * @param {() => void} props.onClose
 * @param {'' | 'wide' | 'drawer'} [props.kind]
 * @param {unknown} [props.footer] the buttons
 */
export function Dialog({ title, onClose, kind = '', footer, children }) {
  const element = useRef(null);
  const heading = useId();
  const [opened] = useState(newest);
  useEffect(() => {
    const before = document.activeElement;
    const dialog = element.current;
    dialog.showModal();
    return () => {
      // Close first: nothing behind an open dialog can take the focus.
      dialog.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  const dismiss = (event) => {
    event.preventDefault();
    onClose();
  };
  // A press on the backdrop, but not a drag that began in a field.
  const outside = (event) => { if (event.target === element.current) onClose(); };
  return html`<dialog ref=${element} class=${`dialog ${kind}`} aria-labelledby=${heading} onCancel=${dismiss} onMouseDown=${outside}>
    <div class="dialog-frame">
      <header><h2 id=${heading}>${title}</h2>
        <button type="button" class="icon-button" aria-label=${common('close')} onClick=${() => onClose()}><${Icon} name="close" /></button>
      </header>
      <div class="dialog-body">${children}</div>
      ${/* The page's toasts are inert while a dialog is open. */ html`<${Toasts} since=${opened} />`}
      ${footer && html`<footer>${footer}</footer>`}
    </div>
  </dialog>`;
}

/**
 * Asks for confirmation before data is lost.
 * @param {{ title: string, lost?: string, action: string, danger?: boolean, run?: () => unknown }} question
 *   the button is busy while `run` runs; if it throws, the dialog stays open
 * @returns {Promise<boolean>} whether the operator confirmed and `run` succeeded
 */
export async function confirm({ title, lost, action, danger = true, run }) {
  const answer = await openDialog((close) => html`<${Dialog} title=${title} onClose=${() => close(false)}
    footer=${html`<button type="button" class="button" onClick=${() => close(false)}>${common('cancel')}</button>
      <${Action} kind=${danger ? 'danger' : 'primary'} run=${async () => { await run?.(); close(true); }}>${action}<//>`}>
    ${lost && html`<p>${lost}</p>`}
  <//>`);
  return answer === true;
}
