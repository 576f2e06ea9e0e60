// What a key of xAI's API has spent, and its budget: in short for rows, in full with its models for the details.
import { html } from '../../html.js';
import { Action } from '../../components/action.js';
import { budgetInWords, SpentToday } from '../../components/budget.js';
import { dollars, exactDollars } from '../../format.js';
import { texts } from '../../i18n.js';
import { changeBudget } from './change.js';
import { text } from './spending.text.js';

const t = texts(text);

/** Draws what was spent, in one or two short lines. */
export function Spending({ row }) {
  const { daily_budget_usd: budget } = row;
  return html`<span class="quotas spending"><span class="mode"><span class="muted">${t('today')}</span> <b class="number">${dollars(row.spent_today_usd)}</b>${
    budget !== null && html`<span class="mode-total">/${exactDollars(budget)}</span>`}</span>
    <span class="mode"><span class="muted">${t('month')}</span> <b class="number">${dollars(row.spent_month_usd)}</b></span></span>`;
}

/** Draws what was spent, the budget with a button that changes it, and the models. @param {{ row: object, reload(): Promise<void> }} props */
export function SpendingList({ row, reload }) {
  const change = async () => { if (await changeBudget([row])) await reload(); };
  const facts = [
    ['spentToday', html`<${SpentToday} row=${row} />`],
    ['spentMonth', html`<span class="number">${dollars(row.spent_month_usd)}</span>`],
    row.held_usd > 0 && ['held', html`<span class="number">${dollars(row.held_usd)}</span>`],
    ['budget', html`<span class="budget-line"><span class="number">${budgetInWords(row.daily_budget_usd)}</span><${Action} kind="small" icon="edit" run=${change}>${t('change')}<//></span>`],
  ].filter(Boolean);
  return html`<section><h3>${t('spending')}</h3><dl class="facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${t(name)}</dt><dd>${value}</dd></div>`)}</dl>
      <p class="hint">${t('hint')}</p></section>
    <section><h3>${t('models')}</h3>${row.models.length > 0
      ? html`<ul class="api-models">${row.models.map((id) => html`<li key=${id}><code>${id}</code></li>`)}</ul><p class="hint">${t('modelsHint')}</p>`
      : html`<p class="hint">${t('noModels')}</p>`}</section>`;
}
