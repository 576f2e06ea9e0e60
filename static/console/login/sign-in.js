// The form for user name and password, and the wait after too many failed sign-ins.
import { html, useRef, useState } from '../html.js';
import { explain } from '../api.js';
import { BusyButton, useBusy } from '../components/action.js';
import { Field } from '../components/field.js';
import { PasswordInput } from '../components/password.js';
import { Notice } from '../components/states.js';
import { useNow } from '../data.js';
import { countdown } from '../format.js';
import { texts } from '../i18n.js';
import { useCapsHint } from './caps.js';
import { enter, signIn } from './session.js';
import { text } from './text.js';

const t = texts(text);
const changed = new URLSearchParams(location.search).has('changed');
const ended = new URLSearchParams(location.search).has('next') && !changed;

export function SignIn({ onMustChange }) {
  const form = useRef(null);
  const [password, setPassword] = useState('');
  const [error, setError] = useState(null);
  const [closedUntil, setClosedUntil] = useState(0);
  const [capsHint, keys] = useCapsHint();
  const [busy, submit] = useBusy(async () => {
    // Read the form: password managers may fill fields without input events.
    const { username, password: given } = Object.fromEntries(new FormData(form.current));
    try {
      const { must_change_password: mustChange } = await signIn(username, given);
      if (mustChange) onMustChange({ username, password: given });
      else await enter();
    } catch (failure) {
      if (failure.code === 'TOO_MANY_LOGINS') setClosedUntil(Date.now() + (failure.retryAfter ?? 900) * 1000);
      setError(failure);
      if (failure.code === 'BAD_CREDENTIALS') form.current.elements.password.select();
    }
  });
  return html`
    <h1>${t('title')}</h1>
    ${error ? html`<${Failure} error=${error} closedUntil=${closedUntil} />`
      : (changed || ended) && html`<${Notice} kind=${changed ? 'ok' : 'info'}>${t(changed ? 'changed' : 'ended')}<//>`}
    <form ref=${form} class="stack" onSubmit=${submit} ...${keys}>
      <${Field} label=${t('username')}>${(attributes) => html`
        <input class="input" name="username" autocomplete="username" autocapitalize="off" spellcheck="false" required autofocus ...${attributes} />`}<//>
      <${Field} label=${t('password')}>${(attributes) => html`
        <${PasswordInput} name="password" autocomplete="current-password" required value=${password} onInput=${setPassword} ...${attributes} />`}<//>
      ${capsHint}
      <${Submit} busy=${busy} closedUntil=${closedUntil} />
    </form>`;
}

function Failure({ error, closedUntil }) {
  const now = useNow();
  const left = Math.ceil((closedUntil - now) / 1000);
  if (error.code !== 'TOO_MANY_LOGINS') return html`<div role="alert"><${Notice} kind="danger">${explain(error)}<//></div>`;
  if (left <= 0) return html`<${Notice}>${t('openAgain')}<//>`;
  // Screen readers announce the sentence once, without the running seconds.
  return html`<div role="alert"><${Notice} kind="danger">${t('closed')} <span class="number" aria-live="off">${countdown(left)}</span><//></div>`;
}

function Submit({ busy, closedUntil }) {
  const now = useNow();
  return html`<${BusyButton} type="submit" kind="primary login-submit" busy=${busy} disabled=${now < closedUntil}>${t('signIn')}<//>`;
}
