// Reserves space for a full disk. The local D1 writes a bookmark after every statement, even a read
// (`getCurrentBookmark` in miniflare's database.worker.ts). So on a full disk the console could neither say what is wrong
// nor clear anything. A file reserves that space.

import { randomBytes } from "node:crypto";
import { rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";

const NAME = "reserve";
/** In bytes: two write-ahead logs of SQLite before their checkpoint. */
const SIZE = 8 << 20;
/** In bytes of free space: the file is removed below the first, created again above the second. */
const LOW = 1 << 20;
const PLENTY = 64 << 20;
const INTERVAL_MS = 1_000;

async function freeBytes(folder) {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/**
 * Checks once: removes the file on a full disk, creates it if there is enough space.
 * @param {string} folder @param {(line: string) => void} log @param {(folder: string) => Promise<number>} [free]
 */
export async function look(folder, log, free = freeBytes) {
  const path = join(folder, NAME);
  const [left, isThere] = await Promise.all([free(folder), stat(path).then(() => true, () => false)]);
  if (left < LOW && isThere) {
    await rm(path, { force: true });
    log(`the disk of ${folder} is full: released the reserve of ${SIZE >> 20} MiB. Free some space, or clear the cache of files`);
  } else if (left > PLENTY && !isThere) {
    // Random bytes, which file systems can neither compress nor store as a hole.
    await writeFile(path, randomBytes(SIZE));
  }
}

/**
 * Checks periodically. Ignores a folder that cannot be read, which the host reports.
 * @param {string} folder @param {(line: string) => void} log
 * @returns {Promise<() => void>} a function that stops it
 */
export async function keepReserve(folder, log) {
  const now = () => look(folder, log).catch(() => {});
  await now();
  let last = Promise.resolve();
  const timer = setInterval(() => void (last = last.then(now)), INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
