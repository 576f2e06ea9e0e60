// The frame around every screen: navigation, menus, and the screen itself.
import { html, useEffect, useErrorBoundary, useRef, useState } from './html.js';
import { post } from './api.js';
import { Dialogs } from './components/dialog.js';
import { Icon } from './components/icon.js';
import { Menu } from './components/menu.js';
import { Empty, Failed, Skeleton } from './components/states.js';
import { Toasts, toast } from './components/toast.js';
import { useKeptFocus } from './focus.js';
import { texts, useLocale } from './i18n.js';
import { Choices } from './preferences.js';
import { address, go, guardLeaving, useRoute } from './router.js';
import { SCREENS } from './screens.js';
import { showShortcuts, useShortcuts } from './shortcuts.js';
import { loadStyle } from './styles.js';
import { text } from './shell.text.js';

const t = texts(text);

export function Shell() {
  const language = useLocale();
  const { screen } = useRoute();
  const [menuShown, setMenuShown] = useState(false);
  useShortcuts();
  useKeptFocus();
  useEffect(() => setMenuShown(false), [screen]);
  useEffect(() => {
    document.title = t(SCREENS.some(({ name }) => name === screen) ? screen : 'overview') + ' · Grok2API';
  }, [screen, language]);
  return html`
    <a class="skip" href="#content" onClick=${toContent}>${t('skip')}</a>
    <div class=${`shell ${menuShown ? 'menu-shown' : ''}`}>
      <header class="top">
        <button type="button" class="icon-button menu-button" aria-label=${t('menu')} aria-expanded=${menuShown} aria-controls="navigation"
          onClick=${() => setMenuShown(!menuShown)}><${Icon} name=${menuShown ? 'close' : 'menu'} /></button>
        <a class="brand" href=${address('overview')}><img src="/favicon.svg" alt="" width="24" height="24" /><span>Grok2API</span></a>
        <div class="top-actions"><${Choices} /><${Account} /></div>
      </header>
      <${Navigation} screen=${screen} />
      <main id="content" tabindex="-1"><${Outlet} key=${screen} name=${screen} /></main>
    </div>
    <${Dialogs} /><${Toasts} />`;
}

function toContent(event) {
  event.preventDefault();
  document.getElementById('content').focus();
}

function Navigation({ screen }) {
  return html`<nav id="navigation" class="navigation" aria-label=${t('navigation')}><ul>
    ${SCREENS.filter(({ hidden }) => !hidden).map(({ name }) => html`<li key=${name}>
      <a href=${address(name)} aria-current=${name === screen ? 'page' : undefined}><${Icon} name=${name} /><span>${t(name)}</span></a></li>`)}
  </ul></nav>`;
}

function Account() {
  const signOut = async () => {
    try {
      await post('/logout');
      guardLeaving(null);
      // Remove keys and conversations of this tab before another operator signs in.
      try { sessionStorage.clear(); } catch { /* storage is disabled */ }
      location.assign('/login');
    } catch (error) {
      toast.error(error);
    }
  };
  return html`<${Menu} label=${t('account')} icon="account" items=${[
    { label: t('password'), icon: 'keys', run: () => go('settings', { section: 'account' }) },
    { label: t('shortcuts'), icon: 'info', run: showShortcuts },
    { label: t('signOut'), icon: 'external', run: signOut },
  ]} />`;
}

/** Loads a screen's module and draws it; if the screen throws, the frame stays. */
function Outlet({ name }) {
  const [state, setState] = useState({ Screen: null, error: null });
  const [broken, resetError] = useErrorBoundary((error) => console.error(error));
  const wanted = useRef(name);
  const load = () => {
    const screen = SCREENS.find((each) => each.name === name);
    if (!screen) {
      if (name === '') go('overview', {}, { replace: true });
      return;
    }
    screen.load().then(async ({ Screen, style }) => {
      if (style) await loadStyle(style);
      if (wanted.current === name) setState({ Screen, error: null });
    }).catch((error) => setState({ Screen: null, error }));
  };
  useEffect(() => {
    load();
    return () => { wanted.current = null; };
  }, []);
  const leave = () => {
    resetError();
    go('overview');
  };
  if (broken) return html`<${Empty} icon="warning" title=${t('broken')}><p class="hint">${String(broken)}</p><button type="button" class="button" onClick=${leave}>${t('toOverview')}</button><//>`;
  if (name !== '' && !SCREENS.some((each) => each.name === name)) {
    return html`<${Empty} title=${t('notFound')}><a class="button" href=${address('overview')}>${t('toOverview')}</a><//>`;
  }
  if (state.error) return html`<${Failed} error=${state.error} retry=${load} />`;
  return state.Screen ? html`<${state.Screen} />` : html`<div class="screen"><${Skeleton} lines=${6} /></div>`;
}
