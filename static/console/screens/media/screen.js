// The media screen: sizes of the cache, the gallery of everything that was made, and clearing.
import { html } from '../../html.js';
import { get } from '../../api.js';
import { Action } from '../../components/action.js';
import { loadChoices } from '../../components/filters.js';
import { Menu } from '../../components/menu.js';
import { Failed } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { useLoaded } from '../../data.js';
import { bytes, percent } from '../../format.js';
import { texts } from '../../i18n.js';
import { clearCache } from './change.js';
import { useFiles } from './files.js';
import { KINDS, useFilter } from './filter.js';
import { Filters, Kinds } from './filters.js';
import { Gallery } from './gallery.js';
import { text } from './text.js';

export const style = new URL('./style.css', import.meta.url).href;
const t = texts(text);
/** Placeholders of the size of the loaded values, so that nothing moves. */
const UNKNOWN = KINDS.map((kind) => ({ kind, used: 0, limit: 0, count: null }));

/** Loads the size and limit of each kind, and the address at which clients reach the files. */
async function loadCache(signal) {
  const call = async (path, query) => (await get(path, query, { signal })).data;
  const [size, { global }, ...lists] = await Promise.all([call('/cache/size'), call('/settings'), ...KINDS.map((type) => call('/cache/list', { type, limit: 1 }))]);
  const kinds = KINDS.map((kind, at) => ({ kind, used: size[`${kind}_size_bytes`], count: lists[at].total, limit: global[`${kind}_cache_max_size_mb`] * 1024 * 1024 }));
  return { kinds, kept: size.kept_size_bytes, base: global.base_url || location.origin };
}

export function Screen() {
  const filter = useFilter();
  const cache = useLoaded(loadCache);
  const choices = useLoaded(loadChoices);
  const files = useFiles(filter, cache.reload);
  const reload = () => Promise.all([cache.reload(), files.reload(), choices.reload()]);
  const error = (!cache.data && cache.error) || (files.rows === null && files.error);
  return html`<div class="screen">
    <div class="screen-head"><h1>${t('title')}</h1>
      <${Action} icon="refresh" label=${t('reload')} run=${reload} />
      <${Clear} kinds=${cache.data?.kinds ?? []} reload=${reload} /></div>
    <p class="muted">${t('lead')}</p>
    ${error ? html`<div class="card"><${Failed} error=${error} retry=${reload} /></div>` : html`
    <div class="cards media-sizes">${(cache.data?.kinds ?? UNKNOWN).map((each) => html`<${Size} key=${each.kind} kept=${cache.data?.kept ?? 0} ...${each} />`)}</div>
    <${Kinds} kind=${filter.kind} />
    <${Filters} filter=${filter} choices=${choices.data} rows=${files.rows ?? []} />
    <${Gallery} key=${filter.kind} filter=${filter} files=${files} changed=${cache.reload} addressOf=${({ url }) => `${cache.data?.base ?? location.origin}${url}`} />`}
  </div>`;
}

function Size({ kind, used, limit, count, kept }) {
  const share = `${t(kind)} ${percent(limit > 0 ? 100 * used / limit : 0)}`;
  return html`<div class="card"><h2>${t(kind)}</h2><p class="spread number"><span>${count === null ? '–' : t('files', { n: count })}${kind === 'image' && kept > 0 && html` <span class="muted" title=${t('m_kept')}>${t('keptPart', { size: bytes(kept) })}</span>`}</span><span class="muted">${count !== null && t('sizeOf', { size: bytes(used), limit: bytes(limit) })}</span></p>
    <progress class="progress" max=${Math.max(1, limit)} value=${used} aria-label=${share} /></div>`;
}

/** The menu that clears the cache. @param {{ kinds: object[] }} props empty until the sizes are loaded */
function Clear({ kinds, reload }) {
  const clear = (which, cleared) => async () => {
    if (cleared.length > 0 && cleared.every(({ count }) => count === 0)) toast.ok(t('nothing'));
    else if (await clearCache(which, cleared)) reload();
  };
  return html`<${Menu} label=${t('clear')} icon="trash" showLabel items=${[['images', kinds.slice(0, 1)], ['videos', kinds.slice(1)], ['all', kinds]].map(([which, cleared]) => (
    { label: t(`clear_${which}`), danger: true, run: clear(which, cleared) }))} />`;
}
