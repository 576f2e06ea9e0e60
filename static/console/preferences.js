// Menus for language and appearance, on every page; the choice is kept in this browser.
import { html, useState } from './html.js';
import { Menu } from './components/menu.js';
import { LOCALES, setLocale, texts, useLocale } from './i18n.js';
import { text } from './shell.text.js';

const t = texts(text);

export function Choices() {
  const language = useLocale();
  const [theme, setTheme] = useState(globalThis.chosenTheme());
  const choose = (next) => {
    globalThis.setTheme(next);
    setTheme(next);
  };
  const icon = { light: 'sun', dark: 'moon' }[theme] ?? 'auto';
  return html`
    <${Menu} label=${t('language')} icon="language" items=${Object.entries(LOCALES).map(([tag, label]) => (
      { label, checked: tag === language, run: () => setLocale(tag) }))} />
    <${Menu} label=${t('theme')} icon=${icon} items=${[null, 'light', 'dark'].map((each) => (
      { label: t(each ?? 'auto'), checked: each === theme, run: () => choose(each) }))} />`;
}
