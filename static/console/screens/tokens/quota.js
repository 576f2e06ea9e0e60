// The quotas of an account, by chat mode: in short for rows and results, in full for the details.
import { html } from '../../html.js';
import { dateTime, number } from '../../format.js';
import { texts } from '../../i18n.js';
import { Countdown } from './badges.js';
import { text } from './text.js';

const t = texts(text);

/** The chat modes, in the order of the admin API. */
export const MODES = ['auto', 'fast', 'expert', 'heavy'];
/** The pools of pictures and videos, in the order of the admin API. */
export const POOLS = ['image', 'image_pro', 'image_edit', 'video'];
const TONES = { left: 'ok', used_up: 'warn', cooling: 'info', not_granted: '', unknown: '' };

const isKnown = ({ remaining }) => remaining !== null && remaining !== undefined;

/** Returns the numbers of a mode, such as "5/7"; empty if Grok has not said them. */
export function quotaNumbers({ remaining, total }) {
  if (!isKnown({ remaining })) return '';
  return total === null || total === undefined ? number(remaining) : `${number(remaining)}/${number(total)}`;
}

/** Returns the type and the quotas that a test or a refresh read, as one line; of a key of xAI's API how many models. Modes without quota are left out. */
export function readInWords({ token_type: type, quotas, models }) {
  if (models) return [t(type), t('modelCount', { n: models.length })].join(' · ');
  const own = (quotas ?? []).filter((quota) => isKnown(quota) && quota.total !== 0);
  return [t(type), ...own.map((quota) => `${quota.mode} ${quotaNumbers(quota)}`)].join(' · ');
}

/** Returns the state of a mode in words. */
export function quotaInWords({ state, remaining, total }) {
  if (state !== 'left' || !isKnown({ remaining })) return t(`q_${state}`);
  return total === null ? t('quotaLeft', { n: remaining }) : t('quotaOf', { n: remaining, total });
}

/** Returns what the state of a mode means and when it changes. */
export function quotaHelp({ state, until }) {
  const help = { used_up: 'usedUpHelp', cooling: 'modeCoolingHelp', not_granted: 'notGrantedHelp', unknown: 'unknownHelp' }[state];
  const time = until !== null && t(state === 'left' ? 'validUntil' : 'backAt', { time: dateTime(until) });
  return [time, help && t(help)].filter(Boolean).join(' ');
}

/** Draws the modes that an account has, in one or two short lines. */
export function Quotas({ quotas }) {
  const own = quotas.filter(({ state }) => state !== 'not_granted');
  if (own.every(({ state }) => state === 'unknown')) return html`<span class="muted no-quota">${t('q_unknown')}</span>`;
  return html`<span class="quotas">${own.map((quota) => html`<${Mode} key=${quota.mode} quota=${quota} />`)}</span>`;
}

function Mode({ quota }) {
  const { mode, state } = quota;
  const isCounted = isKnown(quota);
  const words = `${quotaInWords(quota)}. ${quotaHelp(quota)}`;
  return html`<span class=${`mode mode-${state}`} title=${`${mode}: ${words}`}><span class="muted">${mode}</span> <b class="number">${isCounted ? number(quota.remaining) : '–'}${
    isCounted && quota.total !== null && html`<span class="mode-total">/${number(quota.total)}</span>`}</b>${
    (state === 'cooling' || !isCounted) && html`<span class="visually-hidden"> ${t(`q_${state}`)}</span>`}</span>`;
}

/** Draws all modes, or all pools of media, with their state, what it means, and when it ends. @param {{ quotas: object[], title: string }} props */
export function QuotaList({ quotas, title }) {
  if (quotas.every(({ state }) => state === 'unknown')) return html`<section><h3>${title}</h3><p class="hint">${t('noneKnown')}</p></section>`;
  return html`<section><h3>${title}</h3><dl class="facts quota-list">${quotas.map((quota) => html`<div key=${quota.mode}>
    <dt>${POOLS.includes(quota.mode) ? t(`pool_${quota.mode}`) : html`<code>${quota.mode}</code>`}</dt>
    <dd><span class=${`badge number ${TONES[quota.state]}`}>${quotaInWords(quota)}</span>${isResting(quota) && html` <${Countdown} until=${quota.until} />`}
      <p class="hint">${quotaHelp(quota)}</p></dd></div>`)}</dl></section>`;
}

const isResting = ({ state, until }) => until !== null && ['used_up', 'cooling'].includes(state);
