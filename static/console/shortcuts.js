// Keyboard shortcuts: `g` and a letter open a screen, `/` focuses the search, `?` lists them. Ignored in text fields.
import { html, useEffect } from './html.js';
import { Dialog, openDialog } from './components/dialog.js';
import { texts } from './i18n.js';
import { go } from './router.js';
import { SCREENS } from './screens.js';
import { text } from './shell.text.js';

const t = texts(text);
/** Milliseconds that `g` waits for its letter. */
const WAIT_MS = 1_500;
const named = SCREENS.filter(({ key }) => key);

const typing = (target) => target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;

export function useShortcuts() {
  useEffect(() => {
    let pressedG = 0;
    const onKeyDown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector('dialog[open]')) return;
      const screen = named.find(({ key }) => key === event.key);
      if (screen && Date.now() - pressedG < WAIT_MS) go(screen.name);
      else if (event.key === '/') toSearch(event);
      else if (event.key === '?') showShortcuts();
      pressedG = event.key === 'g' ? Date.now() : 0;
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function toSearch(event) {
  const field = document.querySelector('main input[type=search]');
  if (!field) return;
  event.preventDefault();
  field.focus();
}

export function showShortcuts() {
  const rows = [
    ...named.map(({ name, key }) => [`g ${key}`, t('keyGo', { screen: t(name) })]),
    ['/', t('keySearch')], ['?', t('keyHelp')], ['Esc', t('keyEscape')],
  ];
  openDialog((close) => html`<${Dialog} title=${t('shortcuts')} onClose=${close}>
    <dl class="shortcuts">${rows.map(([keys, what]) => html`<div key=${keys}><dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${what}</dd></div>`)}</dl>
  <//>`);
}
