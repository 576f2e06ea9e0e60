// The details of one account, and its actions.
import { html, useEffect, useState } from '../../html.js';
import { explain } from '../../api.js';
import { accountName } from '../../components/account-name.js';
import { Action, BusyButton, useBusy } from '../../components/action.js';
import { common } from '../../common.text.js';
import { Copy } from '../../components/copy.js';
import { Dialog, openDialog } from '../../components/dialog.js';
import { Field } from '../../components/field.js';
import { Empty, Notice } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { checkConnection, FindOutWhy } from '../../components/upstream-check/dialog.js';
import { useEvery, useLoaded } from '../../data.js';
import { dateTime, number } from '../../format.js';
import { texts } from '../../i18n.js';
import { address, go } from '../../router.js';
import { Countdown, StateBadge, TypeBadge, typeInWords, When } from './badges.js';
import { MAX_NOTE } from './bulk.js';
import { deleteTokens, reveal, setEnabled, setNote, setTags, testToken, tokenOf } from './change.js';
import { describe, explainFault, isApiKey, modelName } from './describe.js';
import { loadTags } from './filters.js';
import { MODES, POOLS, QuotaList } from './quota.js';
import { SpendingList } from './spending.js';
import { TagInput, tagsError } from './tags.js';
import { text } from './text.js';

const t = texts(text);
const AGAIN_MS = 15_000;
const HIDDEN_AFTER_MS = 30_000;

/** Opens the details and resolves when they are closed. @param {{ row: object, isTest?: boolean, reload(): unknown }} props `isTest` starts a test immediately */
export const showToken = (props) => openDialog((close) => html`<${Drawer} ...${props} close=${close} />`);

/** Opens the details of an account by its id. @throws {ApiError} if the list cannot be loaded */
export async function showTokenOf(id, reload) {
  const row = await tokenOf(id);
  if (row === null) return toast.ok(t('gone'));
  return showToken({ row, reload });
}

function Drawer({ row: first, isTest = false, reload: reloadList, close }) {
  const loaded = useLoaded((signal) => tokenOf(first.id, signal));
  const known = useLoaded(loadTags);
  useEvery(AGAIN_MS, loaded.reload);
  const row = loaded.data === undefined ? first : loaded.data;
  const reload = async () => { await Promise.all([loaded.reload(), known.reload(), reloadList()]); };
  const title = accountName(first.id, first.token_suffix);
  if (row === null) return html`<${Dialog} kind="drawer" title=${title} onClose=${() => close()}><${Empty} icon="trash" title=${t('gone')} /><//>`;
  const isDisabled = row.status_code === 'disabled';
  const remove = async () => {
    if (!(await deleteTokens([row]))) return;
    reloadList();
    close();
  };
  return html`<${Dialog} kind="drawer" title=${html`<code>${title}</code> <${TypeBadge} row=${row} />`} onClose=${() => close()} footer=${html`
      <${Action} kind="danger" icon="trash" run=${remove}>${common('delete')}<//>
      <${Action} icon=${isDisabled ? 'check' : 'stop'} run=${async () => { await setEnabled([row], isDisabled); await reload(); }}>${common(isDisabled ? 'enable' : 'disable')}<//>`}>
    ${loaded.error && html`<${Notice} kind="warn">${explain(loaded.error)}<//>`}
    <${State} row=${row} />
    ${row.status_code === 'duplicate' && html`<${Other} key=${row.duplicate_of} id=${row.duplicate_of} reload=${reloadList} close=${close} />`}
    <${Test} row=${row} atOnce=${isTest} reload=${reload} close=${close} />
    ${isApiKey(row) ? html`<${SpendingList} row=${row} reload=${reload} />`
      : row.status_code !== 'invalid' && html`<${QuotaList} title=${t('quotaByMode')} quotas=${row.quotas} /><${QuotaList} title=${t('quotaOfMedia')} quotas=${row.media_quotas} />`}
    <${Value} row=${row} />
    <${TagsForm} key=${`tags ${row.tags.join()}`} row=${row} known=${known.data ?? []} reload=${reload} />
    <${NoteForm} key=${`note ${row.note}`} row=${row} reload=${reload} />
    <${Facts} row=${row} />
  <//>`;
}

function State({ row }) {
  const state = describe(row);
  return html`<section class="token-state">
    <p><${StateBadge} state=${state} /> <span>${state.reason}</span>${state.until !== null && html` <${Countdown} until=${state.until} />`}</p>
    ${state.help && html`<p class="hint">${state.help}</p>`}</section>`;
}

/** Names the account that serves in the place of a duplicate, and opens it. */
function Other({ id, reload, close }) {
  const other = useLoaded((signal) => tokenOf(id, signal));
  const open = () => {
    close();
    showToken({ row: other.data, reload });
  };
  return html`<p>${t('servedBy')} ${other.data ? html`<button type="button" class="link-button" onClick=${open}><code>${accountName(other.data.id, other.data.token_suffix)}</code></button>` : other.data === null ? t('gone') : '…'}</p>`;
}

function Test({ row, atOnce, reload, close }) {
  const [result, setResult] = useState(null);
  const [busy, start] = useBusy(async () => {
    setResult(null);
    setResult(await testToken(row));
    await reload();
  });
  useEffect(() => { if (atOnce) start(); }, []);
  const check = async () => {
    await checkConnection(row.id, isApiKey(row));
    await reload();
  };
  const link = (words, screen) => html`<a class="button" href=${address(screen, { account: row.id })} onClick=${(event) => { event.preventDefault(); close(); go(screen, { account: row.id }); }}>${words}</a>`;
  return html`<section class="token-test"><div class="bar"><${BusyButton} busy=${busy} onClick=${start}>${t('testNow')}<//><${Action} run=${check}>${t('checkConnection')}<//>
      ${link(t('itsRequests'), 'requests')}${link(t('itsMedia'), 'media')}</div>
    <div role="status">${result && html`<${Notice} kind=${result.outcome === 'ok' ? 'ok' : result.outcome === 'expired' ? 'danger' : 'warn'}
      action=${result.isUnreached && html`<${FindOutWhy} id=${row.id} isApi=${isApiKey(row)} />`}>${result.words}<//>`}</div></section>`;
}

/** Shows the unmasked token on request, for 30 seconds. */
function Value({ row }) {
  const [value, setValue] = useState(null);
  useEffect(() => {
    if (value === null) return undefined;
    const timer = setTimeout(() => setValue(null), HIDDEN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return html`<section class="stack"><h3>${t(isApiKey(row) ? 'value_xai' : 'value')}</h3>
    <code class="token-value">${value ?? `••••••••${row.token_suffix}`}</code>
    ${value !== null && html`<p class="hint">${t(isApiKey(row) ? 'careful_xai' : 'careful')}</p>`}
    <div class="bar">${value === null
      ? html`<${Action} kind="small" icon="eye" run=${async () => setValue(await reveal(row))}>${t('reveal')}<//>`
      : html`<button type="button" class="button small" onClick=${() => setValue(null)}>${t('hide')}</button>`}
      <${Copy} kind="small" text=${() => reveal(row)} label=${t(isApiKey(row) ? 'copyValue_xai' : 'copyValue')} showLabel /></div></section>`;
}

function TagsForm({ row, known, reload }) {
  const [tags, change] = useState(row.tags);
  const [typing, setTyping] = useState(false);
  const error = tagsError(tags);
  const isSame = !typing && tags.join('\n') === row.tags.join('\n');
  const [busy, submit] = useBusy(async () => {
    if (error || isSame) return;
    await setTags([row], tags);
    await reload();
  });
  return html`<form class="stack" onSubmit=${submit}>
    <${Field} label=${t('tags')} hint=${t('tagsHint')} error=${error}>${(attributes) => html`<${TagInput} tags=${tags} setTags=${change} known=${known} typing=${setTyping} ...${attributes} />`}<//>
    <${Save} label=${t('saveTags')} busy=${busy} disabled=${isSame || Boolean(error)} /></form>`;
}

function NoteForm({ row, reload }) {
  const [note, change] = useState(row.note);
  const error = [...note].length > MAX_NOTE ? t('noteTooLong') : undefined;
  const isSame = note.trim() === row.note;
  const [busy, submit] = useBusy(async () => {
    if (error || isSame) return;
    await setNote([row], note);
    await reload();
  });
  return html`<form class="stack" onSubmit=${submit}>
    <${Field} label=${t('note')} error=${error}>${(attributes) => html`<textarea class="input token-note" value=${note} onInput=${(event) => change(event.currentTarget.value)} ...${attributes} />`}<//>
    <${Save} label=${t('saveNote')} busy=${busy} disabled=${isSame || Boolean(error)} /></form>`;
}

const Save = ({ label, busy, disabled }) => html`<div><${BusyButton} type="submit" kind="small" busy=${busy} disabled=${disabled}>${label}<//></div>`;

function Facts({ row }) {
  const now = Date.now();
  // Those of modes and pools are in the lists of quotas.
  // A key of xAI's API rests as a whole, which its state says.
  const running = isApiKey(row) ? [] : row.cooldowns.filter(({ name, until }) => until > now && ![...MODES, ...POOLS].includes(name));
  const facts = [
    ['type', typeInWords(row)],
    !isApiKey(row) && ['userId', row.user_id_suffix === '' ? common('unknown') : html`<code>…${row.user_id_suffix}</code>`],
    ['readTime', html`<${When} time=${row.read_time} />`],
    running.length > 0 && ['cooldowns', html`<ul>${running.map(({ name, until }) => html`<li key=${name}><code>${modelName(name)}</code> <${Countdown} until=${until} /> <span class="muted">${t('resets', { time: dateTime(until) })}</span></li>`)}</ul>`],
    ['lastUsed', html`<${When} time=${row.last_used_time} />`],
    ['lastFailure', row.last_failure_time === null ? t('noFailure') : html`<${When} time=${row.last_failure_time} />: ${explainFault(row.last_failure_reason, isApiKey(row))}`],
    row.strikes > 0 && ['strikes', number(row.strikes)],
    ['added', dateTime(row.created_time)],
    ['serverReason', row.state_reason],
    ['id', String(row.id)],
  ].filter(Boolean);
  return html`<section><h3>${t('facts')}</h3><dl class="facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${t(name)}</dt><dd>${value}</dd></div>`)}</dl></section>`;
}
