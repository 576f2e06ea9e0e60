// What the viewer shows of a file beside the file itself: prompt, state, origin, and the ways to use it again.
import { html } from '../../html.js';
import { accountName } from '../../components/account-name.js';
import { Copy } from '../../components/copy.js';
import { Menu } from '../../components/menu.js';
import { bytes, dateTime } from '../../format.js';
import { texts } from '../../i18n.js';
import { EDITS, FILMS, abilityOf } from '../../models.js';
import { address, go } from '../../router.js';
import { text } from './text.js';

const t = texts(text);
/** The request of a file began this much earlier at most. */
const HOUR_MS = 3_600_000;

/** Returns what the state of a file means. */
export const stateHelp = ({ state, expires_at: until }) => t(`h_${state}`, { time: until === null ? '' : dateTime(until) });

/** Draws the prompt of a file. */
export function Prompt({ item }) {
  if (item.prompt === null) return html`<p class="muted">${t('noPromptHelp')}</p>`;
  return html`<div class="viewer-prompt"><p tabindex="0" role="region" aria-label=${t('prompt')}>${item.prompt}</p><${Copy} text=${item.prompt} label=${t('copyPrompt')} /></div>`;
}

/** Returns the details of a file as pairs of name and value. `close` closes the viewer, which a link to another screen needs. */
export function facts(item, close) {
  const link = (words, screen, query) => html`<a href=${address(screen, query)} onClick=${(event) => { event.preventDefault(); close(); go(screen, query); }}>${words}</a>`;
  const account = item.account_deleted ? t('noAccount') : accountName(item.account_id, item.token_suffix);
  return [
    [t('state'), html`${t(`s_${item.state}`)} <span class="muted">${stateHelp(item)}</span>`],
    [t('made'), dateTime(item.created_at)],
    [t('model'), item.model ? link(item.model, 'media', { model: item.model }) : t('noModel')],
    [t('key'), item.key_name && item.key_id !== null ? link(item.key_name, 'media', { key: item.key_id }) : item.key_name || t('noKey')],
    [t('account'), link(account, 'media', { account: item.account_id })],
    item.size !== null && [t('size'), bytes(item.size)],
    item.contentType !== null && [t('type'), item.contentType],
    item.request_id && [t('request'), link(item.request_id, 'requests', { text: item.request_id, range: 'custom', from: item.created_at - HOUR_MS, to: item.created_at + HOUR_MS })],
  ].filter(Boolean);
}

/**
 * Draws the menu that opens the playground with the file.
 * @param {{ item: object, close: () => void }} props
 */
export function UseAgain({ item, close }) {
  const open = (what) => async () => {
    const { openWith } = await import('../playground/again.js');
    close();
    await openWith(what);
  };
  const picture = item.kind === 'image' && !item.isGone ? { url: item.url, name: `${item.id}.jpg`, size: item.size ?? 0 } : null;
  const needsPicture = ['edit', 'video'].includes(abilityOf(item.model));
  const items = [
    (item.prompt || item.model) && { label: t('againSame'), icon: 'refresh', run: open({ model: item.model, text: item.prompt ?? '', picture: needsPicture ? picture : null }) },
    picture && { label: t('againEdit'), icon: 'edit', run: open({ model: EDITS, text: '', picture }) },
    picture && { label: t('againVideo'), icon: 'play', run: open({ model: FILMS, text: '', picture }) },
  ].filter(Boolean);
  return items.length > 0 && html`<${Menu} label=${t('again')} icon="playground" kind="primary" showLabel items=${items} />`;
}
