// The composer: text, pictures, and the button that sends or stops.
import { html, useLayoutEffect, useRef } from '../../html.js';
import { Icon } from '../../components/icon.js';
import { bytes } from '../../format.js';
import { texts } from '../../i18n.js';
import { useShared } from '../../store.js';
import { draft, stop, turns } from './conversation.js';
import { ACCEPT, MAX_BYTES, MAX_PICTURES, filesOf, readPictures } from './pictures.js';
import { text } from './text.js';

const t = texts(text);

/** Adds files to the draft, or shows there why they were refused. */
export async function attach(files) {
  if (files.length === 0) return;
  const present = [...turns.get().flatMap((turn) => turn.pictures ?? []), ...draft.get().pictures];
  const { pictures, refused } = await readPictures(files, present);
  draft.set({ ...draft.get(), pictures: [...draft.get().pictures, ...pictures], refused });
}

/** Draws the composer. @param {{ send: () => boolean, busy: boolean, ready: boolean, needsPicture: 'edit' | 'video' | null, children?: unknown }} props `needsPicture` says what for */
export function Composer({ send, busy, ready, needsPicture, children }) {
  const { text: written, pictures, refused = [] } = useShared(draft);
  const field = useRef(null);
  useGrowing(field, written);
  const empty = written.trim() === '' && pictures.length === 0;
  const submit = (event) => {
    event?.preventDefault();
    if (empty || !ready || busy) return;
    if (send()) field.current.focus();
  };
  // The Stop button disappears with the answer, so move the focus to the field.
  const end = () => {
    stop();
    field.current.focus();
  };
  const onKeyDown = (event) => {
    // While an input method composes, Enter accepts its suggestion.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    submit(event);
  };
  const onPaste = (event) => {
    const files = filesOf(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    attach(files);
  };
  return html`<form class="composer" onSubmit=${submit}>
    ${children}
    ${pictures.length > 0 && html`<ul class="attached">${pictures.map((picture) => html`<${Attached} key=${picture.id} picture=${picture} />`)}</ul>`}
    ${refused.length > 0 && html`<div class="refused" role="alert">${refused.map((reason, at) => html`<p key=${at} class="field-error">${reason}</p>`)}</div>`}
    <textarea ref=${field} rows="1" class="composer-field" aria-label=${t('message')} placeholder=${t({ edit: 'messageForEdit', video: 'messageForVideo' }[needsPicture] ?? 'messageHint')} value=${written}
      onInput=${(event) => draft.set({ ...draft.get(), text: event.currentTarget.value, refused: [] })} onKeyDown=${onKeyDown} onPaste=${onPaste} />
    <div class="composer-bar">
      <${Files} />
      <p class=${`hint ${needsPicture ? '' : 'wide-hint'}`}>${needsPicture && pictures.length === 0 ? t(needsPicture === 'edit' ? 'editNeedsPicture' : 'videoNeedsPicture') : t('composerHint', { max: MAX_PICTURES, bytes: bytes(MAX_BYTES) })}</p>
      ${busy
        ? html`<button key="stop" type="button" class="button" onClick=${end}><${Icon} name="stop" /><span>${t('stop')}</span></button>`
        : html`<button key="send" type="submit" class="button primary" disabled=${empty || !ready}><${Icon} name="send" /><span>${t('send')}</span></button>`}
    </div>
  </form>`;
}

function Files() {
  const input = useRef(null);
  const onChange = async (event) => {
    const files = [...event.currentTarget.files];
    // Allow the same file to be chosen again.
    event.currentTarget.value = '';
    await attach(files);
  };
  return html`<button type="button" class="icon-button" aria-label=${t('attach')} title=${t('attach')} onClick=${() => input.current.click()}><${Icon} name="media" /></button>
    <input ref=${input} type="file" multiple accept=${ACCEPT} hidden onChange=${onChange} />`;
}

function Attached({ picture }) {
  const remove = () => draft.set({ ...draft.get(), pictures: draft.get().pictures.filter(({ id }) => id !== picture.id) });
  return html`<li title=${`${picture.name} · ${bytes(picture.size)}`}><img src=${picture.url} alt=${picture.name} />
    <button type="button" class="icon-button" aria-label=${t('removePicture', { name: picture.name })} onClick=${remove}><${Icon} name="close" /></button></li>`;
}

/** Grows the field with its text, up to the height in the style sheet. */
function useGrowing(field, value) {
  useLayoutEffect(() => {
    const { style } = field.current;
    style.height = 'auto';
    style.height = `${field.current.scrollHeight}px`;
  }, [value]);
}
