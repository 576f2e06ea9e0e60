// Compares a run with the recorded one in docs/performance.md: what is asked of the host must be the same, ratios to the floor may be lower.

/** A quick run on a shared machine is this far off. */
const NOISE = 1.3;

/** The rows of tables in Markdown that have this mark, by their first cells. */
const rowsOf = (markdown, mark = '') => new Map(markdown.split('\n').filter((line) => /^\| (?!---)/.test(line) && line.includes(mark)).map((line) => [line.split(' | ')[0], line]));
const ratiosOf = (line) => [...line.matchAll(/×([\d.]+)/g)].map(([, ratio]) => Number(ratio));

/** Returns the part of a document below a heading. */
const below = (markdown, heading) => markdown.split(`\n${heading}\n`)[1]?.split(/\n#+ /)[0] ?? '';

/** Returns what differs in what is asked of the host. @param {string} recorded the document @param {string} asked the table of this run */
export function differences(recorded, asked) {
  const known = rowsOf(below(recorded, '### workerd'));
  return [...rowsOf(asked)].filter(([name, line]) => known.get(name) !== line).map(([name, line]) => `${line}, recorded: ${known.get(name) ?? 'nothing'}`);
}

/** Returns the rows whose ratios are higher than the recorded ones. @param {string} costs the tables of this run */
export function slower(recorded, costs) {
  const known = rowsOf(below(recorded, '### workerd'), '×');
  return [...rowsOf(costs, '×')].flatMap(([name, line]) => {
    const before = ratiosOf(known.get(name) ?? '');
    const isSlower = ratiosOf(line).some((ratio, at) => ratio > before[at] * NOISE);
    return isSlower ? [`${line}, recorded: ×${before.join(', ×')}`] : [];
  });
}
