// The sources that an answer cites.
import { html, useMemo } from '../../html.js';
import { texts } from '../../i18n.js';
import { webAddress } from './links.js';
import { text } from './text.js';

const t = texts(text);
const MARK = /^\[\[(\d+)\]\]/;

/** Returns each source once, in the order of the text, with the number that the text has for it. */
export function listed(sources, answer) {
  const characters = sources.length > 0 ? [...answer] : [];
  const found = new Map();
  for (const { url, title, start } of sources) {
    const address = webAddress(url);
    if (found.has(url) || !address?.host) continue;
    const mark = MARK.exec(characters.slice(start, start + 12).join(''));
    found.set(url, { url, title: title || url, host: address.host, number: mark?.[1] });
  }
  return [...found.values()];
}

/** Draws the sources as links. @param {{ sources: import('./message.js').Cited[], answer: string }} props `answer` is the whole text of the answer */
export function Sources({ sources, answer }) {
  const list = useMemo(() => listed(sources, answer), [sources.length, answer]);
  if (list.length === 0) return null;
  return html`<section class="sources" aria-label=${t('sources')}><p class="legend">${t('sources')}</p>
    <ul>${list.map(({ url, title, host, number }) => html`<li key=${url}>${number && html`<span class="muted number">${number}</span>`}
      <a href=${url} target="_blank" rel="noopener noreferrer">${title}</a> <span class="muted">${host}</span></li>`)}</ul>
  </section>`;
}
