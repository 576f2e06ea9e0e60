// Copies a text to the clipboard.
import { html, useEffect, useState } from '../html.js';
import { common } from '../common.text.js';
import { Action } from './action.js';
import { topDialog } from './dialog.js';

/** Copies `text`. Without the clipboard API, for example on plain HTTP from another machine, it copies a selection. */
export async function copyText(text) {
  if (navigator.clipboard && isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = Object.assign(document.createElement('textarea'), { value: text, className: 'visually-hidden' });
  const before = document.activeElement;
  (topDialog() ?? document.body).append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  before?.focus({ preventScroll: true });
  if (!done) throw new Error(common('cannotCopy'));
}

/** A button that copies a text. @param {{ text: string | (() => string | Promise<string>), label?: string, showLabel?: boolean, kind?: string }} props */
export function Copy({ text, label = common('copy'), showLabel = false, kind = '' }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), 2_000);
    return () => clearTimeout(timer);
  }, [done]);
  const run = async () => {
    await copyText(typeof text === 'function' ? await text() : text);
    setDone(true);
  };
  const shown = done ? common('copied') : label;
  return html`<${Action} run=${run} kind=${kind} icon=${done ? 'check' : 'copy'} label=${showLabel ? undefined : shown}>${showLabel ? shown : null}<//>`;
}
