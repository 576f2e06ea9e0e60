// The tables of a benchmark, in Markdown.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { SCENARIOS, TOKENS } from './scenarios.mjs';

const ROOT = new URL('../../', import.meta.url);
const MODULES = { 'module of the Worker': 'cloudflare/dist/grok2api.wasm', 'file for Spin': 'target/spin/grok2api.wasm' };

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n') + '\n';

const decimals = (number) => (number === undefined ? '–' : number < 10 ? number.toFixed(2) : number.toFixed(1));

/** Returns the value of a cell: the median of all rounds, and in brackets the least. */
const cell = (samples, value) => {
  if (!samples) return '–';
  const all = samples.map(value);
  return `${decimals(median(all))} (${decimals(Math.min(...all))})`;
};

/** The row of what a token costs in a burst, in microseconds: what 200 of them cost above one. Empty without both scenarios. */
function perToken(running, rows) {
  const [one, burst] = [SCENARIOS.one, SCENARIOS.burst].map((scenario) => rows.find((row) => row.scenario === scenario));
  if (!one || !burst) return [];
  const middle = ({ of }, variant) => median(of.get(variant).map(({ cpu }) => cpu));
  const cells = running.map((variant) => (one.of.has(variant) ? (((middle(burst, variant) - middle(one, variant)) * 1000) / (TOKENS - 1)).toFixed(1) : '–'));
  return [[`a token of a burst, ${one.width} at once, in µs`, ...cells]];
}

/** CPU per request and the time to the first byte, in milliseconds; the ratio to the floor where there is one. */
export function costs(running, rows) {
  const floors = new Map(running.filter(({ kind }) => kind === 'floor').map((variant) => [variant.transport, variant]));
  const ratio = (of, { kind, transport }) => {
    const [own, floor] = [[...of].find(([variant]) => variant.kind === kind && variant.transport === transport)?.[1], of.get(floors.get(transport))];
    return kind === 'ours' && own && floor ? `, ×${(median(own.map(({ cpu }) => cpu)) / median(floor.map(({ cpu }) => cpu))).toFixed(2)}` : '';
  };
  const name = ({ scenario, width }) => `${scenario.says}, ${width} at once`;
  const head = (what) => [what, ...running.map((variant) => variant.name)];
  const cpu = rows.map((row) => [name(row), ...running.map((variant) => cell(row.of.get(variant), (sample) => sample.cpu) + ratio(row.of, variant))]);
  const first = rows.map((row) => [name(row), ...running.map((variant) => cell(row.of.get(variant), (sample) => median(sample.first)))]);
  return `${table(head('CPU, ms a request'), [...cpu, ...perToken(running, rows)])}\n${table(head('first byte, ms'), first)}`;
}

/** Milliseconds to the first answer, and memory of the process in megabytes. */
export function used(running, { begun, idle, streams, after }) {
  const head = (what) => [what, ...running.map((variant) => variant.name)];
  const row = (name, values) => [name, ...values.map((value) => (value === undefined ? '–' : String(Math.round(value))))];
  return `${table(head('start, ms'), [row('to the first answer', begun)])}\n${table(head('memory, MB'), [row('at the start', idle), row('64 streams open', streams), row('after all', after)])}`;
}

/** What a request asks of its host. */
export function asked({ models, http, websocket }) {
  const row = (name, steps) => {
    const of = (kind) => steps.filter((step) => step.kind === kind);
    const sum = (field) => of('d1').reduce((all, step) => all + step[field], 0);
    return [name, of('d1').length, of('d1').length + of('fetch').length, sum('rowsRead'), sum('rowsWritten')];
  };
  const rows = [row('list of models', models.steps), row('chat, http', http.steps), row('chat, websocket', websocket.steps)];
  return table(['asked of the host', 'statements', 'subrequests', 'rows read', 'rows written'], rows);
}

/** Sizes of the modules. */
export async function sizes() {
  const rows = [];
  for (const [name, file] of Object.entries(MODULES)) {
    const bytes = await readFile(fileURLToPath(new URL(file, ROOT)));
    rows.push([name, `${(bytes.length / 1024).toFixed(0)}`, `${(gzipSync(bytes).length / 1024).toFixed(0)}`]);
  }
  return table(['size', 'KiB', 'KiB, gzip'], rows);
}
