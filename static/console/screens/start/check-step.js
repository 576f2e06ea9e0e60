// Step two: checks the connection to Grok with one of the accounts, or to xAI's API if there are only keys of it.
import { html, useEffect } from '../../html.js';
import { common } from '../../common.text.js';
import { Notice } from '../../components/states.js';
import { Check, useCheck } from '../../components/upstream-check/check.js';
import { CheckAgain } from '../../components/upstream-check/dialog.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { text } from './text.js';

const t = texts(text);

/** Draws the step. @param {{ recorded: boolean, isApi: boolean, onResult: (ok: boolean) => void, onNext: () => void }} props `recorded` means that this browser's User-Agent was saved with the first account, `isApi` that all accounts are keys of xAI's API */
export function CheckStep({ recorded, isApi, onResult, onNext }) {
  const check = useCheck();
  const isOver = !check.loading;
  const works = isOver && !check.error && check.data.ok;
  useEffect(() => { if (isOver) onResult(works); }, [isOver, works]);
  return html`<p class="muted">${t(isApi ? 'checkLeadApi' : 'checkLead')}</p>
    ${recorded && !isApi && html`<${Notice} action=${html`<a href=${address('settings', { section: 'upstream' })}>${t('toUserAgent')}</a>`}>${t('recorded')}<//>`}
    <${Check} of=${check} isApi=${isApi} />
    <div class="bar">${works
      ? html`<button type="button" class="button primary" onClick=${onNext}>${common('next')}</button>`
      : html`<button type="button" class="button" onClick=${onNext}>${t('goOnAnyway')}</button>`}
      <${CheckAgain} check=${check} /></div>`;
}
