// Charts of requests by hour and by day.
import { html, useMemo } from '../../html.js';
import { StackedBars } from '../../components/chart.js';
import { locale, texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);

/** Returns the name of the time zone in which requests are counted, such as "UTC+5:30". @param {number} minutes east of UTC */
export function zoneName(minutes) {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`;
}

const seriesOf = (rows) => [['success', '--accent'], ['failed', '--danger'], ['cancelled', '--line-strong']]
  .map(([name, color]) => ({ name: t(name), color, values: rows.map((row) => row[name]) }));

/** Labels the days. Dates have no time zone, so they are formatted as UTC. */
function days(rows) {
  const [short, long] = [{ month: 'numeric', day: 'numeric' }, { month: 'short', day: 'numeric', weekday: 'short' }]
    .map((options) => new Intl.DateTimeFormat(locale(), { ...options, timeZone: 'UTC' }));
  return rows.map(({ date }) => ({ short: short.format(new Date(date)), long: long.format(new Date(date)) }));
}

const hours = (rows) => rows.map(({ hour }) => ({ short: hour, long: `${hour}–${hour.slice(0, 3)}59` }));

export function Charts({ requests }) {
  const zone = zoneName(requests.timezone_offset_minutes);
  return html`<div class="charts">
    <${Chart} title=${t('hourly')} hint=${zone} unit=${t('hour')} rows=${requests.hourly} name=${hours} />
    <${Chart} title=${t('daily')} hint=${zone} unit=${t('day')} rows=${requests.daily} name=${days} /></div>`;
}

function Chart({ rows, name, ...rest }) {
  const language = locale();
  const [labels, series] = useMemo(() => [name(rows), seriesOf(rows)], [rows, language]);
  const [success, failed, cancelled] = series.map(({ values }) => values.reduce((a, b) => a + b, 0));
  return html`<${StackedBars} ...${rest} labels=${labels} series=${series} summary=${t('chartSummary', { title: rest.title, success, failed, cancelled })} />`;
}
