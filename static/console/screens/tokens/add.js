// Adds accounts: a panel that takes pasted text and files, previews the import, and runs it. The screen opens it in a
// dialog; Get started embeds it.
import { html, useId, useRef, useState } from '../../html.js';
import { explain } from '../../api.js';
import { BusyButton, useBusy } from '../../components/action.js';
import { common } from '../../common.text.js';
import { Dialog, openDialog } from '../../components/dialog.js';
import { Field, Select, Switch } from '../../components/field.js';
import { Icon } from '../../components/icon.js';
import { loadStyle } from '../../styles.js';
import { toast } from '../../components/toast.js';
import { useLoaded, useDebounced } from '../../data.js';
import { bytes } from '../../format.js';
import { texts } from '../../i18n.js';
import { text } from './add.text.js';
import { GROK_TYPES } from './describe.js';
import { Preview } from './preview.js';
import { importAll, OUTCOMES, readFiles } from './sources.js';

const t = texts(text);
export const style = new URL('./add.css', import.meta.url).href;

/**
 * Opens the panel in a dialog.
 * @param {{ name: string, content: string }[]} [files] already dropped files
 * @returns {Promise<boolean>} whether an account was added or updated
 */
export async function addTokens(files = []) {
  await loadStyle(style);
  return (await openDialog((close) => html`<${AddDialog} files=${files} close=${close} />`)) === true;
}

function AddDialog({ files, close }) {
  const form = useId();
  const adding = useAdding(files, ({ recordedUserAgent }) => {
    if (recordedUserAgent) toast.ok(t('recorded'));
    close(true);
  });
  return html`<${Dialog} kind="wide" title=${t('title')} onClose=${() => close(false)} footer=${html`
    <button type="button" class="button" onClick=${() => close(false)}>${common('cancel')}</button><${Submit} adding=${adding} form=${form} />`}><${Form} adding=${adding} id=${form} offersType /><//>`;
}

/**
 * The panel without a dialog.
 * @param {{ onDone(result: { added: number, updated: number, skipped: number, invalid: number, recordedUserAgent: string | null }): void }} props
 */
export function AddTokens({ onDone }) {
  const form = useId();
  const styled = useLoaded(() => loadStyle(style).then(() => true));
  const adding = useAdding([], onDone);
  return styled.data && html`<div class="stack"><${Form} adding=${adding} id=${form} /><div class="add-submit"><${Submit} adding=${adding} form=${form} /></div></div>`;
}

/** Holds the sources, their preview, and the function that imports them. */
function useAdding(given, onDone) {
  const [pasted, paste] = useState('');
  const [files, setFiles] = useState(given);
  const [type, setType] = useState('');
  const [update, setUpdate] = useState(true);
  const sources = files.length > 0 ? files : [{ name: '', content: pasted }];
  const content = useDebounced(pasted, 350);
  const isEmpty = files.length === 0 && pasted.trim() === '';
  const trial = useLoaded(async (signal) => (isEmpty ? null : importAll(sources, { type, update, isTrial: true }, signal)), [content, files, type, update]);
  const isCurrent = !trial.loading && content === pasted && !trial.error;
  const changes = isCurrent && trial.data ? trial.data.added + trial.data.updated : 0;
  const [busy, submit] = useBusy(async () => {
    if (changes === 0) return;
    const { lines, ...result } = await importAll(sources, { type, update, isTrial: false });
    toast.ok(OUTCOMES.filter((outcome) => result[outcome] > 0).map((outcome) => t(`${outcome}Count`, { n: result[outcome] })).join(t('and')));
    paste('');
    setFiles([]);
    onDone(result);
  });
  const take = async (list) => {
    try {
      const read = await readFiles(list);
      setFiles((old) => [...old.filter(({ name }) => !read.some((file) => file.name === name)), ...read]);
    } catch (error) {
      toast.error(error);
    }
  };
  return { pasted, paste, files, setFiles, take, type, setType, update, setUpdate, isEmpty, trial, isCurrent, changes, busy, submit };
}

function Submit({ adding: { trial, changes, busy }, form }) {
  const { added = 0, updated = 0 } = (changes > 0 && trial.data) || {};
  const label = added > 0 && updated > 0 ? t('submitBoth', { added, updated }) : added > 0 ? t('submit', { n: added }) : updated > 0 ? t('submitUpdate', { n: updated }) : t('submitNone');
  return html`<${BusyButton} type="submit" form=${form} kind="primary" busy=${busy} disabled=${!busy && changes === 0}>${label}<//>`;
}

/** Draws the form. @param {{ adding: object, id: string, offersType?: boolean }} props `offersType` lets a person give the type, which counts until Grok is asked */
function Form({ adding, id, offersType = false }) {
  const { type, setType, update, setUpdate, files, isEmpty, trial, isCurrent, submit } = adding;
  return html`<form id=${id} class="add-form" onSubmit=${submit}>
    <div class="stack">
      ${files.length > 0 ? html`<${Files} adding=${adding} />` : html`<${Paste} adding=${adding} />`}
      <${FileButton} adding=${adding} />
      ${offersType && html`<${Field} label=${t('type')} hint=${t('typeHint')}>${(attributes) => html`<div><${Select} value=${type} onChange=${setType}
        options=${[['', t('typeRead')], ...GROK_TYPES.map(([each]) => [each, t(each)])]} ...${attributes} /></div>`}<//>`}
      <${Switch} label=${t('update')} checked=${update} onChange=${setUpdate} />
      <${Help} />
    </div>
    <${Preview} trial=${trial} isEmpty=${isEmpty} isCurrent=${isCurrent} error=${trial.error && wordsOf(trial.error)} />
  </form>`;
}

const wordsOf = (error) => (error.field === 'content' ? t('badContent', { reason: error.message }) : explain(error));

function Paste({ adding: { pasted, paste, take } }) {
  const drop = useDrop(take);
  return html`<${Field} label=${t('paste')} hint=${t('pasteHint')}>${(attributes) => html`<textarea class="input token-paste mono" autofocus spellcheck=${false} autocomplete="off" placeholder=${t('placeholder')}
    value=${pasted} onInput=${(event) => paste(event.currentTarget.value)} ...${drop} ...${attributes} />`}<//>`;
}

/** Returns handlers that take dropped files; the browser handles dropped text. */
const useDrop = (take) => ({
  onDragOver: (event) => { if (hasFiles(event)) event.preventDefault(); },
  onDrop: (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    take(event.dataTransfer.files);
  },
});

export const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');

function Files({ adding: { files, setFiles, take } }) {
  const drop = useDrop(take);
  return html`<div class="field"><span class="legend">${t('paste')}</span><ul class="add-files" ...${drop}>${files.map((file) => html`<li key=${file.name}>
    <span class="add-file-name">${file.name}</span><span class="muted number">${bytes(file.content.length)}</span>
    <button type="button" class="icon-button" aria-label=${t('removeFile', { name: file.name })} onClick=${() => setFiles(files.filter((each) => each !== file))}><${Icon} name="close" /></button></li>`)}</ul></div>`;
}

function FileButton({ adding: { take } }) {
  const input = useRef(null);
  const choose = async (event) => {
    const { files } = event.currentTarget;
    await take([...files]);
    // Allow the same file to be chosen again after a change.
    input.current.value = '';
  };
  return html`<div class="bar"><button type="button" class="button small" onClick=${() => input.current.click()}><${Icon} name="upload" /><span>${t('chooseFile')}</span></button>
    <span class="hint">${t('orDrop')}</span><input ref=${input} type="file" hidden multiple accept=".txt,.csv,.tsv,.json,.jsonl,text/plain,text/csv,application/json" aria-label=${t('chooseFile')} onChange=${choose} /></div>`;
}

function Help() {
  return html`<details class="add-help"><summary>${t('help')}</summary><ol>${['help1', 'help2', 'help3'].map((key) => html`<li key=${key}>${t(key)}</li>`)}</ol><p class="hint">${t('help4')}</p></details>
    <details class="add-help"><summary>${t('helpKey')}</summary><ol>${['helpKey1', 'helpKey2'].map((key) => html`<li key=${key}>${t(key)}</li>`)}</ol><p class="hint">${t('helpKey3')}</p></details>`;
}
