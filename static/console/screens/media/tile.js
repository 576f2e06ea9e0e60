// One file in the gallery: a preview that loads when it nears the window, its prompt, its state.
import { html, useEffect, useRef, useState } from '../../html.js';
import { Icon } from '../../components/icon.js';
import { ago, bytes, dateTime } from '../../format.js';
import { texts } from '../../i18n.js';
import { stateHelp } from './details.js';
import { text } from './text.js';

const t = texts(text);
/** Distance from the window within which a file is loaded: one that is not stored is fetched from Grok. */
const AHEAD = '300px';
const TONES = { not_fetched: 'info', cleared: '', kept: 'violet', gone: 'danger' };

/** Draws a file. @param {{ item: object, n: number, chosen: boolean, choose: Function, show: (id: string) => void, shown: (item: object) => void }} props `shown` is called when the preview has arrived */
export function Tile({ item, n, chosen, choose, show, shown }) {
  const time = dateTime(item.created_at);
  const isVideo = item.kind === 'video';
  const [hasFailed, setFailed] = useState(false);
  const state = item.state in TONES && t(`s_${item.state}`);
  const isMissing = hasFailed || item.isGone;
  // The name of the button has the words on it.
  const label = [t(isVideo ? 'openVideo' : 'openImage', { n, time }), hasFailed && t('noPreview'), state].filter(Boolean).join('. ');
  return html`<li class="tile">
    <button type="button" class="tile-open" data-id=${item.id} aria-haspopup="dialog" aria-label=${label} onClick=${() => show(item.id)}>
      ${isMissing ? html`<span class="tile-failed"><${Icon} name=${item.isGone ? 'close' : 'media'} /><span>${item.isGone ? state : t('noPreview')}</span></span>`
        : html`<${Preview} item=${item} shown=${() => shown(item)} failed=${() => setFailed(true)} />`}
      ${state && !item.isGone && html`<span class=${`badge tile-state ${TONES[item.state]}`} title=${stateHelp(item)}>${state}</span>`}</button>
    <label class="tile-foot"><input type="checkbox" aria-label=${t(isVideo ? 'selectVideo' : 'selectImage', { n, time })} checked=${chosen} onChange=${(event) => choose([item.id], event.currentTarget.checked)} />
      <span class="tile-facts"><span class=${`cut-line ${item.prompt ? '' : 'muted'}`} title=${item.prompt ?? undefined}>${item.prompt ?? t('noPrompt')}</span>
        <span class="muted cut-line">${item.model || t('noModel')}</span>
        <span class="muted cut-line number" title=${time}>${item.size !== null && `${bytes(item.size)} · `}${ago(item.created_at)}</span></span></label>
  </li>`;
}

/** Draws a picture, or the first frame of a video. `src` is set when it nears the window. */
function Preview({ item, shown, failed }) {
  const element = useRef(null);
  const isNear = useNear(element);
  if (item.kind !== 'video') return html`<img ref=${element} decoding="async" alt="" src=${isNear ? item.thumbnail : undefined} onLoad=${shown} onError=${failed} />`;
  // Without `#t`, some browsers show no frame before the video plays.
  return html`<video ref=${element} src=${isNear ? `${item.url}#t=0.1` : undefined} preload="metadata" muted playsinline tabindex="-1" aria-hidden="true" onLoadedData=${shown} onError=${failed} />
    <span class="tile-play"><${Icon} name="play" /></span>`;
}

function useNear(element) {
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      setNear(true);
      observer.disconnect();
    }, { rootMargin: AHEAD });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return isNear;
}
