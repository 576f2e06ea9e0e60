// The API keys screen: creates, renames, enables, disables and deletes keys, and shows their use.
import { html, useState } from '../../html.js';
import { get } from '../../api.js';
import { common } from '../../common.text.js';
import { Action } from '../../components/action.js';
import { budgetTitle } from '../../components/budget.js';
import { Icon } from '../../components/icon.js';
import { Empty, Loaded, Notice } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { useLoaded } from '../../data.js';
import { texts } from '../../i18n.js';
import { changeBudget, deleteKeys, setActive } from './change.js';
import { createKeys } from './create.js';
import { Row } from './row.js';
import { text } from './text.js';

export const style = new URL('./style.css', import.meta.url).href;
const t = texts(text);

async function load(signal) {
  const [keys, { data: stats }, { data: pool }] = await Promise.all([everyKey(signal), get('/request-stats', {}, { signal }), get('/stats', {}, { signal })]);
  const usage = new Map(stats.keys.map((key) => [key.id, key]));
  const hasSpending = pool.xai.total > 0 || keys.rows.some((row) => row.daily_budget_usd !== null || row.spent_month_usd > 0);
  return { ...keys, hasSpending, rows: keys.rows.map((row) => ({ ...row, usage: usage.get(row.id) })) };
}

async function everyKey(signal) {
  const rows = [];
  for (;;) {
    const page = await get('/keys', { limit: 1000, offset: rows.length }, { signal });
    rows.push(...page.data);
    if (!page.has_more) return { rows, hasGlobal: page.global_key_set };
  }
}

export function Screen() {
  const keys = useLoaded(load);
  const create = async () => { if (await createKeys()) keys.reload(); };
  return html`<div class="screen">
    <div class="screen-head"><h1>${t('title')}</h1>
      <${CreateButton} create=${create} /></div>
    <p class="muted">${t('lead')}</p>
    <${Loaded} of=${keys} lines=${6}>${({ rows, hasGlobal, hasSpending }) => html`
      ${hasGlobal && html`<${Notice}>${t('globalKey')}<//>`}
      ${rows.length > 0 ? html`<${Table} rows=${rows} hasSpending=${hasSpending} reload=${keys.reload} />` : html`<div class="card"><${Empty} icon="keys" title=${t('empty')}>
        <p>${t('emptyHint')}</p><${CreateButton} create=${create} /><//></div>`}`}<//>
  </div>`;
}

const CreateButton = ({ create }) => html`<button type="button" class="button primary" onClick=${create}><${Icon} name="plus" /><span>${t('create')}</span></button>`;

/** Draws the table. @param {{ rows: object[], hasSpending: boolean, reload(): Promise<void> }} props `hasSpending` shows what keys spend at xAI's API */
function Table({ rows, hasSpending, reload }) {
  const [wanted, setWanted] = useState('');
  const [chosen, setChosen] = useState(new Set());
  const seen = rows.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
  const selected = rows.filter(({ id }) => chosen.has(id));
  const choose = (ids, on) => setChosen((old) => {
    const next = new Set(old);
    for (const id of ids) next[on ? 'add' : 'delete'](id);
    return next;
  });
  const allSeen = seen.length > 0 && seen.every(({ id }) => chosen.has(id));
  return html`
    <${Bar} hasSpending=${hasSpending} wanted=${wanted} setWanted=${setWanted} selected=${selected} reload=${reload} clear=${() => setChosen(new Set())} />
    <div class="table-box" tabindex="0" role="region" aria-label=${t('title')}><table class="table">
      <thead><tr>
        <th><input type="checkbox" aria-label=${common('selectAll')} checked=${allSeen} indeterminate=${!allSeen && seen.some(({ id }) => chosen.has(id))}
          onChange=${(event) => choose(seen.map(({ id }) => id), event.currentTarget.checked)} /></th>
        <th>${t('name')}</th><th class="wide-only">${t('key')}</th><th class="wide-only">${t('state')}</th>
        <th class="end">${t('usage')}</th><th class="end wide-only">${t('successRate')}</th>${hasSpending && html`<th class="end wide-only">${t('spentToday')}</th>`}<th class="wide-only">${t('created')}</th><th><span class="visually-hidden">${common('more')}</span></th>
      </tr></thead>
      <tbody>${seen.map((row) => html`<${Row} key=${row.id} row=${row} hasSpending=${hasSpending} chosen=${chosen.has(row.id)} choose=${(on) => choose([row.id], on)} reload=${reload} />`)}</tbody>
    </table>${seen.length === 0 && html`<${Empty} icon="search" title=${t('nothingFound')} />`}</div>`;
}

function Bar({ hasSpending, wanted, setWanted, selected, reload, clear }) {
  const done = async (work) => {
    if (await work() === false) return;
    clear();
    await reload();
  };
  const switchTo = (on) => async () => {
    const count = await setActive(selected, on);
    toast.ok(t(on ? 'enabledDone' : 'disabledDone', { n: count }));
  };
  return html`<div class="bar">
    <input class="input grow" type="search" placeholder=${t('searchLabel')} aria-label=${t('searchLabel')} value=${wanted} onInput=${(event) => setWanted(event.currentTarget.value)} />
    ${selected.length > 0 && html`<span class="muted" role="status">${common('selected', { n: selected.length })}</span>
      <${Action} run=${() => done(switchTo(true))}>${common('enable')}<//>
      <${Action} run=${() => done(switchTo(false))}>${common('disable')}<//>
      ${hasSpending && html`<${Action} run=${() => done(() => changeBudget(selected))}>${budgetTitle()}<//>`}
      <${Action} kind="danger" icon="trash" run=${() => done(() => deleteKeys(selected))}>${common('delete')}<//>
      <button type="button" class="button quiet" onClick=${clear}>${common('clearSelection')}</button>`}
  </div>`;
}
