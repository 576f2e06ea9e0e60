// Replaces the initial password, which gives access to nothing else.
import { html, useEffect, useRef, useState } from '../html.js';
import { post } from '../api.js';
import { BusyButton, useBusy } from '../components/action.js';
import { NewPassword, passwordFaults } from '../components/password.js';
import { Notice } from '../components/states.js';
import { texts } from '../i18n.js';
import { useCapsHint } from './caps.js';
import { enter, signIn } from './session.js';
import { text } from './text.js';

const t = texts(text);

/** Draws the form. @param {{ present: { username: string, password: string } }} props the credentials of the sign-in */
export function FirstPassword({ present }) {
  const [chosen, setChosen] = useState({ password: '', repeat: '' });
  const [tried, setTried] = useState(false);
  const [capsHint, keys] = useCapsHint();
  const form = useRef(null);
  // `autofocus` works only once for each page.
  useEffect(() => form.current.elements['new-password'].focus(), []);
  const faults = passwordFaults(chosen, present.password);
  const [busy, submit] = useBusy(async () => {
    setTried(true);
    if (Object.keys(faults).length > 0) return;
    await post('/password', { current: present.password, new: chosen.password });
    // The new password ended all sessions, including this one.
    await signIn(present.username, chosen.password);
    await enter();
  });
  return html`
    <h1>${t('choose')}</h1>
    <${Notice} kind="warn">${t('chooseWhy')}<//>
    <form ref=${form} class="stack" noValidate onSubmit=${submit} ...${keys}>
      ${/* Password managers save the new password under this name. */ ''}
      <input class="visually-hidden" name="username" autocomplete="username" value=${present.username} readonly tabindex="-1" aria-hidden="true" />
      <${NewPassword} chosen=${chosen} onChange=${setChosen} faults=${tried ? faults : {}} />
      ${capsHint}
      <${BusyButton} type="submit" kind="primary login-submit" busy=${busy}>${t('chooseDone')}<//>
    </form>`;
}
