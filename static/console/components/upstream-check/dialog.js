// The connection check as a dialog, and the buttons that open and repeat it.
import { html } from '../../html.js';
import { common } from '../../common.text.js';
import { texts } from '../../i18n.js';
import { loadStyle } from '../../styles.js';
import { Action, BusyButton } from '../action.js';
import { Dialog, openDialog } from '../dialog.js';
import { Check, isOfKey, useCheck } from './check.js';
import { text } from './text.js';

const t = texts(text);
export const style = new URL('./style.css', import.meta.url).href;

/** Opens the check and resolves when it is closed. @param {number} [id] of the account; without it the gateway chooses one @param {boolean} [isApi] whether it is a key of xAI's API */
export async function checkConnection(id, isApi = false) {
  await loadStyle(style);
  return openDialog((close) => html`<${CheckDialog} id=${id} isApi=${isApi} close=${close} />`);
}

function CheckDialog({ id, isApi, close }) {
  const check = useCheck(id);
  return html`<${Dialog} title=${t(isOfKey(check.data, isApi) ? 'titleApi' : 'title')} onClose=${() => close()} footer=${html`<${CheckAgain} check=${check} />
    <button type="button" class="button" onClick=${() => close()}>${common('close')}</button>`}><${Check} of=${check} isApi=${isApi} /><//>`;
}

/** The button that repeats the check. @param {{ check: ReturnType<typeof useCheck> }} props */
export const CheckAgain = ({ check }) => html`<${BusyButton} icon="refresh" busy=${check.loading} onClick=${() => { if (!check.loading) check.reload(); }}>${t('again')}<//>`;

/** The button next to an error of Grok that opens the check. @param {{ id?: number, isApi?: boolean }} props */
export const FindOutWhy = ({ id, isApi }) => html`<${Action} kind="small" run=${() => checkConnection(id, isApi)}>${t('findOut')}<//>`;
