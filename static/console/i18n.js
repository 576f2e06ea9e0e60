// The language of the console. Each screen brings its own texts, in all languages, in a file `text.js` beside it.
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

/** @param {keyof typeof LOCALES} tag */
export const setLocale = (tag) => language.set(tag);

/** Draws the component again when the language changes. */
export const useLocale = () => useShared(language);

/**
 * @typedef {string | { one: string, other: string }} Text a plural is chosen by the value `n`
 * @param {Record<keyof typeof LOCALES, Record<string, Text>>} dictionary
 * @returns {(key: string, values?: Record<string, string | number>) => string} the text in the present language;
 *   `{name}` stands for a value, and numbers are written as the language does
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

/** As [`texts`], for keys that may be absent: gives undefined then. */
export function optionalTexts(dictionary) {
  const text = texts(dictionary);
  return (key, values) => (dictionary[locale()][key] === undefined ? undefined : text(key, values));
}
