// Renders Markdown: marked splits the text into tokens, and each kind of token has its element here. HTML in an answer is
// shown as text, except the one form in which the gateway writes videos.
import { lexer } from '../../../vendor/marked.js';
import { html, useMemo, useRef } from '../../html.js';
import { Copy } from '../../components/copy.js';
import { locale, texts } from '../../i18n.js';
import { ownMedia, webAddress } from './links.js';
import { Film, Picture } from './media.js';
import { bounded } from './nesting.js';
import { text } from './text.js';

const t = texts(text);

export function Markdown({ source }) {
  const settled = useRef(null);
  const language = locale();
  return useMemo(() => {
    const known = settled.current;
    const continues = known?.language === language && source.startsWith(known.text) && !DEFINITION.test(source);
    const { text: before, elements, parts } = continues ? known : { text: '', elements: [], parts: [] };
    const tokens = lexer(source.slice(before.length), bounded());
    const all = [...elements, ...blocks(tokens)];
    const done = tokens.slice(0, -STILL_OPEN);
    const doneCount = elements.length + done.length;
    const whole = [...parts];
    for (let end = (whole.length + 1) * PART; end <= doneCount; end += PART) whole.push(part(all.slice(end - PART, end)));
    settled.current = { language, text: before + done.map(({ raw }) => raw).join(''), elements: all.slice(0, doneCount), parts: whole };
    const rest = [];
    for (let start = whole.length * PART; start < all.length; start += PART) rest.push(part(all.slice(start, start + PART)));
    return html`<div class="markdown">${[...whole, ...rest]}</div>`;
  }, [source, language]);
}

/** Blocks in one part. The browser skips parts outside the viewport, which is cheaper than skipping thousands of blocks. */
const PART = 32;
const part = (elements) => html`<div class=${`markdown-part ${elements.length === PART ? 'whole' : ''}`}>${elements}</div>`;

/** Blocks at the end that are parsed again while a text grows: the last block may continue, and a list even after an empty line. */
const STILL_OPEN = 2;
/** A link definition at the end may change links at the start, so the whole text is parsed again. */
const DEFINITION = /^ {0,3}\[[^\]]+\]:/m;

const VIDEO = /^<video src="([^"<>]+)" controls="controls">(<\/video>)?$/;

const blocks = (tokens) => tokens.map((token) => (BLOCKS[token.type] ?? BLOCKS.text)(token));

const BLOCKS = {
  space: () => null,
  def: () => null,
  hr: () => html`<hr />`,
  // Headings of an answer are two levels below those of the page.
  heading: ({ depth, tokens }) => html`<p role="heading" aria-level=${Math.min(depth + 2, 6)} class=${`heading level-${depth}`}>${inline(tokens)}</p>`,
  paragraph: ({ tokens }) => html`<div class="paragraph">${inline(tokens)}</div>`,
  blockquote: ({ tokens }) => html`<blockquote>${blocks(tokens)}</blockquote>`,
  code: ({ text: code, lang }) => html`<${Code} code=${code} language=${lang} />`,
  list: ({ ordered, start, items }) => (ordered
    ? html`<ol start=${start}>${items.map(Item)}</ol>`
    : html`<ul>${items.map(Item)}</ul>`),
  table: ({ header, rows }) => html`<div class="markdown-table" tabindex="0" role="region" aria-label=${t('table')}><table class="table">
    <thead><tr>${header.map((cell) => html`<th style=${{ textAlign: cell.align ?? 'start' }}>${inline(cell.tokens)}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td style=${{ textAlign: cell.align ?? 'start' }}>${inline(cell.tokens)}</td>`)}</tr>`)}</tbody>
  </table></div>`,
  html: ({ text: source }) => video(source) ?? html`<div class="paragraph verbatim">${source.trimEnd()}</div>`,
  checkbox: (token) => INLINE.checkbox(token),
  text: (token) => (token.tokens ? inline(token.tokens) : decoded(token.text ?? token.raw)),
};

const Item = ({ tokens }) => html`<li>${blocks(tokens)}</li>`;

function inline(tokens) {
  return tokens.map((token, at) => {
    if (token.type === 'html' && tokens[at + 1]?.raw === '</video>') return video(token.text) ?? token.text;
    if (token.type === 'html' && token.raw === '</video>' && at > 0 && video(tokens[at - 1].raw)) return null;
    return (INLINE[token.type] ?? INLINE.text)(token);
  });
}

const INLINE = {
  escape: ({ text: letter }) => letter,
  html: ({ raw }) => raw,
  br: () => html`<br />`,
  strong: ({ tokens }) => html`<strong>${inline(tokens)}</strong>`,
  em: ({ tokens }) => html`<em>${inline(tokens)}</em>`,
  del: ({ tokens }) => html`<del>${inline(tokens)}</del>`,
  codespan: ({ text: code }) => html`<code>${code}</code>`,
  checkbox: ({ checked }) => html`<input type="checkbox" checked=${checked} disabled aria-label=${t('task')} /> `,
  link: ({ href, title, tokens }) => {
    const media = ownMedia(decoded(href));
    return html`<${Link} href=${media?.url ?? decoded(href)} title=${title}>${inline(tokens)}<//>`;
  },
  image: ({ href, title, text: alt }) => {
    const address = decoded(href);
    const media = ownMedia(address);
    if (media?.kind === 'image') return html`<${Picture} media=${media} alt=${decoded(alt)} />`;
    return html`<${Link} href=${media?.url ?? address} title=${title}>${decoded(alt) || address}<//>`;
  },
  text: (token) => (token.tokens ? inline(token.tokens) : decoded(token.text ?? token.raw)),
};

/** Draws a link, or text with its URL if the URL is not allowed. */
function Link({ href, title, children }) {
  if (!href.startsWith('/images/') && !href.startsWith('/videos/') && !webAddress(href)) return html`<span>${children} <span class="muted">(${href})</span></span>`;
  return html`<a href=${href} title=${title ? decoded(title) : undefined} target="_blank" rel="noopener noreferrer">${children}</a>`;
}

function video(source) {
  const found = VIDEO.exec(source.trim());
  const media = found && ownMedia(decoded(found[1]));
  return media?.kind === 'video' ? html`<${Film} media=${media} />` : null;
}

/** Draws a text with its language or kind, and a button that copies it. */
export function Code({ code, language }) {
  return html`<figure class="code">
    <figcaption><span class="muted">${language?.trim() || t('code')}</span><${Copy} text=${code} /></figcaption>
    <pre tabindex="0" aria-label=${t('code')}><code>${code}</code></pre>
  </figure>`;
}

const parser = globalThis.DOMParser && new DOMParser();

/** Decodes entities such as `&amp;`. Each is parsed separately, so that no other text becomes markup. */
const decoded = (source) => source.replace(/&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/gi, (entity) => parser.parseFromString(entity, 'text/html').body.textContent);
