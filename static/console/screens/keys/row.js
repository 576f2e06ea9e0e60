// One row of the table of API keys.
import { html, useState } from '../../html.js';
import { common } from '../../common.text.js';
import { Copy } from '../../components/copy.js';
import { Dialog, openDialog } from '../../components/dialog.js';
import { Field } from '../../components/field.js';
import { Menu } from '../../components/menu.js';
import { BusyButton, useBusy } from '../../components/action.js';
import { budgetTitle, SpentToday } from '../../components/budget.js';
import { toast } from '../../components/toast.js';
import { dateTime, dollars, number, percent } from '../../format.js';
import { texts } from '../../i18n.js';
import { changeBudget, deleteKeys, rename, reveal, setActive } from './change.js';
import { text } from './text.js';

const t = texts(text);

/** Draws a row. @param {{ row: object, hasSpending: boolean, chosen: boolean, choose(on: boolean): void, reload(): Promise<void> }} props `hasSpending` shows what the key spends at xAI's API */
export function Row({ row, hasSpending, chosen, choose, reload }) {
  const isActive = row.is_active === 1;
  const run = (work) => async () => {
    try {
      if (await work() !== false) await reload();
    } catch (error) {
      toast.error(error);
    }
  };
  const items = [
    { label: t('rename'), icon: 'edit', run: run(() => askName(row)) },
    hasSpending && { label: budgetTitle(), icon: 'edit', run: run(() => changeBudget([row])) },
    row.revealable && { label: t('reveal'), icon: 'eye', run: run(() => show(row)) },
    { label: common(isActive ? 'disable' : 'enable'), icon: isActive ? 'stop' : 'play', run: run(async () => {
      const count = await setActive([row], !isActive);
      toast.ok(t(isActive ? 'disabledDone' : 'enabledDone', { n: count }));
    }) },
    { label: common('delete'), icon: 'trash', danger: true, run: run(() => deleteKeys([row])) },
  ].filter(Boolean);
  const value = html`<span class="key-value"><code>${row.display_key}</code>${row.revealable && html`<${Copy} text=${() => reveal(row)} />`}</span>`;
  const badge = html`<span class=${`badge ${isActive ? 'ok' : ''}`}>${common(isActive ? 'enabled' : 'disabled')}</span>`;
  return html`<tr aria-selected=${chosen}>
    <td><input type="checkbox" aria-label=${t('select', { name: row.name })} checked=${chosen} onChange=${(event) => choose(event.currentTarget.checked)} /></td>
    <td class="key-name">${row.name}<span class="narrow-only">${value}${badge}${hasSpending && html`<span class="key-spending">${t('spentToday')}: <${SpentToday} row=${row} /></span>`}</span></td>
    <td class="wide-only">${value}</td>
    <td class="wide-only">${badge}</td>
    <td class="end number">${row.usage ? number(row.usage.count) : html`<span class="muted">${t('unused')}</span>`}</td>
    <td class="end number wide-only">${row.usage && row.usage.success + row.usage.failed > 0 ? percent(100 * row.usage.success / (row.usage.success + row.usage.failed)) : ''}</td>
    ${hasSpending && html`<td class="end wide-only"><${SpentToday} row=${row} /><div class="hint number">${t('spentMonth', { amount: dollars(row.spent_month_usd) })}</div></td>`}
    <td class=${`number wide-only ${hasSpending ? 'key-created' : ''}`}>${dateTime(row.created_at * 1000)}</td>
    <td class="end"><${Menu} label=${t('more', { name: row.name })} items=${items} /></td>
  </tr>`;
}

const show = (row) => reveal(row).then((key) => openDialog((close) => html`<${Dialog} title=${row.name} onClose=${close}>
  <div class="spread"><code class="made-key">${key}</code><${Copy} text=${key} showLabel /></div><//>`)).then(() => false);

function askName(row) {
  return openDialog((close) => html`<${Rename} row=${row} close=${close} />`).then((done) => done === true);
}

function Rename({ row, close }) {
  const [name, setName] = useState(row.name);
  const wrong = name.trim().length < 1 || name.trim().length > 100;
  const [busy, submit] = useBusy(async () => {
    if (wrong) return;
    await rename(row, name.trim());
    toast.ok(t('renamed'));
    close(true);
  });
  return html`<${Dialog} title=${t('rename')} onClose=${() => close()} footer=${html`
      <button type="button" class="button" onClick=${() => close()}>${common('cancel')}</button>
      <${BusyButton} type="submit" form="rename-key" kind="primary" busy=${busy}>${common('save')}<//>`}>
    <form id="rename-key" onSubmit=${submit}><${Field} label=${t('name')} error=${wrong && t('invalidName')}>${(attributes) => html`
      <input class="input" autofocus maxlength="100" value=${name} onInput=${(event) => setName(event.currentTarget.value)} ...${attributes} />`}<//></form>
  <//>`;
}
