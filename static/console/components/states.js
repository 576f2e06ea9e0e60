// Placeholders for content: loading, failed, empty, and notices.
import { html } from '../html.js';
import { explain } from '../api.js';
import { common } from '../common.text.js';
import { Icon } from './icon.js';

/** Draws an empty state. @param {{ icon?: string, title: string, children?: unknown }} props `children` say what to do */
export function Empty({ icon = 'info', title, children }) {
  return html`<div class="empty"><${Icon} name=${icon} /><p class="empty-title">${title}</p>${children}</div>`;
}

export function Failed({ error, retry }) {
  return html`<div class="empty failed" role="alert"><${Icon} name="warning" /><p class="empty-title">${explain(error)}</p>
    ${retry && html`<button type="button" class="button" onClick=${retry}>${common('retry')}</button>`}</div>`;
}

/** Draws grey lines in place of text that is loading. */
export function Skeleton({ lines = 3 }) {
  return html`<div class="skeleton" role="status" aria-label=${common('loading')}>${Array.from({ length: lines }, (_, n) => html`<span key=${n} />`)}</div>`;
}

/**
 * Draws the state of [`useLoaded`](../data.js): a skeleton, then the content. A later error keeps the content.
 * @param {{ of: { data: unknown, error: unknown, reload(): void }, lines?: number, children: (data: any) => unknown }} props
 */
export function Loaded({ of, lines, children }) {
  if (of.data !== undefined) return html`${of.error && html`<p class="notice warn" role="alert">${explain(of.error)}</p>`}${children(of.data)}`;
  if (of.error) return html`<${Failed} error=${of.error} retry=${of.reload} />`;
  return html`<${Skeleton} lines=${lines} />`;
}

/** @param {{ kind?: 'info' | 'warn' | 'danger' | 'ok' }} props */
export function Notice({ kind = 'info', children, action }) {
  return html`<div class=${`notice ${kind}`}><${Icon} name=${kind === 'info' || kind === 'ok' ? 'info' : 'warning'} /><div>${children}</div>${action}</div>`;
}
