// The processes that a process started, where the system lists them (Linux).
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export function children(pid) {
  const threads = `/proc/${pid}/task`;
  const of = (thread) => readFileSync(`${threads}/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return existsSync(threads) ? readdirSync(threads).flatMap(of) : [];
}

/** Those, and what they started. */
export const descendants = (pid) => children(pid).flatMap((child) => [child, ...descendants(child)]);

/** Kills a process and everything it started, the parents first, so that none can answer to the death of a child. */
export function killTree(pid) {
  const below = children(pid);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
  below.forEach(killTree);
}
