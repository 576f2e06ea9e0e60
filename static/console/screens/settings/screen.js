// The settings screen: a form drawn from the gateway's schema, and the sections Administrator and About.
import { html, useEffect, useState } from '../../html.js';
import { get } from '../../api.js';
import { Action, BusyButton } from '../../components/action.js';
import { Loaded, Notice } from '../../components/states.js';
import { checkConnection } from '../../components/upstream-check/dialog.js';
import { useLoaded } from '../../data.js';
import { texts } from '../../i18n.js';
import { address, go, useRoute } from '../../router.js';
import { About } from './about.js';
import { Account } from './account.js';
import { useForm } from './form.js';
import { groupOf, GROUPS, idOf, SECTIONS } from './groups.js';
import { controlOf, Setting } from './setting.js';
import { text } from './text.js';

export const style = new URL('./style.css', import.meta.url).href;
const t = texts(text);

async function load(signal) {
  const [stored, { data: schema }] = await Promise.all([get('/settings', {}, { signal }), get('/settings/schema', {}, { signal })]);
  // The password has a separate form, which also asks for the current one.
  return { ...stored, values: stored.data, schema: schema.filter((definition) => idOf(definition) !== 'global.admin_password') };
}

export function Screen() {
  const stored = useLoaded(load);
  const { query } = useRoute();
  const section = SECTIONS.includes(query.section) ? query.section : SECTIONS[0];
  const [wanted, setWanted] = useState(null);
  const lead = (definition) => {
    go('settings', { section: groupOf(definition) });
    setWanted({ id: idOf(definition) });
  };
  const form = useForm(stored.data, stored.reload, lead);
  // Focus the setting after it is drawn, possibly in another section.
  useEffect(() => {
    const control = wanted && controlOf(wanted.id);
    if (!control) return;
    control.focus();
    setWanted(null);
  }, [wanted, section]);
  return html`<div class="screen">
    <div class="screen-head"><h1>${t('title')}</h1></div>
    <div class="settings">
      <${Sections} section=${section} changed=${form.changed} />
      <div class="stack settings-body">
        <${Loaded} of=${stored} lines=${8}>${(data) => (GROUPS.includes(section)
          ? html`<${Group} key=${section} section=${section} data=${data} form=${form} />`
          : html`<${section === 'account' ? Account : About} stored=${data} unsaved=${form.changed.length} />`)}<//>
        ${form.changed.length > 0 && html`<${SaveBar} form=${form} />`}
      </div>
    </div>
  </div>`;
}

function Sections({ section, changed }) {
  const touched = new Set(changed.map(groupOf));
  return html`<nav class="settings-sections" aria-label=${t('sections')}><ul>${SECTIONS.map((name) => html`<li key=${name}>
    <a href=${address('settings', { section: name })} aria-current=${name === section ? 'page' : undefined}>${t(name)}
      ${touched.has(name) && html`<span class="unsaved-mark" role="img" aria-label=${t('unsavedHere')} title=${t('unsavedHere')} />`}</a></li>`)}
  </ul></nav>`;
}

/** Returns whether the secret itself is stored; of an API key there is only a hash. */
const isStored = ({ type, format }) => type === 'secret' && format !== 'api_key';

function Group({ section, data, form }) {
  const definitions = data.schema.filter((definition) => groupOf(definition) === section);
  return html`<form class="card settings-form" noValidate aria-label=${t(section)} onSubmit=${(event) => { event.preventDefault(); form.save(); }}>
    <div><h2>${t(section)}</h2><p class="muted">${t(`${section}Lead`)}</p></div>
    ${!data.encryption_key_set && definitions.some(isStored) && html`<${Notice} kind="warn">${t('noEncryptionKey')}<//>`}
    ${definitions.map((definition) => html`<${Setting} key=${idOf(definition)} definition=${definition}
      value=${data.values[definition.section][definition.name]} isSet=${data.values[definition.section][`${definition.name}_set`]}
      unreadable=${data.unreadable.includes(definition.name)} draft=${form.drafts[idOf(definition)]} fault=${form.faults[idOf(definition)]}
      onChange=${(value) => form.set(definition, value)} />`)}
    ${section === 'upstream' && html`<div class="bar"><${Action} run=${() => checkConnection()}>${t('checkConnection')}<//><span class="hint">${t('checkHint')}</span></div>`}
    ${/* Enter in a field submits only if the form has a submit button. */ ''}
    <button type="submit" class="visually-hidden" tabindex="-1" aria-hidden="true">${t('saveChanges')}</button>
  </form>`;
}

function SaveBar({ form }) {
  const faults = Object.keys(form.faults).length;
  return html`<div class="card save-bar" role="region" aria-label=${t('unsaved')}>
    <p role="status">${faults > 0 ? t('invalidCount', { n: faults }) : t('unsavedCount', { n: form.changed.length })}</p>
    <button type="button" class="button" onClick=${form.discard}>${t('discard')}</button>
    <${BusyButton} kind="primary" busy=${form.isSaving} onClick=${form.save}>${t('saveChanges')}<//>
  </div>`;
}
