// Stacked bars, drawn by uPlot in the style sheet's colours, with a table of the same numbers.
import { html, useEffect, useLayoutEffect, useRef, useState } from '../html.js';
import uPlot from '../../vendor/uplot.js';
import { number } from '../format.js';
import { texts } from '../i18n.js';
import { loadStyle } from '../styles.js';
import { text } from './chart.text.js';

await Promise.all(['../../vendor/uplot.css', './chart.css'].map((sheet) => loadStyle(new URL(sheet, import.meta.url).href)));

const t = texts(text);
const HEIGHT = 220;

/**
 * Draws stacked bars and their table.
 * @param {object} props
 * @param {string} props.title
 * @param {unknown} [props.hint]
 * @param {string} props.summary description of the chart for screen readers
 * @param {string} props.unit heading of the first column of the table
 * @param {{ short: string, long: string }[]} props.labels of the bars: `short` below them, `long` in the table and the tooltip
 * @param {{ name: string, color: string, values: number[] }[]} props.series from bottom to top; `color` is a CSS variable
 */
export function StackedBars({ title, hint, summary, unit, labels, series }) {
  const [asTable, setAsTable] = useState(false);
  return html`<section class="card chart">
    <div class="spread chart-head"><h2>${title}${hint && html` <span class="hint">${hint}</span>`}</h2>
      <button type="button" class="button quiet small" aria-pressed=${asTable} onClick=${() => setAsTable(!asTable)}>${t('asTable')}</button></div>
    <ul class="chart-legend">${series.map(({ name, color, values }) => html`<li key=${name}><span class="swatch" style=${{ background: `var(${color})` }} />${name} <b class="number">${number(values.reduce((a, b) => a + b, 0))}</b></li>`)}</ul>
    <div class="chart-room">${asTable ? html`<${Numbers} title=${title} unit=${unit} labels=${labels} series=${series} />`
      : html`<${Picture} summary=${summary} labels=${labels} series=${series} />`}</div>
  </section>`;
}

function Numbers({ title, unit, labels, series }) {
  return html`<div class="chart-table" tabindex="0" role="region" aria-label=${title}><table class="table">
    <thead><tr><th>${unit}</th>${series.map(({ name }) => html`<th key=${name} class="end">${name}</th>`)}</tr></thead>
    <tbody>${labels.map(({ long }, at) => html`<tr key=${long}><td>${long}</td>${series.map(({ name, values }) => html`<td key=${name} class="end number">${number(values[at])}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

function Picture({ summary, labels, series }) {
  const box = useRef(null);
  const plot = useRef(null);
  const shown = useRef(null);
  const [pointed, setPointed] = useState(null);
  // uPlot reads labels and limits on every draw.
  shown.current = { labels, most: Math.max(...stacked(series).at(-1)) };
  useLayoutEffect(() => {
    plot.current = new uPlot(options(box.current, series, shown, setPointed), drawn(series), box.current);
    const resized = new ResizeObserver(() => plot.current.setSize({ width: box.current.clientWidth, height: HEIGHT }));
    resized.observe(box.current);
    const recoloured = new MutationObserver(() => plot.current.redraw());
    recoloured.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      resized.disconnect();
      recoloured.disconnect();
      plot.current.destroy();
    };
  }, []);
  useEffect(() => plot.current.setData(drawn(series)), [labels, series]);
  return html`<div class="chart-picture"><div ref=${box} class="chart-box" role="img" aria-label=${summary} />
    ${pointed && html`<${Tip} at=${pointed} label=${labels[pointed.index].long} series=${series} />`}</div>`;
}

function Tip({ at, label, series }) {
  return html`<div class=${`chart-tip ${at.isRight ? 'to-left' : ''}`} style=${{ left: `${at.left}px` }} aria-hidden="true"><strong>${label}</strong>
    ${[...series].reverse().map(({ name, color, values }) => html`<span key=${name}><span class="swatch" style=${{ background: `var(${color})` }} />${name} <b class="number">${number(values[at.index])}</b></span>`)}</div>`;
}

/** Adds to each series the values of those below it. */
function stacked(series) {
  let below = series[0].values.map(() => 0);
  return series.map(({ values }) => {
    below = below.map((sum, at) => sum + values[at]);
    return below;
  });
}

/** Converts to uPlot's data: x values, then the stacks, tallest first because uPlot paints the lower ones over it. */
const drawn = (series) => [series[0].values.map((_, at) => at), ...stacked(series).reverse()];

function options(box, series, shown, point) {
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const bars = uPlot.paths.bars({ size: [0.68, 36], radius: [0.15, 0] });
  const axis = { stroke: () => color('--muted'), font, ticks: { show: false } };
  return {
    width: box.clientWidth, height: HEIGHT, padding: [10, 6, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: () => [-0.5, shown.current.labels.length - 0.5] },
      // At least 4, so that an empty chart has an axis.
      y: { range: () => [0, Math.max(4, shown.current.most * 1.08)] },
    },
    axes: [
      { ...axis, size: 28, gap: 6, grid: { show: false }, incrs: [1, 2, 3, 4, 6, 12], space: 46, values: (_, at) => at.map((each) => shown.current.labels[each]?.short ?? '') },
      { ...axis, size: 46, gap: 6, grid: { stroke: () => color('--line'), width: 1 }, space: 40, incrs: steps(), values: (_, at) => at.map((each) => number(each, { notation: 'compact' })) },
    ],
    series: [{}, ...[...series].reverse().map((each) => ({ fill: () => color(each.color), width: 0, paths: bars, points: { show: false } }))],
    hooks: { setCursor: [(plot) => point(placeOf(plot))] },
  };
}

/** Returns the axis steps 1, 2, 5, 10, 20, …: counts are whole numbers. */
const steps = () => Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

function placeOf(plot) {
  const index = plot.cursor.idx;
  if (index === null || index === undefined || plot.cursor.left < 0) return null;
  const left = plot.valToPos(index, 'x') + plot.bbox.left / devicePixelRatio;
  return { index, left, isRight: left > plot.width / 2 };
}
