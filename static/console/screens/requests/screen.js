// The log of requests: filters, live updates, details, export and clearing.
import { html, useCallback, useRef, useState } from '../../html.js';
import { explain, post } from '../../api.js';
import { common } from '../../common.text.js';
import { Action } from '../../components/action.js';
import { confirm } from '../../components/dialog.js';
import { Switch } from '../../components/field.js';
import { loadChoices } from '../../components/filters.js';
import { Menu } from '../../components/menu.js';
import { Empty, Failed, Notice, Skeleton } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { useEvery, useLoaded } from '../../data.js';
import { texts } from '../../i18n.js';
import { address } from '../../router.js';
import { search } from '../../search.js';
import { Bar } from './bar.js';
import { clearFilter, conditions, isFiltered, reachesNow, useFilter } from './filter.js';
import { useLog } from './log.js';
import { Table } from './table.js';
import { text } from './text.js';

export const style = new URL('./style.css', import.meta.url).href;
const t = texts(text);
const LOOK_MS = 3_000;

export function Screen() {
  const filter = useFilter();
  const log = useLog(filter);
  const choices = useLoaded(loadChoices);
  const box = useRef(null);
  const [isLive, setLive] = useState(true);
  const canFollow = reachesNow(filter, Date.now());
  useEvery(isLive && canFollow ? LOOK_MS : null, () => log.look((box.current?.scrollTop ?? 0) > 0));
  const clear = useCallback(async () => {
    if (await askToClear()) await log.reload();
  }, [log.reload]);
  return html`<div class="screen requests-screen">
    <div class="screen-head"><h1>${t('title')}</h1>
      <${Switch} label=${t('live')} title=${t('liveHint')} checked=${isLive && canFollow} disabled=${!canFollow} onChange=${setLive} />
      <${Action} icon="refresh" label=${t('reload')} run=${log.reload} />
      <${Menu} label=${common('export')} icon="download" showLabel items=${exports(filter)} />
      <${Menu} label=${t('actions')} items=${[{ label: t('clear'), icon: 'trash', danger: true, run: clear }]} /></div>
    <p class="muted wide-only">${t('lead')}</p>
    <${Bar} filter=${filter} choices=${choices.data} rows=${log.rows} />
    ${log.tailError && isLive && html`<${Notice} kind="warn">${t('liveStopped', { reason: explain(log.tailError) })}<//>`}
    <${Content} log=${log} filter=${filter} box=${box} />
  </div>`;
}

function Content({ log, filter, box }) {
  if (log.error) return html`<div class="card"><${Failed} error=${log.error} retry=${log.reload} /></div>`;
  if (log.rows.length > 0) return html`<${Table} log=${log} filter=${filter} box=${box} />`;
  if (log.isLoading) return html`<div class="table-box rows-box log-skeleton"><${Skeleton} lines=${12} /></div>`;
  if (isFiltered(filter)) {
    return html`<div class="table-box rows-box"><${Empty} icon="search" title=${t('nothingFound')}>
      <button type="button" class="button" onClick=${clearFilter}>${t('clearFilter')}</button><//></div>`;
  }
  return html`<div class="table-box rows-box"><${Empty} icon="requests" title=${t('empty')}><p>${t('emptyHint')}</p>
    <a class="button" href=${address('start')}>${t('toStart')}</a><//></div>`;
}

function exports(filter) {
  const href = (format) => `/api/logs${search({ ...conditions(filter, Date.now()), format })}`;
  return [{ label: t('exportCsv'), icon: 'download', href: href('csv') }, { label: t('exportJson'), icon: 'download', href: href('json') }];
}

const askToClear = () => confirm({
  title: t('clearTitle'), lost: t('clearLost'), action: t('clear'),
  run: async () => {
    await post('/logs/clear');
    toast.ok(t('cleared'));
  },
});
