// The overview: warnings, figures, charts and the pool.
import { html } from '../../html.js';
import { get } from '../../api.js';
import { Action } from '../../components/action.js';
import { Icon } from '../../components/icon.js';
import { Loaded, Notice } from '../../components/states.js';
import { useEvery, useLoaded } from '../../data.js';
import { duration, number, percent } from '../../format.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { Charts } from './charts.js';
import { Costs } from './costs.js';
import { Pool } from './pool.js';
import { Errors, Keys, Models } from './shares.js';
import { text } from './text.js';
import { findWarnings, missingFirst, readyTokens } from './warnings.js';

export const style = new URL('./style.css', import.meta.url).href;
const t = texts(text);
const COUNTS_MS = 30_000;
/** Reload interval of settings and keys, which are also loaded on every visit. */
const SETUP_MS = 300_000;

async function loadCounts(signal) {
  const [stats, requests] = await Promise.all(['/stats', '/request-stats'].map((path) => get(path, {}, { signal })));
  return { stats: stats.data, requests: requests.data };
}

async function loadSetup(signal) {
  const [settings, keys, cache, storage] = await Promise.all([
    get('/settings', {}, { signal }), get('/keys', { limit: 1 }, { signal }), get('/cache/size', {}, { signal }), get('/storage/mode', {}, { signal }),
  ]);
  return {
    settings: { baseUrl: settings.data.global.base_url, hasEncryptionKey: settings.encryption_key_set, unreadable: settings.unreadable },
    keys: { total: keys.total, hasGlobal: keys.global_key_set }, cache: cache.data, storage: storage.data.mode,
  };
}

export function Screen() {
  const counts = useLoaded(loadCounts);
  const setup = useLoaded(loadSetup);
  useEvery(COUNTS_MS, counts.reload);
  useEvery(SETUP_MS, setup.reload);
  const reload = () => Promise.all([counts.reload(), setup.reload()]);
  // Draw when both are loaded, so that late data does not move the content.
  const data = counts.data && setup.data && { ...counts.data, ...setup.data };
  return html`<div class="screen">
    <div class="screen-head"><h1>${t('title')}</h1>
      ${data && html`<span class="badge" title=${t('storageHint')}>${t('storage', { mode: data.storage })}</span>`}
      <${Action} icon="refresh" label=${t('reload')} run=${reload} /></div>
    <${Loaded} of=${{ data, error: counts.error ?? setup.error, reload }} lines=${12}>${(seen) => html`<${Overview} seen=${seen} />`}<//>
  </div>`;
}

function Overview({ seen }) {
  const { stats, requests } = seen;
  return html`<${FirstSteps} missing=${missingFirst(seen)} />
    <${Warnings} list=${findWarnings(seen)} />
    <${Figures} stats=${stats} requests=${requests} />
    <${Charts} requests=${requests} />
    <${Pool} stats=${stats} />
    <${Costs} stats=${stats} requests=${requests} />
    <div class="all-shares"><${Models} models=${requests.models} /><${Keys} keys=${requests.keys} /><${Errors} errors=${requests.errors} /></div>`;
}

function FirstSteps({ missing }) {
  if (missing.length === 0) return null;
  return html`<section class="card first-steps"><${Icon} name="start" />
    <div><h2>${t('welcome')}</h2><p class="muted">${t(missing.length === 2 ? 'needBoth' : missing[0] === 'tokens' ? 'needTokens' : 'needKeys')}</p></div>
    <a class="button primary" href=${address('start')}>${t('toStart')}</a></section>`;
}

function Warnings({ list }) {
  if (list.length === 0) return null;
  return html`<ul class="stack warnings" aria-label=${t('warnings')}>${list.map(({ id, kind, values, to: [screen, query] }) => html`<li key=${id}>
    <${Notice} kind=${kind} action=${html`<a class="button small" href=${address(screen, query)}>${t(`to:${screen}`)}</a>`}>
      <strong>${t(id, values)}</strong> ${t(`${id}:advice`, values)}<//></li>`)}</ul>`;
}

function Figures({ stats, requests: { daily, summary, latency } }) {
  const today = daily.at(-1);
  const ended = summary.success + summary.failed;
  const ready = readyTokens(stats);
  const took = ({ p50, p95 }) => [p50 === null ? '–' : duration(p50), p95 === null ? t('noSuccess') : t('p95', { time: duration(p95) })];
  const figures = [
    ['today', number(today.success + today.failed + today.cancelled), t('inDay', { n: summary.total })],
    ['successRate', ended > 0 ? percent(summary.success_rate) : '–', t('failures', { failed: summary.failed, cancelled: summary.cancelled })],
    ['firstByte', ...took(latency.first_byte_ms)],
    ['duration', ...took(latency.duration_ms)],
    ['ready', number(ready), t('ofTokens', { n: stats.total })],
    ['text', number(summary.prompt_tokens + summary.completion_tokens, { notation: 'compact', maximumFractionDigits: 1 }), t('inOut', { in: compact(summary.prompt_tokens), out: compact(summary.completion_tokens) })],
  ];
  return html`<dl class="figures">${figures.map(([name, value, more]) => html`<div class="card" key=${name}>
    <dt class="muted">${t(name)}</dt><dd class="figure">${value}</dd><dd class="hint">${more}</dd></div>`)}</dl>
    <p class="hint figures-hint">${t('figuresHint')}</p>`;
}

const compact = (value) => number(value, { notation: 'compact', maximumFractionDigits: 1 });
