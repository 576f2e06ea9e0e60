// The filters of the log; each one writes its value into the URL.
import { html } from '../../html.js';
import { CustomRange, KeyChoice, ModelChoice, OfAccount, RangeChoice } from '../../components/filters.js';
import { SearchField } from '../../components/search-field.js';
import { texts } from '../../i18n.js';
import { clearFilter, isFiltered, setFilter } from './filter.js';
import { text } from './text.js';

const t = texts(text);
const CLASSES = ['2xx', '4xx', '5xx'];
const NUMBERS = ['200', '400', '404', '413', '429', '499', '500', '502', '503', '504'];

/** Draws the filters. @param {{ filter: object, choices: object | undefined, rows: object[] }} props `rows` of the log name the account of the filter */
export function Bar({ filter, choices, rows }) {
  // A text is searched within a time range, so the choice of all time removes it.
  const chooseRange = (changes) => setFilter({ ...changes, ...(changes.range === '' ? { text: undefined } : {}) });
  return html`<div class="bar filters" role="search" aria-label=${t('filters')}>
    <${SearchField} label=${t('textLabel')} value=${filter.text} maxlength="200" onChange=${(wanted) => setFilter({ text: wanted.trim() })} />
    <${RangeChoice} filter=${filter} change=${chooseRange} />
    <${ModelChoice} models=${choices?.models ?? []} value=${filter.model} change=${setFilter} />
    <${KeyChoice} keys=${choices?.keys ?? []} value=${filter.key} change=${setFilter} />
    <${Status} value=${filter.status} />
    ${filter.account && html`<${OfAccount} id=${filter.account} rows=${rows} change=${setFilter} />`}
    ${isFiltered(filter) && html`<button type="button" class="button quiet" onClick=${clearFilter}>${t('clearFilter')}</button>`}
    <${CustomRange} filter=${filter} change=${setFilter} />
  </div>`;
}

function Status({ value }) {
  const option = (each, label = each) => html`<option key=${each} value=${each} selected=${each === value}>${label}</option>`;
  const numbers = value === '' || [...CLASSES, ...NUMBERS, 'success', 'error'].includes(value) ? NUMBERS : [value, ...NUMBERS];
  return html`<select class="input" aria-label=${t('status')} value=${value} onChange=${(event) => setFilter({ status: event.currentTarget.value })}>
    ${option('', t('anyStatus'))}${option('success', t('success'))}${option('error', t('error'))}
    <optgroup label=${t('classes')}>${CLASSES.map((each) => option(each))}</optgroup>
    <optgroup label=${t('numbers')}>${numbers.map((each) => option(each))}</optgroup>
  </select>`;
}
