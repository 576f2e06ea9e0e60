// Small parts of rows and details: badges, countdowns, past times.
import { html } from '../../html.js';
import { common } from '../../common.text.js';
import { useNow } from '../../data.js';
import { ago, countdown, dateTime } from '../../format.js';
import { texts } from '../../i18n.js';
import { isApiKey } from './describe.js';
import { text } from './text.js';

const t = texts(text);
/** Seconds from which a countdown leaves out the seconds: they take the room of a row and say nothing. */
const MINUTES_FROM = 600;
const TYPE_TONES = { sso: '', ssoSuper: 'violet', ssoHeavy: 'accent', xai: 'info' };

/** Draws a countdown to a time. */
export function Countdown({ until }) {
  const now = useNow();
  const left = Math.max(0, Math.ceil((until - now) / 1000));
  return html`<span class="number countdown">${countdown(left < MINUTES_FROM ? left : left - left % 60)}</span>`;
}

/**
 * Draws the type of an account as Grok says it. Until Grok is asked, a person may have given one; Basic then says nothing,
 * because it stands where no type was given.
 */
export function TypeBadge({ row }) {
  if (row.status_code === 'invalid' || isRefused(row)) return null;
  // A key of xAI's API is known by its form.
  if (row.type_read || isApiKey(row)) return html`<span class=${`badge ${TYPE_TONES[row.token_type]}`}>${t(row.token_type)}</span>`;
  if (row.token_type === 'sso') return html`<span class="badge unread" title=${typeInWords(row)}>${t('typeUnread')}</span>`;
  return html`<span class="badge unread" title=${typeInWords(row)}>${t(row.token_type)}<span class="visually-hidden">${`, ${t('typeUnread')}`}</span></span>`;
}

/** Returns whether Grok was asked and refused to say anything of the account. */
const isRefused = (row) => row.status_code === 'expired' && !row.type_read && !isApiKey(row);

/** Returns the type of an account in words. */
export function typeInWords(row) {
  if (row.type_read || isApiKey(row)) return t(row.token_type);
  return isRefused(row) ? common('unknown') : t('typeGiven', { type: t(row.token_type) });
}

export function StateBadge({ state }) {
  return html`<span class=${`badge ${state.tone}`} title=${state.reason}>${state.label}</span>`;
}

/** Draws a past time as relative time, with the exact time as tooltip. */
export const When = ({ time }) => (time === null ? t('never') : html`<time datetime=${new Date(time).toISOString()} title=${dateTime(time)}>${ago(time)}</time>`);
