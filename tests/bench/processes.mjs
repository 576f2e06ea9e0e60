// What a process and its children have used: CPU time and memory. Linux only.
import { readFileSync, readdirSync } from 'node:fs';
import { descendants } from '../lib/processes.mjs';

const tree = (pid) => [pid, ...descendants(pid)];

/** Returns the nanoseconds that each thread of a process and of its children has run, by thread. @returns {Map<string, number>} */
export function threads(pid) {
  const times = new Map();
  for (const process of tree(pid)) {
    for (const thread of readdirSync(`/proc/${process}/task`)) {
      try {
        times.set(thread, Number(readFileSync(`/proc/${process}/task/${thread}/schedstat`, 'utf8').split(' ')[0]));
      } catch (error) {
        // It ended meanwhile.
        if (!['ENOENT', 'ESRCH'].includes(error.code)) throw error;
      }
    }
  }
  return times;
}

/** Returns the milliseconds that threads have run from one call of `threads` to another. One that ended between them counts nothing: pools end only idle ones. */
export function cpuBetween(before, after) {
  let sum = 0;
  for (const [thread, time] of after) sum += time - (before.get(thread) ?? 0);
  return sum / 1e6;
}

/**
 * Returns the memory of a process and its children in megabytes. A page that several instances share counts once (PSS): as
 * resident memory it would count once for each.
 */
export function memory(pid) {
  const kilobytes = tree(pid).map((each) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'))?.[1] ?? 0));
  return kilobytes.reduce((a, b) => a + b) / 1024;
}
