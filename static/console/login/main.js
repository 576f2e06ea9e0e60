// The sign-in page: signs in, forces a new initial password, and returns to the last screen.
import { html, render, useEffect, useState } from '../html.js';
import { Toasts } from '../components/toast.js';
import { texts, useLocale } from '../i18n.js';
import { Choices } from '../preferences.js';
import { FirstPassword } from './first-password.js';
import { SignIn } from './sign-in.js';
import { text } from './text.js';

const t = texts(text);

function Login() {
  const language = useLocale();
  const [mustChange, setMustChange] = useState(null);
  useEffect(() => { document.title = `${t('title')} · Grok2API`; }, [language]);
  return html`
    <div class="login">
      <header class="login-top"><${Choices} /></header>
      <main class="login-card card">
        <div class="login-brand"><img src="/favicon.svg" alt="" width="40" height="40" /><span>Grok2API</span></div>
        ${mustChange ? html`<${FirstPassword} present=${mustChange} />` : html`<${SignIn} onMustChange=${setMustChange} />`}
      </main>
    </div>
    <${Toasts} />`;
}

render(html`<${Login} />`, document.getElementById('app'));
