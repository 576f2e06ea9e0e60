// The gallery: previews that load when they become visible, a selection, and the viewer.
import { html, useEffect, useRef, useState } from '../../html.js';
import { common } from '../../common.text.js';
import { Action } from '../../components/action.js';
import { Icon } from '../../components/icon.js';
import { Empty, Failed, Skeleton } from '../../components/states.js';
import { openViewer } from '../../components/viewer.js';
import { ago, bytes, dateTime } from '../../format.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { deleteFiles } from './change.js';
import { text } from './text.js';

const t = texts(text);
/** Distance below the viewport at which a video's first frame is fetched. */
const AHEAD = '300px';

/** Draws the gallery. @param {{ kind: 'image' | 'video', files: object, addressOf: (item: object) => string, changed: () => void }} props `changed` is called after a deletion */
export function Gallery({ kind, files, addressOf, changed }) {
  const { rows, total, hasMore, error, items } = files;
  const [chosen, setChosen] = useState(new Set());
  if (total === null) return html`<${Skeleton} lines=${5} />`;
  if (rows.length === 0) {
    return html`<div class="card"><${Empty} icon="media" title=${t(kind === 'video' ? 'emptyVideo' : 'emptyImage')}><p>${t('emptyHint')}</p><a class="button" href=${address('playground')}>${t('tryIt')}</a><//></div>`;
  }
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
  const show = (id) => openViewer({ items, id, more: files.more, remove, facts, address: addressOf });
  return html`
    <${Bar} rows=${rows} total=${total} chosen=${chosen} choose=${choose} reload=${() => { files.reload(); changed(); }} />
    <ul class="gallery">${rows.map((item, at) => html`<${Tile} key=${item.id} item=${item} n=${at + 1} chosen=${chosen.has(item.id)} choose=${choose} show=${show} />`)}</ul>
    ${error && html`<${Failed} error=${error} retry=${files.more} />`}
    ${hasMore && !error && html`<div class="media-more"><${Action} run=${files.more} icon="down">${t('more')}<//></div>`}`;
}

function Bar({ rows, total, chosen, choose, reload }) {
  const all = rows.map(({ id }) => id);
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
    <span class="muted number" role="status">${selected.length > 0 ? common('selected', { n: selected.length }) : t('showing', { n: rows.length, total })}</span>
    ${selected.length > 0 && html`<${Action} kind="danger" icon="trash" run=${remove}>${common('delete')}<//>
      <button type="button" class="button quiet" onClick=${clear}>${common('clearSelection')}</button>`}</div>`;
}

const facts = (item) => [
  [t('made'), dateTime(item.created_at)], [t('size'), bytes(item.size)], [t('type'), item.contentType],
  [t('account'), item.token_suffix ? `…${item.token_suffix}` : t('noAccount')], [t('keptUntil'), dateTime(item.expires_at)],
];

function Tile({ item, n, chosen, choose, show }) {
  const values = { n, time: dateTime(item.created_at) };
  const isVideo = item.kind === 'video';
  const [hasFailed, setFailed] = useState(false);
  const label = t(isVideo ? 'openVideo' : 'openImage', values);
  return html`<li class="tile">
    <button type="button" class="tile-open" aria-haspopup="dialog" aria-label=${hasFailed ? `${label}. ${t('noPreview')}` : label} onClick=${() => show(item.id)}>
      ${hasFailed ? html`<span class="tile-failed"><${Icon} name="media" /><span>${t('noPreview')}</span></span>` : html`<${Preview} item=${item} failed=${() => setFailed(true)} />`}</button>
    <label class="tile-foot"><input type="checkbox" aria-label=${t(isVideo ? 'selectVideo' : 'selectImage', values)} checked=${chosen} onChange=${(event) => choose([item.id], event.currentTarget.checked)} />
      <span class="tile-facts"><span class="number">${bytes(item.size)}</span><span class="muted" title=${values.time}>${ago(item.created_at)}</span></span></label>
  </li>`;
}

function Preview({ item, failed }) {
  // `loading` comes first: an image starts to load as soon as `src` is set.
  return item.kind === 'video' ? html`<${FirstFrame} url=${item.url} failed=${failed} />` : html`<img loading="lazy" decoding="async" alt="" src=${item.url} onError=${failed} />`;
}

/** Shows the first frame of a video. Videos have no `loading="lazy"`, so `src` is set when it nears the viewport. */
function FirstFrame({ url, failed }) {
  const element = useRef(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(([{ isIntersecting }]) => { if (isIntersecting) setNear(true); }, { rootMargin: AHEAD });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  // Without `#t`, some browsers show no frame before the video plays.
  return html`<video ref=${element} src=${isNear ? `${url}#t=0.1` : undefined} preload="metadata" muted playsinline tabindex="-1" aria-hidden="true" onError=${failed} />
    <span class="tile-play"><${Icon} name="play" /></span>`;
}
