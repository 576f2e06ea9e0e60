// The card of what xAI's API has cost: today, this month, and by model.
import { html } from '../../html.js';
import { dollars } from '../../format.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { ShareList } from './shares.js';
import { text } from './text.js';

const t = texts(text);

/** Draws the card if there are keys of xAI's API, or something was spent. @param {{ stats: object, requests: object }} props */
export function Costs({ stats, requests: { models, summary } }) {
  const rows = models.filter(({ cost_usd: cost }) => cost > 0).sort((a, b) => b.cost_usd - a.cost_usd)
    .map(({ model, cost_usd: count }) => ({ id: model, label: model, count, href: address('requests', { model, range: '7d' }) }));
  if (stats.xai.total === 0 && summary.cost_month_usd === 0 && rows.length === 0) return null;
  return html`<section class="card costs" aria-labelledby="costs"><div class="spread pool-head"><h2 id="costs">${t('costs')}</h2><a href=${address('tokens', { type: 'xai' })}>${t('toKeys')}</a></div>
    <div class="costs-parts">
      <dl class="costs-sums">${[['costToday', summary.cost_today_usd], ['costMonth', summary.cost_month_usd]].map(([name, amount]) => html`<div key=${name}>
        <dt class="muted">${t(name)}</dt><dd class="figure">${dollars(amount)}</dd></div>`)}</dl>
      <div class="shares"><h3>${t('costByModel')} <span class="hint">${t('sevenDays')}</span></h3><${ShareList} rows=${rows} empty=${t('noCosts')} inWords=${dollars} /></div>
    </div></section>`;
}
