// The gallery: what was made, a selection, and the viewer.
import { html, useState } from '../../html.js';
import { common } from '../../common.text.js';
import { Action } from '../../components/action.js';
import { Empty, Failed, Skeleton } from '../../components/states.js';
import { openViewer } from '../../components/viewer.js';
import { number } from '../../format.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { deleteFiles } from './change.js';
import { Prompt, UseAgain, facts } from './details.js';
import { clearFilter, isFiltered } from './filter.js';
import { text } from './text.js';
import { Tile } from './tile.js';

const t = texts(text);
/** The gateway counts no further. */
const MOST_COUNTED = 10_000;

/** Draws the gallery. @param {{ filter: object, files: object, addressOf: (item: object) => string, changed: () => void }} props `changed` is called after a deletion */
export function Gallery({ filter, files, addressOf, changed }) {
  const { rows, hasMore, isReading, isStale, error, items, shown } = files;
  const [chosen, setChosen] = useState(new Set());
  const isEmpty = rows?.length === 0 && !hasMore;
  if (rows === null || (isEmpty && isReading)) return html`<${Skeleton} lines=${5} />`;
  const choose = (ids, on) => setChosen((old) => {
    const next = new Set(old);
    for (const id of ids) next[on ? 'add' : 'delete'](id);
    return next;
  });
  const remove = async ({ id }) => {
    const isGone = await deleteFiles([id]);
    if (isGone) {
      files.forget(id);
      changed();
    }
    return isGone;
  };
  const show = (id) => openViewer({
    items, id, more: files.more, remove, facts, address: addressOf, shown, missing: (item) => (item.isGone ? t('goneHelp') : null),
    caption: (item) => html`<${Prompt} key=${item.id} item=${item} />`, actions: (item, close) => html`<${UseAgain} item=${item} close=${close} />`,
  });
  if (isEmpty && !error) return html`<${Nothing} filter=${filter} />`;
  return html`<div class=${isStale ? 'stale-files' : ''} aria-busy=${isStale}>
    ${rows.length > 0 && html`<${Bar} files=${files} chosen=${chosen} choose=${choose} reload=${() => { files.reload(); changed(); }} />`}
    ${/* Files of another filter are other elements, so that nothing moves. */ rows.length > 0 && html`<ul key=${files.of} class="gallery">${rows.map((item, at) => html`<${Tile} key=${item.id} item=${item} n=${at + 1} chosen=${chosen.has(item.id)} choose=${choose} show=${show} shown=${shown} />`)}</ul>`}
    ${error && html`<${Failed} error=${error} retry=${files.more} />`}
    ${hasMore && !error && html`<div class="media-more">
      ${rows.length === 0 && !isReading && html`<p class="muted" role="status">${t('notYetFound')}</p>`}
      <${Action} run=${files.more} icon="down">${t(isReading ? 'searching' : isFiltered(filter) ? 'searchOn' : 'more')}<//></div>`}
  </div>`;
}

function Nothing({ filter }) {
  if (isFiltered(filter)) {
    return html`<div class="card"><${Empty} icon="search" title=${t('nothingFound')}><button type="button" class="button" onClick=${clearFilter}>${t('clearFilter')}</button><//></div>`;
  }
  return html`<div class="card"><${Empty} icon="media" title=${t(`empty${filter.kind}`)}><p>${t('emptyHint')}</p><a class="button" href=${address('playground')}>${t('tryIt')}</a><//></div>`;
}

function Bar({ files, chosen, choose, reload }) {
  const all = files.rows.map(({ id }) => id);
  const selected = all.filter((id) => chosen.has(id));
  const clear = () => choose([...chosen], false);
  const remove = async () => {
    if (!(await deleteFiles(selected))) return;
    clear();
    reload();
  };
  return html`<div class="bar media-bar">
    <label class="media-all"><input type="checkbox" checked=${selected.length === all.length} indeterminate=${selected.length > 0 && selected.length < all.length}
      onChange=${(event) => choose(all, event.currentTarget.checked)} /><span>${common('selectAll')}</span></label>
    <span class="muted number" role="status">${selected.length > 0 ? common('selected', { n: selected.length }) : counted(files)}</span>
    ${selected.length > 0 && html`<${Action} kind="danger" icon="trash" run=${remove}>${common('delete')}<//>
      <button type="button" class="button quiet" onClick=${clear}>${common('clearSelection')}</button>`}</div>`;
}

function counted({ rows, total, hasMore }) {
  if (total === null) return t(hasMore ? 'foundSoFar' : 'found', { n: rows.length });
  return t('showing', { n: rows.length, total: total >= MOST_COUNTED ? `${number(MOST_COUNTED)}+` : total });
}
