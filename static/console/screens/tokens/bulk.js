// Actions on all selected accounts.
import { html, useState } from '../../html.js';
import { Action, BusyButton, useBusy } from '../../components/action.js';
import { budgetTitle } from '../../components/budget.js';
import { common } from '../../common.text.js';
import { Dialog, openDialog } from '../../components/dialog.js';
import { Field } from '../../components/field.js';
import { Icon } from '../../components/icon.js';
import { Menu } from '../../components/menu.js';
import { toast } from '../../components/toast.js';
import { useLoaded } from '../../data.js';
import { texts } from '../../i18n.js';
import { changeBudget, deleteTokens, setEnabled, setNote, setTags } from './change.js';
import { isApiKey } from './describe.js';
import { loadTags } from './filters.js';
import { useNarrow } from './table.js';
import { TagInput, tagsError } from './tags.js';
import { testTokens } from './testing.js';
import { text } from './text.js';

const t = texts(text);
export const MAX_NOTE = 2000;

/** Draws the bar of actions. @param {{ selection: object, reload(): Promise<void> }} props */
export function BulkBar({ selection, reload }) {
  const isNarrow = useNarrow();
  const rows = [...selection.chosen.values()];
  // Keep the selection, so that several actions can follow; only a deletion clears it.
  const done = (work) => async () => {
    if (await work() !== false) await reload();
  };
  const actions = [
    { label: t('test'), icon: 'play', run: done(() => testTokens(rows)) },
    { label: common('enable'), icon: 'check', run: done(() => setEnabled(rows, true)) },
    { label: common('disable'), icon: 'stop', run: done(() => setEnabled(rows, false)) },
    { label: t('editTags'), icon: 'tag', run: done(() => askTags(rows)) },
    { label: t('editNote'), icon: 'edit', run: done(() => askNote(rows)) },
    // Only keys of xAI's API have a budget.
    ...(rows.every(isApiKey) ? [{ label: budgetTitle(), icon: 'edit', run: done(() => changeBudget(rows)) }] : []),
    { label: common('delete'), icon: 'trash', danger: true, run: done(async () => {
      if (!(await deleteTokens(rows))) return false;
      selection.clear();
      return true;
    }) },
  ];
  const careful = (run) => () => run().catch((error) => toast.error(error));
  return html`<div class="bar bulk-bar" role="group" aria-label=${t('bulk')}>
    <b class="number" role="status">${common('selected', { n: rows.length })}</b>
    ${isNarrow
      ? html`<${Menu} label=${t('bulk')} icon="down" showLabel kind="small" items=${actions.map((item) => ({ ...item, run: careful(item.run) }))} />`
      : actions.map(({ label, icon, danger, run }) => html`<${Action} key=${label} kind=${danger ? 'small danger' : 'small'} icon=${icon} run=${run}>${label}<//>`)}
    ${isNarrow
      ? html`<button type="button" class="icon-button" aria-label=${common('clearSelection')} title=${common('clearSelection')} onClick=${selection.clear}><${Icon} name="close" /></button>`
      : html`<button type="button" class="button small quiet" onClick=${selection.clear}>${common('clearSelection')}</button>`}
  </div>`;
}

const ask = (Ask, rows) => openDialog((close) => html`<${Ask} rows=${rows} close=${close} />`).then((done) => done === true);
const askTags = (rows) => ask(TagsDialog, rows);
const askNote = (rows) => ask(NoteDialog, rows);

function TagsDialog({ rows, close }) {
  const known = useLoaded(loadTags);
  const [tags, change] = useState([]);
  const [typing, setTyping] = useState(false);
  const [mode, setMode] = useState('add');
  const error = tagsError(tags);
  const isEmpty = tags.length === 0 && !typing && mode !== 'replace';
  const [busy, submit] = useBusy(async () => {
    if (error || isEmpty) return;
    await setTags(rows, tags, mode);
    close(true);
  });
  const choice = (value, label) => html`<label key=${value} class="choice"><input type="radio" name="mode" value=${value} checked=${mode === value} onChange=${() => setMode(value)} /><span>${label}</span></label>`;
  return html`<${Dialog} title=${t('tagsTitle', { n: rows.length })} onClose=${() => close()} footer=${html`<${Buttons} form="bulk-tags" busy=${busy} disabled=${Boolean(error) || isEmpty} close=${close} />`}>
    <form id="bulk-tags" class="stack" onSubmit=${submit}>
      <fieldset class="choices"><legend class="legend">${t('tagsChange')}</legend>${choice('add', t('tagAdd'))}${choice('remove', t('tagRemove'))}${choice('replace', t('tagReplace'))}</fieldset>
      <${Field} label=${t('tags')} hint=${mode === 'replace' && tags.length === 0 && !typing ? t('tagNone') : t('tagsHint')} error=${error}>${(attributes) => html`<${TagInput} tags=${tags} setTags=${change} known=${known.data ?? []} typing=${setTyping} autofocus ...${attributes} />`}<//>
    </form><//>`;
}

function NoteDialog({ rows, close }) {
  const [note, change] = useState(rows.every((row) => row.note === rows[0].note) ? rows[0].note : '');
  const error = [...note].length > MAX_NOTE ? t('noteTooLong') : undefined;
  const [busy, submit] = useBusy(async () => {
    if (error) return;
    await setNote(rows, note);
    close(true);
  });
  return html`<${Dialog} title=${t('noteTitle', { n: rows.length })} onClose=${() => close()} footer=${html`<${Buttons} form="bulk-note" busy=${busy} disabled=${Boolean(error)} close=${close} />`}>
    <form id="bulk-note" onSubmit=${submit}><${Field} label=${t('note')} hint=${t('noteHint')} error=${error}>${(attributes) => html`
      <textarea class="input" autofocus value=${note} onInput=${(event) => change(event.currentTarget.value)} ...${attributes} />`}<//></form><//>`;
}

const Buttons = ({ form, busy, disabled, close }) => html`<button type="button" class="button" onClick=${() => close()}>${common('cancel')}</button>
  <${BusyButton} type="submit" form=${form} kind="primary" busy=${busy} disabled=${disabled}>${common('save')}<//>`;
