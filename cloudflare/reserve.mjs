// Room on the disk for a day on which it is full. The local D1 notes a bookmark after every statement, those that only
// read too (`getCurrentBookmark` in miniflare's database.worker.ts), so on a full disk no page of the console could say
// what is wrong and nothing could be cleared. A file holds that room until then.

import { randomBytes } from "node:crypto";
import { rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";

const NAME = "reserve";
/** Two write-ahead logs of SQLite before their checkpoint. */
const SIZE = 8 << 20;
/** Given up below, taken again above. */
const LOW = 1 << 20;
const PLENTY = 64 << 20;
const INTERVAL_MS = 1_000;

async function freeBytes(folder) {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/**
 * Looks once: gives the file up on a full disk, and makes it where there is plenty of room.
 * @param {string} folder @param {(line: string) => void} log @param {(folder: string) => Promise<number>} [free]
 */
export async function look(folder, log, free = freeBytes) {
  const path = join(folder, NAME);
  const [left, isThere] = await Promise.all([free(folder), stat(path).then(() => true, () => false)]);
  if (left < LOW && isThere) {
    await rm(path, { force: true });
    log(`the disk of ${folder} is full: ${SIZE >> 20} MiB kept for this were given up. Free some space, or clear the cache of files`);
  } else if (left > PLENTY && !isThere) {
    // Bytes that no file system leaves out.
    await writeFile(path, randomBytes(SIZE));
  }
}

/**
 * Looks from now on. A folder that cannot be looked at is the host's to report.
 * @param {string} folder @param {(line: string) => void} log
 * @returns {Promise<() => void>} ends it
 */
export async function keepReserve(folder, log) {
  const now = () => look(folder, log).catch(() => {});
  await now();
  let last = Promise.resolve();
  const timer = setInterval(() => void (last = last.then(now)), INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
