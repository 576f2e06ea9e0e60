// The API key of the playground: created here, revealed from the list, or pasted. It is kept in this tab only.
import { html, useState } from '../../html.js';
import { get, post } from '../../api.js';
import { Action, useBusy } from '../../components/action.js';
import { Dialog, openDialog } from '../../components/dialog.js';
import { Field, Select } from '../../components/field.js';
import { Loaded } from '../../components/states.js';
import { useLoaded } from '../../data.js';
import { texts } from '../../i18n.js';
import { shared } from '../../store.js';
import { text } from './text.js';

const t = texts(text);
const STORED = 'playground-key';

function stored() {
  try { return JSON.parse(sessionStorage.getItem(STORED)); } catch { return null; }
}

/** @type {{ get(): { name: string, key: string } | null }} */
export const chosenKey = shared(stored());
chosenKey.follow((next) => {
  try { sessionStorage.setItem(STORED, JSON.stringify(next)); } catch { /* without storage, the key lasts as long as the page */ }
});

/** Returns whether this tab still has the key; signing out removes it. */
export const keyIsKept = () => stored() !== null;

/** Opens the choice of a key. @returns {Promise<boolean>} whether one was chosen */
export const chooseKey = () => openDialog((close) => html`<${Dialog} title=${t('chooseKey')} onClose=${() => close(false)}><${KeyChoice} done=${() => close(true)} /><//>`);

async function revealable(signal) {
  const { data } = await get('/keys', {}, { signal });
  return data.filter((row) => row.revealable && row.is_active === 1);
}

/** Offers the three ways to get a key. The list that loads later is last, so that nothing moves. */
export function KeyChoice({ done = () => {} }) {
  const keys = useLoaded(revealable);
  const take = (name, key) => {
    chosenKey.set({ name, key });
    done();
  };
  const make = async () => {
    const { data } = await post('/keys/add', { name: t('keyName') });
    take(data.name, data.key);
  };
  return html`<div class="stack key-choice">
    <p class="muted">${t('keyLead')}</p>
    <div class="make-key"><span>${t('makeKeyHint')}</span><${Action} kind="primary" icon="plus" run=${make}>${t('makeKey')}<//></div>
    <${Pasted} take=${take} />
    <${Loaded} of=${keys} lines=${2}>${(rows) => rows.length > 0 && html`<${Listed} rows=${rows} take=${take} />`}<//>
  </div>`;
}

function Listed({ rows, take }) {
  const [id, setId] = useState(String(rows[0].id));
  const use = async () => {
    const row = rows.find((each) => String(each.id) === id);
    take(row.name, (await post('/keys/reveal', { id: row.id })).data.key);
  };
  const options = rows.map((row) => [String(row.id), `${row.name} · ${row.display_key}`]);
  return html`<${Field} label=${t('listedKey')}>${(attributes) => html`<div class="key-line">
    <${Select} ...${attributes} value=${id} options=${options} onChange=${setId} /><${Action} run=${use}>${t('use')}<//></div>`}<//>`;
}

function Pasted({ take }) {
  const [value, setValue] = useState('');
  const [, submit] = useBusy(() => { if (value.trim()) take(t('pastedName'), value.trim()); });
  return html`<form onSubmit=${submit}><${Field} label=${t('pasteKey')}>${(attributes) => html`<div class="key-line">
    <input class="input" type="password" autocomplete="off" placeholder="sk-…" value=${value} onInput=${(event) => setValue(event.currentTarget.value)} ...${attributes} />
    <button type="submit" class="button" disabled=${!value.trim()}>${t('use')}</button></div>`}<//></form>`;
}
