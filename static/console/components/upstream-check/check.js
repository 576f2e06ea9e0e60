// The connection check: its steps with one account, where they fail, and what to do.
import { html, useId, useRef } from '../../html.js';
import { explain, post } from '../../api.js';
import { useLoaded } from '../../data.js';
import { duration } from '../../format.js';
import { optionalTexts, texts } from '../../i18n.js';
import { accountName } from '../account-name.js';
import { Icon } from '../icon.js';
import { Notice } from '../states.js';
import { AccessForm } from './access-form.js';
import { text } from './text.js';

const t = texts(text);
const known = optionalTexts(text);
/** Step names of `/api/upstream/check`, in order: of a Grok account, and of a key of xAI's API. */
const STEPS = ['name', 'connect', 'identity', 'upgrade', 'session'];
const API_STEPS = ['name', 'connect', 'key', 'models'];
/** Matches the gateway's message for a check without an active account. */
const NO_ACCOUNT = /\bno active account\b/i;
/** Advice codes that show `AccessForm`; true adds the field for the cookie. */
const FORMS = { set_user_agent_and_clearance: true, set_user_agent: false };

/**
 * Runs the check immediately, and again on `reload`.
 * @param {number} [id] of the account; without it the gateway chooses one
 * @returns {ReturnType<typeof useLoaded>} with the data of `/api/upstream/check`
 */
export const useCheck = (id) => useLoaded(async (signal) => (await post('/upstream/check', id === undefined ? {} : { id }, { signal })).data, [id]);

/** Returns whether a key of xAI's API was checked. @param {object | undefined} data of `/api/upstream/check` @param {boolean} otherwise without data */
export const isOfKey = (data, otherwise) => (data ? data.steps.some(({ name }) => name === 'key') : otherwise);

/** Draws a check. @param {{ of: ReturnType<typeof useCheck>, isApi?: boolean }} props `isApi` means that a key of xAI's API is checked, until the result says so */
export function Check({ of: check, isApi: expected = false }) {
  const box = useRef(null);
  const verdict = useRef(null);
  const { data, error, loading } = check;
  const result = loading || error ? undefined : data;
  const isApi = isOfKey(data, expected);
  // A successful check removes the form, so move the focus to the verdict.
  const again = async () => {
    if (!box.current) return;
    const had = box.current.contains(document.activeElement);
    await check.reload();
    if (had) requestAnimationFrame(() => { if (!box.current?.contains(document.activeElement)) verdict.current?.focus(); });
  };
  return html`<div ref=${box} class="upstream-check">
    <div ref=${verdict} class="check-verdict" role="status" tabindex="-1"><${Verdict} result=${result} error=${!loading && error} isApi=${isApi} /></div>
    <ol class="check-steps" aria-label=${t('steps')} aria-busy=${loading}>${(result?.steps ?? (isApi ? API_STEPS : STEPS).map((name) => ({ name, state: loading ? 'waiting' : 'skipped' }))).map((step) => html`
      <${Step} key=${step.name} step=${step} host=${data?.host ?? (isApi ? 'api.x.ai' : 'grok.com')} />`)}</ol>
    ${result?.advice.length > 0 && html`<${Advice} result=${result} again=${again} />`}
    <${Facts} result=${data} isApi=${isApi} />
  </div>`;
}

function Verdict({ result, error, isApi }) {
  if (error) return html`<${Notice} kind="danger">${NO_ACCOUNT.test(error.message) ? t('noAccount') : explain(error)}<//>`;
  if (!result) return html`<div class="notice info"><span class="spinner" /><div>${t(isApi ? 'checkingApi' : 'checking')}</div></div>`;
  if (result.ok) return html`<${Notice} kind=${result.advice.length > 0 ? 'warn' : 'ok'}>${t(isApi ? 'okApi' : result.transport === 'http' ? 'okHttp' : 'ok')}<//>`;
  return html`<${Notice} kind="danger">${errorInWords(result, isApi)}<//>`;
}

/** Returns the error of a check in words. A key of xAI's API has its own where they differ. */
function errorInWords({ error_type: type, host }, isApi) {
  const own = isApi ? known(`error_${type}_api`) ?? known(`error_${type}`, { host }) : known(`error_${type}`, { host });
  return own ?? t(isApi ? 'error_upstream_api' : 'error_upstream');
}

/** Shows the account and User-Agent of the check; xAI's API takes any User-Agent. The lines are drawn before the result, so that nothing moves. */
function Facts({ result, isApi }) {
  const source = result && t(result.user_agent_source === 'setting' ? 'fromSetting' : 'ownName');
  return html`<dl class="facts check-facts">
    <div><dt>${t(isApi ? 'key' : 'account')}</dt><dd>${result ? html`<code>${accountName(result.account.id, result.account.suffix)}</code>` : '…'}</dd></div>
    ${!isApi && html`<div><dt>User-Agent</dt><dd>${result ? html`<code>${result.user_agent}</code> <span class="muted">${source}</span>` : '…'}</dd></div>`}
  </dl>`;
}

/** Icons of the states that a step does not show as text. */
const MARKS = { ok: 'check', failed: 'close' };

function Step({ step: { name, state, ms, message }, host }) {
  const aside = state === 'ok' || state === 'failed' ? Number.isInteger(ms) && duration(ms) : state === 'skipped' ? skipInWords(message) : t('state_waiting');
  return html`<li class=${`check-step ${state}`}>
    <span class="check-mark">${MARKS[state] && html`<${Icon} name=${MARKS[state]} />`}</span>
    <span class="check-name">${known(`step_${name}`, { host }) ?? name}${MARKS[state] && html`<span class="visually-hidden">: ${t(`state_${state}`)}</span>`}</span>
    <span class="muted number">${aside}</span>
    ${state === 'failed' && html`<span class="check-why">${t('said', { message })}</span>`}
  </li>`;
}

/** The gateway's English reasons for a skipped step, and the keys of their texts. */
const SKIPS = [[/^the host resolves the name/, 'skip_name'], [/^not tried$/, 'skip_rest'], [/^chats go over HTTP/, 'skip_http'], [/^Grok did not return the user id/, 'skip_identity']];

function skipInWords(message = '') {
  const found = SKIPS.find(([pattern]) => pattern.test(message));
  return found ? t(found[1]) : message;
}

function Advice({ result, again }) {
  const heading = useId();
  const form = result.advice.find(({ code }) => code in FORMS);
  return html`<section class="check-advice" aria-labelledby=${heading}><h3 id=${heading}>${t(result.ok ? 'stillNeeded' : 'whatHelps')}</h3>
    <ol>${result.advice.map((advice) => html`<li key=${advice.code}>${known(`advice_${advice.code}`) ?? advice.text}
      ${advice === form && html`<${AccessForm} withClearance=${FORMS[form.code]} again=${again} />`}</li>`)}</ol>
  </section>`;
}
