// What a process and its children have used: CPU time and memory. Linux only.
import { readFileSync } from 'node:fs';
import { descendants } from '../lib/processes.mjs';

/** Milliseconds of one clock tick of `/proc`: USER_HZ is 100 on every Linux that Node supports. */
const TICK_MS = 10;
/** Positions of utime and stime in `/proc/PID/stat`, counted from the field after the name. */
const [UTIME, STIME] = [11, 12];

const tree = (pid) => [pid, ...descendants(pid)];

/** Returns the CPU time of a process and its children in milliseconds, in steps of 10. */
export function cpu(pid) {
  const ticks = tree(pid).map((each) => {
    const fields = readFileSync(`/proc/${each}/stat`, 'utf8').split(') ')[1].split(' ');
    return Number(fields[UTIME]) + Number(fields[STIME]);
  });
  return ticks.reduce((a, b) => a + b) * TICK_MS;
}

/**
 * Returns the memory of a process and its children in megabytes. A page that several instances share counts once (PSS): as
 * resident memory it would count once for each.
 */
export function memory(pid) {
  const kilobytes = tree(pid).map((each) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'))?.[1] ?? 0));
  return kilobytes.reduce((a, b) => a + b) / 1024;
}
