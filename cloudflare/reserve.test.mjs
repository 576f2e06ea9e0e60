// The reserve for a full disk.

import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { keepReserve, look } from "./reserve.mjs";

const MiB = 1 << 20;

test("the file is made, given up on a full disk, and made again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "grok2api-reserve-"));
  const size = () => stat(join(folder, "reserve")).then((file) => file.size, () => 0);
  const lines = [];
  try {
    for (const [free, expected, logged] of [
      [32 * MiB, 0, 0],
      [100 * MiB, 8 * MiB, 0],
      [32 * MiB, 8 * MiB, 0],
      [MiB - 1, 0, 1],
      [0, 0, 1],
      [9 * MiB, 0, 1],
      [100 * MiB, 8 * MiB, 1],
    ]) {
      await look(folder, (line) => lines.push(line), async () => free);
      assert.deepEqual([await size(), lines.length], [expected, logged], `${free} bytes free`);
    }
    assert.match(lines[0], /is full: released the reserve of 8 MiB/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a missing folder is not an error and keeps no process alive", async () => {
  (await keepReserve(join(tmpdir(), "grok2api-none"), assert.fail))();
});
