// Short messages about the result of an action. Screen readers announce them; an error or a warning stays until it is closed.
import { html, useEffect } from '../html.js';
import { explain } from '../api.js';
import { common } from '../common.text.js';
import { shared, useShared } from '../store.js';
import { Icon } from './icon.js';

const SHOWN_MS = 5_000;
const messages = shared([]);
let next = 1;

function add(kind, text) {
  messages.set([...messages.get(), { id: next++, kind, text }].slice(-4));
}

/** Returns the id of the newest message. */
export const newest = () => next - 1;

const remove = (id) => messages.set(messages.get().filter((message) => message.id !== id));

export const toast = {
  /** @param {string} text */
  ok: (text) => add('ok', text),
  /** @param {string} text */
  warn: (text) => add('warn', text),
  /** @param {unknown} error any thrown value */
  error: (error) => add('error', explain(error)),
};

/** Draws the messages. @param {{ since?: number }} props shows only messages after this id of [`newest`] */
export function Toasts({ since = 0 }) {
  const list = useShared(messages).filter(({ id }) => id > since);
  return html`<div class="toasts" aria-live="polite" role="status">
    ${list.map((message) => html`<${Toast} key=${message.id} message=${message} />`)}
  </div>`;
}

function Toast({ message }) {
  useEffect(() => {
    if (message.kind !== 'ok') return undefined;
    const timer = setTimeout(() => remove(message.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);
  return html`<div class=${`toast ${message.kind}`}>
    <${Icon} name=${message.kind === 'ok' ? 'check' : 'warning'} />
    <p>${message.text}</p>
    <button type="button" class="icon-button" aria-label=${common('close')} onClick=${() => remove(message.id)}><${Icon} name="close" /></button>
  </div>`;
}
