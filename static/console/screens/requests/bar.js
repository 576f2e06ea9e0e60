// The filters of the log; each one writes its value into the URL.
import { html } from '../../html.js';
import { get } from '../../api.js';
import { Select } from '../../components/field.js';
import { Icon } from '../../components/icon.js';
import { SearchField } from '../../components/search-field.js';
import { texts } from '../../i18n.js';
import { RANGES, clearFilter, fromField, isFiltered, setFilter, toField } from './filter.js';
import { text } from './text.js';

const t = texts(text);
const CLASSES = ['2xx', '4xx', '5xx'];
const NUMBERS = ['200', '400', '404', '413', '429', '499', '500', '502', '503', '504'];

/** Loads the choices: the keys, and the models of recent requests. */
export async function loadChoices(signal) {
  const [keys, { data: stats }] = await Promise.all([get('/keys', { limit: 1000 }, { signal }), get('/request-stats', {}, { signal })]);
  const named = keys.data.map(({ id, name }) => [String(id), name]);
  const gone = stats.keys.filter(({ id }) => !named.some(([each]) => each === String(id))).map(({ id, name }) => [String(id), name ?? keyName(id)]);
  return { keys: [...named, ...gone], models: stats.models.map(({ model }) => model).filter(Boolean) };
}

/** Returns the name of a key that is not in the list; id 0 is the setting `api_key`. */
const keyName = (id) => (String(id) === '0' ? t('globalKey') : t('deletedKey', { id: String(id) }));

/** Draws the filters. @param {{ filter: object, choices: object | undefined, rows: object[] }} props `rows` of the log name the account of the filter */
export function Bar({ filter, choices, rows }) {
  const keys = choices?.keys ?? [];
  const models = choices?.models ?? [];
  const withChosen = (list, value, label) => (value === '' || list.some(([each]) => each === value) ? list : [[value, label(value)], ...list]);
  const chooseRange = (range) => setFilter(range === 'custom'
    ? { range, from: filter.from ?? Date.now() - (RANGES[filter.range] ?? RANGES['24h']), to: undefined }
    : { range, from: undefined, to: undefined, ...(range === '' ? { text: undefined } : {}) });
  return html`<div class="bar request-filters" role="search" aria-label=${t('filters')}>
    <${SearchField} label=${t('textLabel')} value=${filter.text} maxlength="200" onChange=${(wanted) => setFilter({ text: wanted.trim() })} />
    <${Select} aria-label=${t('range')} value=${filter.range} onChange=${chooseRange}
      options=${[['', t('anyTime')], ...Object.keys(RANGES).map((range) => [range, t(range)]), ['custom', t('custom')]]} />
    <${Select} aria-label=${t('model')} value=${filter.model} onChange=${(model) => setFilter({ model })}
      options=${[['', t('anyModel')], ...withChosen(models.map((model) => [model, model]), filter.model, String)]} />
    <${Select} aria-label=${t('key')} value=${filter.key} onChange=${(key) => setFilter({ key })}
      options=${[['', t('anyKey')], ...withChosen(keys, filter.key, (key) => (/^\d+$/.test(key) ? keyName(key) : key))]} />
    <${Status} value=${filter.status} />
    ${filter.account && html`<${OfAccount} id=${filter.account} rows=${rows} />`}
    ${isFiltered(filter) && html`<button type="button" class="button quiet" onClick=${clearFilter}>${t('clearFilter')}</button>`}
    ${filter.range === 'custom' && html`<${Custom} filter=${filter} />`}
  </div>`;
}

/** Shows the filter by account, which its details and those of a request set, with a button that removes it. */
function OfAccount({ id, rows }) {
  const suffix = rows.find((row) => String(row.account_id) === id)?.token_suffix;
  const name = suffix ? `…${suffix}` : `#${id}`;
  return html`<span class="badge accent account-filter"><span>${t('token')} <code>${name}</code></span>
    <button type="button" aria-label=${t('dropAccount', { name })} title=${t('dropAccount', { name })} onClick=${() => setFilter({ account: undefined })}><${Icon} name="close" /></button></span>`;
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

function Custom({ filter }) {
  const isWrong = filter.from !== undefined && filter.to !== undefined && filter.from > filter.to;
  const field = (name) => html`<label class="custom-time"><span>${t(name)}</span>
    <input class="input" type="datetime-local" value=${toField(filter[name])} aria-invalid=${isWrong ? 'true' : undefined} aria-describedby=${isWrong ? 'wrong-range' : undefined}
      onChange=${(event) => setFilter({ range: 'custom', [name]: fromField(event.currentTarget.value) })} /></label>`;
  return html`<div class="custom-range">${field('from')}${field('to')}${isWrong && html`<p class="field-error" id="wrong-range" role="alert">${t('wrongRange')}</p>`}</div>`;
}
