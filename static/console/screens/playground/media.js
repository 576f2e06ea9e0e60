// Pictures and videos in an answer.
import { html, useState } from '../../html.js';
import { openViewer } from '../../components/viewer.js';
import { texts } from '../../i18n.js';
import { shared } from '../../store.js';
import { text } from './text.js';

const t = texts(text);

/** Draws a picture in a box of a fixed shape, so that nothing moves when it loads. */
export function Picture({ media, alt }) {
  const [failed, setFailed] = useState(false);
  if (failed) return html`<a href=${media.url} target="_blank" rel="noopener noreferrer">${t('pictureGone')}</a>`;
  // The viewer shows all pictures of the answer.
  const open = ({ currentTarget }) => {
    const ids = [...currentTarget.closest('.markdown').querySelectorAll('.answer-picture')].map(({ dataset }) => dataset.id);
    openViewer({ items: shared(ids.map((id) => ({ id, kind: 'image', url: `/images/${id}` }))), id: media.id });
  };
  return html`<button type="button" class="answer-picture" data-id=${media.id} aria-label=${t('openPicture')} onClick=${open}>
    <img src=${media.url} alt=${alt || t('picture')} decoding="async" onError=${() => setFailed(true)} /></button>`;
}

export function Film({ media }) {
  const [failed, setFailed] = useState(false);
  return html`<span class="answer-film">
    <video src=${media.url} controls preload="metadata" playsinline aria-label=${t('video')} onError=${() => setFailed(true)} />
    <a href=${media.url} target="_blank" rel="noopener noreferrer">${t(failed ? 'videoGone' : 'openVideo')}</a></span>`;
}
