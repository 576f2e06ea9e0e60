// A viewer for pictures and videos: arrow keys move through them, actions are below.
import { html, useEffect, useRef, useState } from '../html.js';
import { common } from '../common.text.js';
import { texts } from '../i18n.js';
import { useShared } from '../store.js';
import { loadStyle } from '../styles.js';
import { Action } from './action.js';
import { Copy } from './copy.js';
import { Dialog, openDialog, topDialog } from './dialog.js';
import { Icon } from './icon.js';
import { text } from './viewer.text.js';

const t = texts(text);
const style = new URL('../style/viewer.css', import.meta.url).href;

/**
 * Opens the viewer and resolves when it is closed.
 * @typedef {{ id: string, kind: 'image' | 'video', url: string, contentType?: string | null }} MediaItem
 *
 * @param {object} options
 * @param {{ get(): MediaItem[], follow(follower: () => void): () => void }} options.items [`shared`](../store.js): the list may change while the viewer is open
 * @param {string} options.id the item to show first
 * @param {(item: MediaItem, close: () => void) => [string, unknown][]} [options.facts] details as pairs of name and value
 * @param {(item: MediaItem) => unknown} [options.caption] drawn below the item
 * @param {(item: MediaItem, close: () => void) => unknown} [options.actions] further buttons
 * @param {(item: MediaItem) => string | null} [options.missing] why the item cannot be loaded: it is not tried
 * @param {(item: MediaItem) => void} [options.shown] called when the item's bytes have arrived
 * @param {(item: MediaItem) => string} [options.address] the link to copy; by default the item's URL on this origin
 * @param {() => void} [options.more] loads more items; called near the end of the list
 * @param {(item: MediaItem) => Promise<boolean>} [options.remove] deletes the item and says whether it was deleted; without it the viewer has no Delete button
 */
export async function openViewer(options) {
  await loadStyle(style);
  return openDialog((close) => html`<${Viewer} ...${options} close=${close} />`);
}

function Viewer({ items, id, facts = () => [], address = ownAddress, caption, actions, missing, shown, more, remove, close }) {
  const list = useShared(items);
  // Keep the position as well as the id: after a deletion, show the item that moved up.
  const [place, setPlace] = useState({ id, at: Math.max(0, list.findIndex((item) => item.id === id)) });
  const found = list.findIndex((item) => item.id === place.id);
  const at = found >= 0 ? found : Math.min(place.at, list.length - 1);
  const item = list[at];
  useEffect(() => {
    if (!item) close();
    else if (at >= list.length - 3) more?.();
  }, [at, list.length]);
  const move = (by) => {
    const to = list[at + by];
    if (to) setPlace({ id: to.id, at: at + by });
  };
  useArrows(move);
  if (!item) return null;
  const reason = missing?.(item) ?? null;
  return html`<${Dialog} kind="viewer" title=${t(item.kind === 'video' ? 'video' : 'picture')} onClose=${close} footer=${html`
      <dl class="viewer-facts">${facts(item, close).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${reason === null && html`<${Links} item=${item} address=${address} />`}
      ${actions?.(item, close)}
      ${remove && html`<${Action} kind="danger" icon="trash" run=${() => remove(item)}>${common('delete')}<//>`}`}>
    <div class="viewer-stage">
      <${Shown} key=${item.id} item=${item} missing=${reason} shown=${shown} />
      ${list.length > 1 && html`
        <button type="button" class="viewer-arrow before" aria-label=${t('previous')} disabled=${at === 0} onClick=${() => move(-1)}><${Icon} name="left" /></button>
        <button type="button" class="viewer-arrow after" aria-label=${t('next')} disabled=${at === list.length - 1} onClick=${() => move(1)}><${Icon} name="right" /></button>`}
    </div>
    ${caption?.(item)}
    ${list.length > 1 && html`<p class="viewer-place muted number" role="status">${t('place', { n: at + 1, of: list.length })}</p>`}
  <//>`;
}

function Links({ item, address }) {
  return html`<${Copy} text=${() => address(item)} label=${t('copyAddress')} showLabel />
    <a class="button" href=${item.url} target="_blank" rel="noopener noreferrer"><${Icon} name="external" /><span>${t('open')}</span></a>
    <a class="button" href=${item.url} download=${fileName(item)}><${Icon} name="download" /><span>${t('download')}</span></a>`;
}

function Shown({ item, missing, shown }) {
  const [state, setState] = useState('loading');
  if (missing !== null) return html`<p class="viewer-failed">${missing}</p>`;
  const done = () => {
    setState('done');
    shown?.(item);
  };
  const failed = () => setState('failed');
  return html`${state === 'loading' && html`<span class="spinner" role="status" aria-label=${common('loading')} />`}
    ${state === 'failed' && html`<p class="viewer-failed">${t('failed')}</p>`}
    ${item.kind === 'video'
      ? html`<video src=${item.url} controls playsinline preload="metadata" hidden=${state === 'failed'} aria-label=${t('video')} onLoadedMetadata=${done} onError=${failed} />`
      : html`<img src=${item.url} alt=${t('picture')} hidden=${state === 'failed'} onLoad=${done} onError=${failed} />`}`;
}

function useArrows(move) {
  const latest = useRef(move);
  latest.current = move;
  useEffect(() => {
    const onKeyDown = (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      // Arrow keys in a video seek; arrow keys in a dialog above belong to that dialog.
      if (!by || event.target.closest?.('video') || topDialog()?.matches('.viewer') !== true) return;
      event.preventDefault();
      latest.current(by);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

const ownAddress = (item) => new URL(item.url, location.origin).href;

const EXTENSIONS = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'image/gif': 'gif', 'video/mp4': 'mp4', 'video/webm': 'webm', 'video/quicktime': 'mov' };

/** Returns a name for the download with an extension, which the URL does not have. */
const fileName = (item) => `${item.id}.${EXTENSIONS[item.contentType] ?? (item.kind === 'video' ? 'mp4' : 'jpg')}`;
