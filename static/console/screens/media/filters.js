// The filters of the gallery; each one writes its value into the URL.
import { html } from '../../html.js';
import { Select } from '../../components/field.js';
import { CustomRange, KeyChoice, ModelChoice, OfAccount, RangeChoice } from '../../components/filters.js';
import { SearchField } from '../../components/search-field.js';
import { texts } from '../../i18n.js';
import { address, useRoute } from '../../router.js';
import { KINDS, STATES, clearFilter, isFiltered, setFilter } from './filter.js';
import { text } from './text.js';

const t = texts(text);

/** Draws the choice between pictures and videos; the other filters stay. */
export function Kinds({ kind }) {
  const { query } = useRoute();
  return html`<nav class="bar" aria-label=${t('kinds')}>${['', ...KINDS].map((each) => html`
    <a key=${each} class=${`button ${each === kind ? 'primary' : ''}`} aria-current=${each === kind ? 'page' : undefined} href=${address('media', { ...query, kind: each })}>${t(each || 'all')}</a>`)}</nav>`;
}

/** Draws the filters. @param {{ filter: object, choices: object | undefined, rows: object[] }} props `rows` of the list name further models and the account */
export function Filters({ filter, choices, rows }) {
  const models = [...new Set([...(choices?.models ?? []), ...rows.map(({ model }) => model)])].filter(Boolean);
  return html`<div class="bar filters" role="search" aria-label=${t('filters')}>
    <${SearchField} label=${t('textLabel')} value=${filter.text} maxlength="200" onChange=${(wanted) => setFilter({ text: wanted.trim() })} />
    <${RangeChoice} filter=${filter} change=${setFilter} />
    <${ModelChoice} models=${models} value=${filter.model} change=${setFilter} />
    <${KeyChoice} keys=${choices?.keys ?? []} value=${filter.key} change=${setFilter} />
    <${Select} aria-label=${t('state')} value=${filter.state} onChange=${(state) => setFilter({ state })}
      options=${[['', t('anyState')], ...STATES.map((state) => [state, t(`s_${state}`)])]} />
    ${filter.account && html`<${OfAccount} id=${filter.account} rows=${rows} change=${setFilter} />`}
    ${isFiltered(filter) && html`<button type="button" class="button quiet" onClick=${clearFilter}>${t('clearFilter')}</button>`}
    <${CustomRange} filter=${filter} change=${setFilter} />
    ${filter.state && html`<p class="hint state-meaning">${t(`m_${filter.state}`)}</p>`}
  </div>`;
}
