// The refresh of all accounts: its button, progress and results.
import { html, useEffect, useState } from '../../html.js';
import { explain, get } from '../../api.js';
import { accountName } from '../../components/account-name.js';
import { Action } from '../../components/action.js';
import { common } from '../../common.text.js';
import { Dialog, openDialog } from '../../components/dialog.js';
import { Icon } from '../../components/icon.js';
import { Empty, Failed, Skeleton } from '../../components/states.js';
import { useEvery, useLoaded, useNow } from '../../data.js';
import { ago, countdown } from '../../format.js';
import { texts } from '../../i18n.js';
import { kept, useShared } from '../../store.js';
import { explainFault } from './describe.js';
import { cancelRefresh, follow, job, startRefresh, timeLeft } from './job.js';
import { readInWords } from './quota.js';
import { OutcomeChips, ResultList } from './results.js';
import { text } from './refresh.text.js';

const t = texts(text);
/** Poll interval in milliseconds for a refresh that another session starts. */
const LOOK_MS = 15_000;
/** Reload interval of the list during a refresh, in milliseconds. */
const LIST_MS = 4_000;
/** Age in milliseconds after which a result is hidden. */
const SHOWN_MS = 60 * 60_000;
const PAGE = 200;

/** Start time of the refresh whose result was dismissed. */
const dismissed = kept('refresh-dismissed', '');

export function RefreshButton() {
  const { progress } = useShared(job);
  return html`<${Action} icon="refresh" disabled=${progress?.running === true} run=${startRefresh}>${t('refreshAll')}<//>`;
}

/** Returns whether the first progress has arrived. The content below the panel waits for it, so that it does not move. */
export function usePanelKnown() {
  const { progress, trouble } = useShared(job);
  return progress !== null || trouble !== '';
}

/** Draws the panel. @param {{ reload(): unknown }} props `reload` loads the list again */
export function RefreshPanel({ reload }) {
  const { progress, trouble } = useShared(job);
  const put = useShared(dismissed);
  const running = progress?.running === true;
  useEffect(() => { follow(); }, []);
  useEvery(LOOK_MS, follow);
  useEvery(running ? LIST_MS : null, reload);
  const [wasRunning, setWasRunning] = useState(false);
  useEffect(() => {
    if (wasRunning && !running) reload();
    setWasRunning(running);
  }, [running]);
  if (running) return html`<${Bar} progress=${progress} trouble=${trouble} />`;
  const isShown = progress && progress.started_at !== null && Date.now() - progress.updated_at < SHOWN_MS && put !== String(progress.started_at);
  return isShown && html`<${Summary} progress=${progress} />`;
}

const Counts = ({ progress: { success, failed } }) => html`<span class="number muted">${t('counts', { success, failed })}</span>`;
const ResultsButton = () => html`<button type="button" class="button small" onClick=${showResults}>${t('details')}</button>`;

function Bar({ progress, trouble }) {
  const { current, total } = progress;
  const left = timeLeft(progress);
  return html`<section class="card refresh-panel" aria-label=${t('running')}>
    <div class="spread"><span class="refresh-words"><b>${t('running')}</b> <span class="number">${t('progress', { current, total })}</span> <${Counts} progress=${progress} /></span>
      <span class="bar"><${ResultsButton} /><${Action} kind="small" icon="stop" run=${cancelRefresh}>${t('cancel')}<//></span></div>
    <progress class="progress" aria-label=${t('running')} max=${total} value=${current} />
    <p class="hint">${trouble ? t('trouble', { reason: trouble }) : html`${left !== null && html`<span class="number">${t('left', { time: countdown(Math.max(1, Math.round(left / 1000))) })}</span> · `}${t('stays')}`}</p>
  </section>`;
}

function Summary({ progress }) {
  const now = useNow(30_000);
  const words = progress.total === 0 ? t('nothing') : t(progress.state === 'cancelled' ? 'cancelled' : 'done', { time: ago(progress.updated_at, now) });
  return html`<section class="card refresh-panel done" role="status"><div class="spread"><span class="refresh-words"><span><${Icon} name=${progress.state === 'cancelled' ? 'info' : 'check'} /> <b>${words}</b></span> <${Counts} progress=${progress} /></span>
    <span class="bar">${progress.total > 0 && html`<${ResultsButton} />`}<button type="button" class="icon-button" aria-label=${t('dismiss')} title=${t('dismiss')} onClick=${() => dismissed.set(String(progress.started_at))}><${Icon} name="close" /></button></span></div></section>`;
}

const showResults = () => openDialog((close) => html`<${Results} close=${close} />`);

function Results({ close }) {
  const { progress } = useShared(job);
  const [outcome, setOutcome] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const found = useLoaded((signal) => loadResults(outcome, limit, signal), [outcome, limit]);
  useEvery(progress.running ? 3_000 : null, found.reload);
  const choose = (next) => {
    setOutcome(next);
    setLimit(PAGE);
  };
  return html`<${Dialog} kind="wide" title=${t('resultsTitle')} onClose=${() => close()} footer=${html`<button type="button" class="button primary" onClick=${() => close()}>${common('done')}</button>`}>
    <${OutcomeChips} counts=${[['', progress.current], ['ok', progress.success], ['expired', undefined], ['failed', undefined]]} value=${outcome} choose=${choose} />
    ${found.data ? html`<${Found} found=${found.data} error=${found.error} more=${() => setLimit(limit + PAGE)} />` : found.error ? html`<${Failed} error=${found.error} retry=${found.reload} />` : html`<${Skeleton} lines=${8} />`}<//>`;
}

function Found({ found: { results, hasMore }, error, more }) {
  return html`${error && html`<p class="field-error" role="alert">${explain(error)}</p>`}
    ${results.length > 0 ? html`<${ResultList} results=${results} />` : html`<${Empty} icon="search" title=${t('none')} />`}
    ${hasMore && html`<div><button type="button" class="button small" onClick=${more}>${t('loadMore')}</button></div>`}`;
}

/** Loads the first `limit` results page by page, plus one row that shows whether there are more. */
async function loadResults(outcome, limit, signal) {
  const rows = [];
  while (rows.length <= limit) {
    const page = (await get('/tokens/refresh-progress', { results: 1, outcome, limit: 1000, offset: rows.length }, { signal })).data.results;
    rows.push(...page);
    if (page.length < 1000) break;
  }
  const results = rows.slice(0, limit).map((row) => (
    { id: row.id, name: accountName(row.id, row.token_suffix), outcome: row.outcome, words: row.outcome === 'ok' ? readInWords(row) : explainFault(row.reason, row.token_type === 'xai') }));
  return { results, hasMore: rows.length > limit };
}
