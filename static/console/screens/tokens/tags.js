// A field for tags: typed or picked from those in use, each with a button that removes it.
import { html, useEffect, useId, useState } from '../../html.js';
import { Icon } from '../../components/icon.js';
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);
/** Limits of the gateway. */
const MAX_TAGS = 50;
const MAX_CHARS = 100;

/** Returns what is wrong with the tags, or undefined. */
export function tagsError(tags) {
  if (tags.length > MAX_TAGS) return t('tooMany');
  return tags.some((tag) => [...tag].length > MAX_CHARS) ? t('tooLong') : undefined;
}

/** Adds typed tags. @param {string[]} tags @param {string} typed may hold several, separated by commas @returns {string[]} without duplicates */
export const withTyped = (tags, typed) => [...new Set([...tags, ...typed.split(/[,，\n]/).map((tag) => tag.trim()).filter(Boolean)])];

/**
 * Draws the field.
 * @param {{ tags: string[], setTags(tags: string[]): void, known: string[], typing(is: boolean): void }} props `known` are the suggestions,
 *   `typing` receives whether there is typed text that is not a tag yet; leaving the field adds it. Other attributes go to the field
 */
export function TagInput({ tags, setTags, known, typing, ...attributes }) {
  const [typed, setTyped] = useState('');
  const isTyping = typed.trim() !== '';
  useEffect(() => typing(isTyping), [isTyping]);
  const list = useId();
  const take = (value) => {
    setTags(withTyped(tags, value));
    setTyped('');
  };
  // A picked suggestion arrives in one event; typing sends one event for each character.
  const onInput = (event) => {
    const { value } = event.currentTarget;
    const isPicked = known.includes(value) && (event.inputType === 'insertReplacementText' || event.inputType === undefined);
    if (isPicked || /[,，]$/.test(value)) take(value);
    else setTyped(value);
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && isTyping) {
      event.preventDefault();
      take(typed);
    } else if (event.key === 'Backspace' && typed === '' && tags.length > 0) {
      setTags(tags.slice(0, -1));
    }
  };
  const unused = known.filter((tag) => !tags.includes(tag));
  return html`<div class="tag-input">
    ${tags.map((tag) => html`<span key=${tag} class="badge accent tag">${tag}<button type="button" aria-label=${t('tagDrop', { tag })} onClick=${() => setTags(tags.filter((each) => each !== tag))}><${Icon} name="close" /></button></span>`)}
    <input class="input" list=${list} autocomplete="off" value=${typed} onInput=${onInput} onKeyDown=${onKeyDown} onBlur=${() => isTyping && take(typed)} ...${attributes} />
    <datalist id=${list}>${unused.map((tag) => html`<option key=${tag} value=${tag} />`)}</datalist>
  </div>
  ${unused.length > 0 && html`<div class="tag-suggestions">${unused.slice(0, 8).map((tag) => html`<button key=${tag} type="button" class="button small quiet" onClick=${() => take(tag)}><${Icon} name="plus" /><span>${tag}</span></button>`)}</div>`}`;
}
