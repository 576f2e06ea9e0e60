// Formats numbers, sizes, times and durations for the current language.
import { locale } from './i18n.js';

const cache = new Map();

/** Returns a cached formatter: creating one is slow, and tables format thousands of values. */
function formatter(Kind, options) {
  const name = `${locale()} ${Kind.name} ${JSON.stringify(options)}`;
  if (!cache.has(name)) cache.set(name, new Kind(locale(), options));
  return cache.get(name);
}

export const number = (value, options = {}) => formatter(Intl.NumberFormat, options).format(value);

/** Formats a percentage. @param {number} value from 0 to 100 */
export const percent = (value) => formatter(Intl.NumberFormat, { style: 'percent', maximumFractionDigits: 1 }).format(value / 100);

/** In all languages `$`, because tables have no room for `US$`. */
const DOLLARS = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', minimumFractionDigits: 2 };

/**
 * Formats an amount of US dollars. Less than a dollar shows four decimals, less than a cent six, which is what the gateway reports.
 * @param {number} usd
 */
export function dollars(usd) {
  const digits = usd !== 0 && usd < 0.01 ? 6 : usd < 1 ? 4 : 2;
  return formatter(Intl.NumberFormat, { ...DOLLARS, maximumFractionDigits: digits }).format(usd);
}

/** Formats an amount of US dollars with all its decimals, as an operator has entered it. */
export const exactDollars = (usd) => formatter(Intl.NumberFormat, { ...DOLLARS, maximumFractionDigits: 6 }).format(usd);

/** Formats a size in bytes, in units of 1024. */
export function bytes(count) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let at = 0;
  while (count >= 1024 && at < units.length - 1) {
    count /= 1024;
    at += 1;
  }
  return formatter(Intl.NumberFormat, { style: 'unit', unit: units[at], unitDisplay: at === 0 ? 'long' : 'short', maximumFractionDigits: at === 0 ? 0 : 1 }).format(count);
}

/** Formats a date and time. @param {number} ms since 1970 */
export const dateTime = (ms) => formatter(Intl.DateTimeFormat, { dateStyle: 'medium', timeStyle: 'medium' }).format(ms);
/** Formats a time without the year. @param {number} ms since 1970 */
export const shortTime = (ms) => formatter(Intl.DateTimeFormat, { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(ms);

const STEPS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]];

/** Formats a relative time: "3 minutes ago", "in 2 hours". @param {number} ms since 1970 */
export function ago(ms, now = Date.now()) {
  const seconds = Math.round((ms - now) / 1000);
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? STEPS.at(-1);
  return formatter(Intl.RelativeTimeFormat, { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}

const inUnit = (value, unit, digits = 0) =>
  formatter(Intl.NumberFormat, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits }).format(value);

/** Formats a duration in milliseconds: "850 ms", "2.4 sec", "3 min". */
export function duration(ms) {
  if (ms < 1000) return inUnit(Math.round(ms), 'millisecond');
  if (ms < 60_000) return inUnit(ms / 1000, 'second', 1);
  return inUnit(ms / 60_000, 'minute', 1);
}

/** Formats a remaining time in seconds with its two largest units; "9:59:10" would look like a time of day. */
export function countdown(seconds) {
  const at = STEPS.findIndex(([, size]) => seconds >= size);
  if (at < 0) return inUnit(0, 'second');
  const [unit, size] = STEPS[at];
  const parts = [inUnit(Math.floor(seconds / size), unit)];
  const next = STEPS[at + 1];
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  if (rest > 0) parts.push(inUnit(rest, next[0]));
  return parts.join(' ');
}
