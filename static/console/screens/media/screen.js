// Cached pictures and videos: how much room they take, a gallery, and clearing.
import { html, useEffect, useMemo, useRef, useState } from '../../html.js';
import { get } from '../../api.js';
import { common } from '../../common.text.js';
import { Action } from '../../components/action.js';
import { Icon } from '../../components/icon.js';
import { Menu } from '../../components/menu.js';
import { Empty, Failed, Loaded, Skeleton } from '../../components/states.js';
import { openViewer } from '../../components/viewer.js';
import { useLoaded } from '../../data.js';
import { bytes, dateTime, percent } from '../../format.js';
import { texts } from '../../i18n.js';
import { address, useRoute } from '../../router.js';
import { shared } from '../../store.js';
import { clearCache, deleteFiles } from './change.js';
import { text } from './text.js';

export const style = new URL('./style.css', import.meta.url).href;
const t = texts(text);
const PAGE = 48;

async function loadSizes(signal) {
  const [{ data: size }, { data: { global } }] = await Promise.all([get('/cache/size', {}, { signal }), get('/settings', {}, { signal })]);
  const limit = (name) => global[name] * 1024 * 1024;
  return [
    ['image', size.image_size_bytes, limit('image_cache_max_size_mb')],
    ['video', size.video_size_bytes, limit('video_cache_max_size_mb')],
  ];
}

export function Screen() {
  const { query } = useRoute();
  const kind = query.kind === 'video' ? 'video' : 'image';
  const sizes = useLoaded(loadSizes);
  const [generation, setGeneration] = useState(0);
  const reload = () => {
    sizes.reload();
    setGeneration((old) => old + 1);
  };
  const clear = (which, label) => async () => { if (await clearCache(which, t(label))) reload(); };
  return html`<div class="screen">
    <div class="screen-head"><h1>${t('title')}</h1>
      <${Menu} label=${t('clear')} icon="trash" showLabel items=${[
        { label: t('clearImages'), run: clear('/images', 'clearImages') },
        { label: t('clearVideos'), run: clear('/videos', 'clearVideos') },
        { label: t('clearAll'), danger: true, run: clear('', 'clearAll') },
      ]} /></div>
    <p class="muted">${t('lead')}</p>
    <div class="cards media-sizes"><${Loaded} of=${sizes} lines=${2}>${(rows) => rows.map(([name, used, limit]) => html`
      <div class="card" key=${name}><h2>${t(name)}</h2><p class="number">${t('sizeOf', { size: bytes(used), limit: bytes(limit) })}</p>
        <progress class="progress" max=${Math.max(1, limit)} value=${used} aria-label=${`${t(name)} ${percent(limit > 0 ? 100 * used / limit : 0)}`} /></div>`)}<//></div>
    <nav class="bar" aria-label=${t('kinds')}>${['image', 'video'].map((each) => html`
      <a key=${each} class=${`button ${each === kind ? 'primary' : ''}`} aria-current=${each === kind ? 'page' : undefined} href=${address('media', { kind: each })}>${t(each)}</a>`)}</nav>
    <${Gallery} key=${`${kind} ${generation}`} kind=${kind} reload=${reload} />
  </div>`;
}

/** The files so far, and how to get more: each page begins where the last one ended. */
function useFiles(kind) {
  const items = useMemo(() => shared([]), []);
  const [state, setState] = useState({ rows: [], total: null, error: null });
  const loading = useRef(false);
  const more = async () => {
    if (loading.current) return;
    loading.current = true;
    try {
      const { data } = await get('/cache/list', { type: kind, limit: PAGE, offset: items.get().length });
      const known = new Set(items.get().map(({ id }) => id));
      items.set([...items.get(), ...data.items.filter(({ id }) => !known.has(id)).map((item) => ({ ...item, kind, size: item.size_bytes, contentType: item.content_type }))]);
      setState({ rows: items.get(), total: data.total, error: null });
    } catch (error) {
      setState((old) => ({ ...old, error }));
    } finally {
      loading.current = false;
    }
  };
  const forget = (ids) => {
    items.set(items.get().filter(({ id }) => !ids.includes(id)));
    setState((old) => ({ ...old, rows: items.get(), total: old.total - ids.length }));
  };
  useEffect(() => { more(); }, []);
  return { ...state, items, more, forget };
}

function Gallery({ kind, reload }) {
  const { rows, total, error, items, more, forget } = useFiles(kind);
  const [chosen, setChosen] = useState(new Set());
  const choose = (id, on) => setChosen((old) => {
    const next = new Set(old);
    next[on ? 'add' : 'delete'](id);
    return next;
  });
  if (total === null) return error ? html`<${Failed} error=${error} retry=${more} />` : html`<${Skeleton} lines=${5} />`;
  if (rows.length === 0) {
    return html`<div class="card"><${Empty} icon="media" title=${t(kind === 'video' ? 'emptyVideo' : 'emptyImage')}><p>${t('emptyHint')}</p><a class="button" href=${address('playground')}>${t('tryIt')}</a><//></div>`;
  }
  const remove = async (item) => {
    const gone = await deleteFiles([item.id]);
    if (gone) forget([item.id]);
    return gone;
  };
  const removeChosen = async () => { if (await deleteFiles([...chosen])) reload(); };
  const show = (id) => openViewer({ items, id, more: rows.length < total ? more : undefined, remove, facts });
  return html`
    <div class="bar media-bar"><span class="muted number" role="status">${chosen.size > 0 ? common('selected', { n: chosen.size }) : t('showing', { n: rows.length, total })}</span>
      ${chosen.size > 0 && html`<${Action} kind="danger" icon="trash" run=${removeChosen}>${common('delete')}<//>
        <button type="button" class="button quiet" onClick=${() => setChosen(new Set())}>${common('clearSelection')}</button>`}</div>
    <ul class="gallery">${rows.map((item) => html`<${Tile} key=${item.id} item=${item} chosen=${chosen.has(item.id)} choose=${choose} show=${show} />`)}</ul>
    ${error && html`<${Failed} error=${error} retry=${more} />`}
    ${rows.length < total && !error && html`<div class="media-more"><${Action} run=${more} icon="down">${t('more')}<//></div>`}`;
}

const facts = (item) => [
  [t('size'), bytes(item.size)], [t('type'), item.contentType], [t('stored'), dateTime(item.mtime)],
  [t('account'), `…${item.token_suffix}`], [t('until'), dateTime(item.expires_at)],
];

function Tile({ item, chosen, choose, show }) {
  return html`<li class="tile">
    <button type="button" class="tile-open" aria-label=${t('open', { name: item.name })} onClick=${() => show(item.id)}>
      ${item.kind === 'video'
        ? html`<video src=${item.url} preload="metadata" muted playsinline tabindex="-1" /><span class="tile-play"><${Icon} name="play" /></span>`
        : html`<img src=${item.url} alt="" loading="lazy" />`}
    </button>
    <div class="tile-foot"><input type="checkbox" aria-label=${t('select', { name: item.name })} checked=${chosen} onChange=${(event) => choose(item.id, event.currentTarget.checked)} />
      <span class="muted number">${bytes(item.size)}</span></div>
  </li>`;
}
