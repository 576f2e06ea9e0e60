// One logged request with all its details.
import { html, useState } from '../../html.js';
import { accountName, accountQuery } from '../../components/account-name.js';
import { Copy } from '../../components/copy.js';
import { Dialog, openDialog } from '../../components/dialog.js';
import { Icon } from '../../components/icon.js';
import { FindOutWhy } from '../../components/upstream-check/dialog.js';
import { failure } from '../../failures.js';
import { dateTime, dollars, duration, number } from '../../format.js';
import { texts } from '../../i18n.js';
import { address, go } from '../../router.js';
import { setFilter } from './filter.js';
import { statusKind } from './table.js';
import { text } from './text.js';

const t = texts(text);

/** Opens the details of a request. @param {(row: object, step: number) => object | undefined} beside returns the adjacent row of the list */
export const showRequest = (row, beside) => openDialog((close) => html`<${Detail} first=${row} beside=${beside} close=${close} />`);

function Detail({ first, beside, close }) {
  const [row, setRow] = useState(first);
  const step = (by, label, icon) => {
    const next = beside(row, by);
    return html`<button type="button" class="button" disabled=${!next} onClick=${() => setRow(next)}><${Icon} name=${icon} /><span>${label}</span></button>`;
  };
  const only = (label, changes) => html`<button type="button" class="button small" onClick=${() => { close(); setFilter(changes); }}>${label}</button>`;
  return html`<${Dialog} kind="drawer" title=${t('detailTitle')} onClose=${close} footer=${html`${step(-1, t('newer'), 'up')}${step(1, t('older'), 'down')}`}>
    <div class="spread"><span class=${`badge number ${statusKind(row.status)}`}>${row.status}</span><strong class="detail-model">${row.model}</strong></div>
    ${row.error_code && html`<${Fault} row=${row} />`}
    <dl class="facts">${facts(row, close).map(([name, value]) => html`<div key=${name}><dt>${t(name)}</dt><dd>${value}</dd></div>`)}</dl>
    <div class="bar"><span class="muted">${t('only')}</span>${only(t('onlyModel'), { model: row.model })}${only(t('onlyKey'), { key: row.key_id })}${only(t('onlyStatus', { status: String(row.status) }), { status: row.status })}${row.account_id !== null && only(t('onlyAccount'), { account: row.account_id })}</div>
  <//>`;
}

function Fault({ row }) {
  const { words, advice, sideName, side } = failure(row.error_code);
  return html`<section class="fault">
    <h3>${words} <span class=${`badge ${side === 'client' ? 'info' : 'warn'}`}>${sideName}</span></h3>
    ${advice && html`<p>${advice}</p>`}
    ${row.error_code === 'upstream_blocked' && html`<div><${FindOutWhy} /></div>`}
    <dl class="facts"><div><dt>${t('code')}</dt><dd><code>${row.error_code}</code></dd></div></dl>
    ${row.error && html`<div class="stack tight"><span class="muted">${t('rawError')}</span><pre class="raw-error" tabindex="0">${row.error}</pre></div>`}
  </section>`;
}

const inUtc = (ms) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

function facts(row, close) {
  const toToken = (event) => {
    event.preventDefault();
    close();
    go('tokens', accountQuery(row));
  };
  // The speed counts from the first token to the end of the answer.
  const writing = row.duration - (row.first_byte ?? row.duration);
  const speed = writing >= 0.1 && row.completion_tokens > 0 && html` <span class="muted">· ${t('speed', { n: number(row.completion_tokens / writing, { maximumFractionDigits: 1 }) })}</span>`;
  const isPaid = row.cost_usd > 0;
  return [
    ['requestId', html`<span class="copyable"><code>${row.request_id}</code><${Copy} text=${row.request_id} label=${t('copyId')} /></span>`],
    ['local', html`<span class="number">${dateTime(row.timestamp)}</span>`],
    ['utc', html`<span class="number">${inUtc(row.timestamp)}</span>`],
    ['key', row.key_name || t('noKey')],
    ['ip', html`<code>${row.ip}</code>`],
    ['stream', t(row.stream ? 'streamed' : 'collected')],
    ['duration', duration(row.duration * 1000)],
    ['firstByte', row.first_byte === null ? t('none') : duration(row.first_byte * 1000)],
    ['attempts', number(row.attempts)],
    // xAI's API reports its tokens; those of Grok accounts are estimated.
    [isPaid ? 'reported' : 'estimate', html`${t('inOut', { in: row.prompt_tokens, out: row.completion_tokens })}${speed}`],
    isPaid && ['cost', html`<span class="number">${dollars(row.cost_usd)}</span>`],
    ['token', row.account_id === null ? t('noToken') : html`<a href=${address('tokens', accountQuery(row))} onClick=${toToken}><code>${accountName(row.account_id, row.token_suffix)}</code></a>`],
  ].filter(Boolean);
}
