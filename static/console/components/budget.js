// The daily budget for xAI's API: the dialog that changes it, and its words.
import { html, useState } from '../html.js';
import { common } from '../common.text.js';
import { dollars, exactDollars } from '../format.js';
import { texts } from '../i18n.js';
import { BusyButton, useBusy } from './action.js';
import { text } from './budget.text.js';
import { Dialog, openDialog } from './dialog.js';
import { Field } from './field.js';
import { toast } from './toast.js';

const t = texts(text);
/** The greatest budget that the gateway takes, in US dollars. */
const MOST = 100_000;

/** Returns the budget that was entered: a number, null for none, undefined if it is not allowed. */
export function amountIn(entered) {
  const typed = entered.trim();
  if (typed === '') return null;
  return /^\d{1,6}(\.\d{1,6})?$/.test(typed) && Number(typed) <= MOST ? Number(typed) : undefined;
}

/** Returns a number as it is typed, without an exponent. */
const typedOf = (amount) => (amount === null ? '' : amount.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 6 }));

/**
 * Asks for the daily budget of accounts or keys, and saves it.
 * @param {{ rows: { daily_budget_usd: number | null }[], name: string, kind: 'account' | 'key', save: (budget: number | null) => Promise<number> }} props
 *   `name` is that of the only row; `save` returns how many were changed
 * @returns {Promise<boolean>} whether it was saved
 */
export const askBudget = (props) => openDialog((close) => html`<${Budget} ...${props} close=${close} />`).then((done) => done === true);

function Budget({ rows, name, kind, save, close }) {
  const [first] = rows;
  const [entered, enter] = useState(rows.every((row) => row.daily_budget_usd === first.daily_budget_usd) ? typedOf(first.daily_budget_usd) : '');
  const amount = amountIn(entered);
  const isWrong = amount === undefined;
  const [busy, submit] = useBusy(async () => {
    if (isWrong) return;
    toast.ok(t('saved', { n: await save(amount) }));
    close(true);
  });
  return html`<${Dialog} title=${rows.length === 1 ? t('titleOf', { name }) : t('titleOfMany', { n: rows.length })} onClose=${() => close()} footer=${html`
      <button type="button" class="button" onClick=${() => close()}>${common('cancel')}</button>
      <${BusyButton} type="submit" form="daily-budget" kind="primary" busy=${busy} disabled=${isWrong}>${common('save')}<//>`}>
    <form id="daily-budget" noValidate onSubmit=${submit}><${Field} label=${t('amount')} hint=${`${t('amountHint')} ${t(`reached_${kind}`)}`} error=${isWrong && t('wrong')}>${(attributes) => html`
      <input class="input" autofocus inputmode="decimal" autocomplete="off" value=${entered} onInput=${(event) => enter(event.currentTarget.value)} ...${attributes} />`}<//></form>
  <//>`;
}

/** Returns the name of the budget, for menus and lists. */
export const budgetTitle = () => t('title');

/** Returns a budget in words: the amount, or that there is none. */
export const budgetInWords = (amount) => (amount === null ? t('none') : exactDollars(amount));

/** Draws what was spent today, and of which budget. @param {{ row: { daily_budget_usd: number | null, spent_today_usd: number } }} props */
export function SpentToday({ row: { daily_budget_usd: budget, spent_today_usd: spent } }) {
  return html`<span class="number">${dollars(spent)}</span>${budget !== null && html` <span class="muted number">${t('ofBudget', { budget: exactDollars(budget) })}</span>`}`;
}
