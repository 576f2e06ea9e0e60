// The language of the console. Each screen has its texts in all languages in its own `text.js`.
import { kept, useShared } from './store.js';

export const LOCALES = { en: 'English', 'zh-CN': '简体中文' };

const spoken = (globalThis.navigator?.languages ?? []).map((tag) => (tag.toLowerCase().startsWith('zh') ? 'zh-CN' : tag.slice(0, 2)));
const preferred = spoken.find((tag) => tag in LOCALES) ?? 'en';

const language = kept('locale', preferred);
if (!(language.get() in LOCALES)) language.set(preferred);

export const locale = () => language.get();

const announce = (tag) => { if (globalThis.document) document.documentElement.lang = tag; };
announce(locale());
language.follow(announce);

/** Sets the language and remembers it in this browser. @param {keyof typeof LOCALES} tag */
export const setLocale = (tag) => language.set(tag);

/** Returns the language and draws the component again when it changes. */
export const useLocale = () => useShared(language);

/**
 * Returns a function that looks up texts in the current language.
 * @typedef {string | { one: string, other: string }} Text the value `n` selects the plural form
 * @param {Record<keyof typeof LOCALES, Record<string, Text>>} dictionary
 * @returns {(key: string, values?: Record<string, string | number>) => string} the text;
 *   `{name}` is replaced by a value, and numbers are formatted for the language. Throws for an unknown key
 */
export function texts(dictionary) {
  return (key, values = {}) => {
    const tag = locale();
    const entry = dictionary[tag][key];
    if (entry === undefined) throw new Error(`no text ${key} in ${tag}`);
    const text = typeof entry === 'string' ? entry : entry[new Intl.PluralRules(tag).select(values.n) === 'one' ? 'one' : 'other'];
    return text.replace(/\{(\w+)\}/g, (_, name) => {
      const value = values[name];
      return typeof value === 'number' ? new Intl.NumberFormat(tag).format(value) : String(value ?? '');
    });
  };
}

/** Like [`texts`], but returns undefined for an unknown key. */
export function optionalTexts(dictionary) {
  const text = texts(dictionary);
  return (key, values) => (dictionary[locale()][key] === undefined ? undefined : text(key, values));
}
