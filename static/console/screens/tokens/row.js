// One row of the table of accounts.
import { html } from '../../html.js';
import { common } from '../../common.text.js';
import { accountName } from '../../components/account-name.js';
import { Icon } from '../../components/icon.js';
import { Menu } from '../../components/menu.js';
import { toast } from '../../components/toast.js';
import { texts } from '../../i18n.js';
import { Countdown, StateBadge, TypeBadge, When } from './badges.js';
import { deleteTokens, setEnabled } from './change.js';
import { describe, isApiKey } from './describe.js';
import { Quotas } from './quota.js';
import { Spending } from './spending.js';
import { text } from './text.js';

const t = texts(text);
/** Characters of tags that fit in a row; a Chinese character counts as two. */
const TAG_ROOM = 12;

function Reason({ row, state, words, doing }) {
  if (row.status_code === 'duplicate') return html`<${Other} id=${row.duplicate_of} doing=${doing} />`;
  return html`${words && html`<span class="reason" title=${state.reason}>${words}</span>`}${state.until !== null && html`<${Countdown} until=${state.until} />`}`;
}

/** Draws a button that opens the account that serves in the place of a duplicate. */
function Other({ id, doing }) {
  const other = doing.loaded(id);
  const words = other ? t('ofToken', { name: accountName(other.id, other.token_suffix) }) : t('ofOther');
  return html`<button type="button" class="link-button reason" aria-label=${`${t('duplicate')} ${words}`} onClick=${() => doing.openOther(id)}>${words}</button>`;
}

function Tags({ tags }) {
  if (tags.length === 0) return null;
  let room = TAG_ROOM;
  const fits = (tag) => { room -= [...tag].reduce((sum, letter) => sum + (letter > '\u2e7f' ? 2 : 1), 0); return room >= 0; };
  const shown = tags.filter((tag, at) => fits(tag) || at === 0);
  const hidden = tags.length - shown.length;
  return html`<span class="tags" title=${tags.join(', ')}>${shown.map((tag) => html`<span key=${tag} class="badge tag">${tag}</span>`)}${hidden > 0 && html`<span class="muted number">+${hidden}</span>`}</span>`;
}

/** Returns the actions of one account, for its row and its details. */
export function rowActions(row, { reload, open }) {
  const run = (work) => async () => {
    try {
      if (await work() !== false) await reload();
    } catch (error) {
      toast.error(error);
    }
  };
  const isDisabled = row.status_code === 'disabled';
  return [
    { label: t('details', { name: accountName(row.id, row.token_suffix) }), icon: 'info', run: () => open(row) },
    { label: t('test'), icon: 'play', run: () => open(row, true) },
    { label: common(isDisabled ? 'enable' : 'disable'), icon: isDisabled ? 'check' : 'stop', run: run(() => setEnabled([row], isDisabled)) },
    { label: common('delete'), icon: 'trash', danger: true, run: run(() => deleteTokens([row])) },
  ];
}

/** Draws a row. @param {{ at: number, row: object, chosen: boolean, isNarrow: boolean, doing: object }} props `doing` has choose, open, openOther, loaded and reload */
export function Row({ at, row, chosen, isNarrow, doing }) {
  const name = accountName(row.id, row.token_suffix);
  const state = describe(row);
  const quota = row.status_code !== 'invalid' && (isApiKey(row) ? html`<${Spending} row=${row} />` : html`<${Quotas} quotas=${row.quotas} />`);
  // A press on the row opens the details, except on controls and selected text.
  const press = (event) => {
    if (!event.target.closest('button, input, a, .menu') && getSelection().isCollapsed) doing.open(row);
  };
  const check = html`<td class="token-check"><input type="checkbox" aria-label=${t('select', { name })} checked=${chosen} onClick=${(event) => doing.choose(at, event.currentTarget.checked, event.shiftKey)} /></td>`;
  const opener = html`<button type="button" class="token-name" aria-label=${t('details', { name })} onClick=${() => doing.open(row)}><code>${name}</code></button>`;
  const menu = html`<td class="token-menu"><${Menu} label=${t('actions', { name })} items=${rowActions(row, doing)} /></td>`;
  if (isNarrow) {
    return html`<tr aria-rowindex=${at + 2} aria-selected=${chosen} onClick=${press}>${check}
      <td class="token-card"><div class="card-line">${opener}<${TypeBadge} row=${row} /></div>
        <div class="card-line muted state-why"><${StateBadge} state=${state} /><${Reason} row=${row} state=${state} words=${state.brief} doing=${doing} /></div>
        <div class="card-line card-quotas">${quota}</div>
        <div class="card-line muted">${row.tags.length > 0 ? html`<${Tags} tags=${row.tags} />` : null}<span class="cut-text">${row.note}</span></div></td>${menu}</tr>`;
  }
  return html`<tr aria-rowindex=${at + 2} aria-selected=${chosen} onClick=${press}>${check}
    <td><span class="token-cell">${opener}<${TypeBadge} row=${row} /></span></td>
    <td><span class="state-cell"><${StateBadge} state=${state} /><span class="state-why muted"><${Reason} row=${row} state=${state} words=${state.brief} doing=${doing} /></span></span></td>
    <td>${quota}</td>
    <td><${Tags} tags=${row.tags} /></td>
    <td><span class="cut-text" title=${row.note}>${row.note}</span></td>
    <td class="number muted used"><${When} time=${row.last_used_time} /></td>
    ${menu}</tr>`;
}

/** Draws a placeholder for a row that is being fetched. */
export const BlankRow = ({ at, columns }) => html`<tr aria-rowindex=${at + 2} class="blank" aria-hidden="true"><td colspan=${columns}><span class="blank-line" /></td></tr>`;

export const SortMark = ({ order }) => html`<${Icon} name=${order === 'asc' ? 'up' : 'down'} />`;
