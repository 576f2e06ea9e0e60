// The connection check: its steps with one account, where they fail, and what to do.
import { html, useId, useRef } from '../../html.js';
import { explain, post } from '../../api.js';
import { useLoaded } from '../../data.js';
import { duration } from '../../format.js';
import { optionalTexts, texts } from '../../i18n.js';
import { Icon } from '../icon.js';
import { Notice } from '../states.js';
import { AccessForm } from './access-form.js';
import { text } from './text.js';

const t = texts(text);
const known = optionalTexts(text);
/** Step names of `/api/upstream/check`, in order. */
const STEPS = ['name', 'connect', 'identity', 'upgrade', 'session'];
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

/** Draws a check. @param {{ of: ReturnType<typeof useCheck> }} props */
export function Check({ of: check }) {
  const box = useRef(null);
  const verdict = useRef(null);
  const { data, error, loading } = check;
  const result = loading || error ? undefined : data;
  // A successful check removes the form, so move the focus to the verdict.
  const again = async () => {
    if (!box.current) return;
    const had = box.current.contains(document.activeElement);
    await check.reload();
    if (had) requestAnimationFrame(() => { if (!box.current?.contains(document.activeElement)) verdict.current?.focus(); });
  };
  return html`<div ref=${box} class="upstream-check">
    <div ref=${verdict} class="check-verdict" role="status" tabindex="-1"><${Verdict} result=${result} error=${!loading && error} /></div>
    <ol class="check-steps" aria-label=${t('steps')} aria-busy=${loading}>${(result?.steps ?? STEPS.map((name) => ({ name, state: loading ? 'waiting' : 'skipped' }))).map((step) => html`
      <${Step} key=${step.name} step=${step} host=${data?.host} />`)}</ol>
    ${result?.advice.length > 0 && html`<${Advice} result=${result} again=${again} />`}
    <${Facts} result=${data} />
  </div>`;
}

function Verdict({ result, error }) {
  if (error) return html`<${Notice} kind="danger">${NO_ACCOUNT.test(error.message) ? t('noAccount') : explain(error)}<//>`;
  if (!result) return html`<div class="notice info"><span class="spinner" /><div>${t('checking')}</div></div>`;
  if (result.ok) return html`<${Notice} kind=${result.advice.length > 0 ? 'warn' : 'ok'}>${t(result.transport === 'http' ? 'okHttp' : 'ok')}<//>`;
  return html`<${Notice} kind="danger">${known(`error_${result.error_type}`, { host: result.host }) ?? t('error_upstream')}<//>`;
}

/** Shows the account and User-Agent of the check. The lines are drawn before the result, so that nothing moves. */
function Facts({ result }) {
  const source = result && t(result.user_agent_source === 'setting' ? 'fromSetting' : 'ownName');
  return html`<dl class="facts check-facts">
    <div><dt>${t('account')}</dt><dd>${result ? html`<code>…${result.account.suffix}</code>` : '…'}</dd></div>
    <div><dt>User-Agent</dt><dd>${result ? html`<code>${result.user_agent}</code> <span class="muted">${source}</span>` : '…'}</dd></div>
  </dl>`;
}

/** Icons of the states that a step does not show as text. */
const MARKS = { ok: 'check', failed: 'close' };

function Step({ step: { name, state, ms, message }, host = 'grok.com' }) {
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
