// Filters that several screens have: a time range, a model, a key, an account.
import { html } from '../html.js';
import { get } from '../api.js';
import { texts } from '../i18n.js';
import { RANGES, fromField, toField } from '../time-range.js';
import { accountName } from './account-name.js';
import { Select } from './field.js';
import { text } from './filters.text.js';
import { Icon } from './icon.js';

const t = texts(text);

/** Loads the choices: the keys, and the models of recent requests. @returns {Promise<{ keys: [string, string][], models: string[] }>} */
export async function loadChoices(signal) {
  const [keys, { data: stats }] = await Promise.all([get('/keys', { limit: 1000 }, { signal }), get('/request-stats', {}, { signal })]);
  const named = keys.data.map(({ id, name }) => [String(id), name]);
  const gone = stats.keys.filter(({ id }) => !named.some(([each]) => each === String(id))).map(({ id, name }) => [String(id), name ?? keyName(id)]);
  return { keys: [...named, ...gone], models: stats.models.map(({ model }) => model).filter(Boolean) };
}

/** Returns the name of a key that is not in the list; id 0 is the setting `api_key`. */
const keyName = (id) => (String(id) === '0' ? t('globalKey') : t('deletedKey', { id: String(id) }));

const withChosen = (list, value, label) => (value === '' || list.some(([each]) => each === value) ? list : [[value, label(value)], ...list]);

/** Draws the choice of a time range; `CustomRange` has the fields of a custom one. @param {{ filter: object, change: (changes: object) => void }} props */
export function RangeChoice({ filter, change }) {
  const choose = (range) => change(range === 'custom'
    ? { range, from: filter.from ?? Date.now() - (RANGES[filter.range] ?? RANGES['24h']), to: undefined }
    : { range, from: undefined, to: undefined });
  return html`<${Select} aria-label=${t('range')} value=${filter.range} onChange=${choose}
    options=${[['', t('anyTime')], ...Object.keys(RANGES).map((range) => [range, t(range)]), ['custom', t('custom')]]} />`;
}

export function CustomRange({ filter, change }) {
  if (filter.range !== 'custom') return null;
  const isWrong = filter.from !== undefined && filter.to !== undefined && filter.from > filter.to;
  const field = (name) => html`<label class="custom-time"><span>${t(name)}</span>
    <input class="input" type="datetime-local" value=${toField(filter[name])} aria-invalid=${isWrong ? 'true' : undefined} aria-describedby=${isWrong ? 'wrong-range' : undefined}
      onChange=${(event) => change({ range: 'custom', [name]: fromField(event.currentTarget.value) })} /></label>`;
  return html`<div class="custom-range">${field('from')}${field('to')}${isWrong && html`<p class="field-error" id="wrong-range" role="alert">${t('wrongRange')}</p>`}</div>`;
}

/** Draws the choice of a model. @param {{ models: string[], value: string, change: (changes: object) => void }} props */
export const ModelChoice = ({ models, value, change }) => html`<${Select} aria-label=${t('model')} value=${value} onChange=${(model) => change({ model })}
  options=${[['', t('anyModel')], ...withChosen(models.map((model) => [model, model]), value, String)]} />`;

/** Draws the choice of a key. @param {{ keys: [string, string][], value: string, change: (changes: object) => void }} props */
export const KeyChoice = ({ keys, value, change }) => html`<${Select} aria-label=${t('key')} value=${value} onChange=${(key) => change({ key })}
  options=${[['', t('anyKey')], ...withChosen(keys, value, (key) => (/^\d+$/.test(key) ? keyName(key) : key))]} />`;

/** Shows the filter by account, with a button that removes it. @param {{ id: string, rows: object[], change: (changes: object) => void }} props `rows` of the list name the account */
export function OfAccount({ id, rows, change }) {
  const name = accountName(id, rows.find((row) => String(row.account_id) === id)?.token_suffix);
  return html`<span class="badge accent account-filter"><span>${t('account')} <code>${name}</code></span>
    <button type="button" aria-label=${t('dropAccount', { name })} title=${t('dropAccount', { name })} onClick=${() => change({ account: undefined })}><${Icon} name="close" /></button></span>`;
}
