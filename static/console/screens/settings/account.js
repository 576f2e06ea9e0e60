// The section Administrator: the session, the password, and the end of other sessions.
import { html, useEffect, useRef, useState } from '../../html.js';
import { get, post } from '../../api.js';
import { Action, BusyButton, useBusy } from '../../components/action.js';
import { confirm } from '../../components/dialog.js';
import { Field } from '../../components/field.js';
import { NewPassword, PasswordInput, passwordFaults } from '../../components/password.js';
import { Loaded, Notice } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { useLoaded } from '../../data.js';
import { ago, dateTime } from '../../format.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { text } from './text.js';

const t = texts(text);

/** Draws the section. @param {{ stored: object, unsaved: number }} props the response of `/api/settings`, and the number of unsaved changes */
export function Account({ stored, unsaved }) {
  const session = useLoaded(async (signal) => (await get('/session', {}, { signal })).data);
  return html`<section class="card settings-form" aria-labelledby="session"><h2 id="session">${t('session')}</h2>
      <${Loaded} of=${session} lines=${2}>${({ username, expires_at: ends }) => html`<dl class="facts">
        <div><dt>${t('signedInAs')}</dt><dd class="any">${username}</dd></div>
        <div><dt>${t('sessionEnds')}</dt><dd>${dateTime(ends)} <span class="muted">(${ago(ends)})</span></dd></div></dl>`}<//>
      <p class="muted">${t('othersLead')}</p>
      <div><${Action} run=${endOthers}>${t('endOthers')}<//></div></section>
    <section class="card settings-form" aria-labelledby="password"><h2 id="password">${t('changePassword')}</h2>
      ${stored.password_ruled_by_variable ? html`<${Notice}>${t('ruled')}<//>`
        : html`<${ChangePassword} username=${session.data?.username ?? stored.values.global.admin_username} unsaved=${unsaved} />`}</section>`;
}

function endOthers() {
  return confirm({
    title: t('endOthersTitle'), lost: t('endOthersLost'), action: t('endOthers'),
    run: async () => {
      const { data } = await post('/sessions/end-others');
      toast.ok(data.ended === 0 ? t('noOthers') : t('othersEnded', { n: data.ended }));
    },
  });
}

function ChangePassword({ username, unsaved }) {
  const [current, setCurrent] = useState('');
  const [chosen, setChosen] = useState({ password: '', repeat: '' });
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState(null);
  const [tries, setTries] = useState(0);
  const form = useRef(null);
  useEffect(() => form.current.querySelector('[aria-invalid]')?.focus(), [tries]);
  const faults = passwordFaults(chosen, current);
  const [busy, submit] = useBusy(async () => {
    setTried(true);
    setTries((before) => before + 1);
    if (current === '' || Object.keys(faults).length > 0) return;
    if (unsaved > 0) return;
    try {
      await post('/password', { current, new: chosen.password }, { staysHere: true });
    } catch (error) {
      if (error.field !== 'current') throw error;
      setRefused(current);
      return setTries((before) => before + 1);
    }
    // The new password ended all sessions, including this one.
    location.assign(`/login?changed&next=${encodeURIComponent(address('settings', { section: 'account' }))}`);
    await new Promise(() => {});
  });
  const currentFault = tried && current === '' ? t('giveCurrent') : refused === current && refused !== null ? t('wrongCurrent') : null;
  return html`<p class="muted">${t('passwordLead')}</p>
    <form class="stack" ref=${form} noValidate onSubmit=${submit}>
      <input class="visually-hidden" name="username" autocomplete="username" value=${username} readonly tabindex="-1" aria-hidden="true" />
      <${Field} label=${t('current')} error=${currentFault}>${(attributes) => html`
        <${PasswordInput} name="current-password" autocomplete="current-password" value=${current} onInput=${setCurrent} ...${attributes} />`}<//>
      <${NewPassword} chosen=${chosen} onChange=${setChosen} faults=${tried ? faults : {}} />
      ${unsaved > 0 && html`<${Notice} kind="warn">${t('saveFirst')}<//>`}
      <div><${BusyButton} type="submit" kind="primary" busy=${busy}>${t('changePassword')}<//></div>
    </form>`;
}
