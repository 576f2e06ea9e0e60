// Outgoing WebSockets through the probe on workerd. Needs `cargo xtask build --probe`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startProbe, until } from "./harness.mjs";
import { socketCases, take } from "./socket-cases.mjs";
import { startSocketServer } from "./socket-server.mjs";

let probe;
let server;
before(async () => {
  [probe, server] = await Promise.all([startProbe(), startSocketServer()]);
});
after(async () => {
  await probe?.stop();
  server?.stop();
});

const url = (path = "/socket") => `ws://127.0.0.1:${server.port}${path}`;
const run = (steps, { path, ...query } = {}) => take(probe.get, steps, { url: url(path), ...query });
const raw = (steps) => probe.get(`/socket?${new URLSearchParams({ url: url(), steps })}`);

socketCases({ run, raw, seen: () => server.seen, dropped: 1001 });

test("more than two of the largest messages do not wait", async () => {
  const lines = await run(["send:flood 100", "sleep:200", "count:100"], { max: "1000" });
  assert.deepEqual(lines, ["open", "sent", "slept", "8 messages, 1600 bytes, broken too many messages wait"]);
  await until("the server gets the code", () => server.seen.closes.at(-1)[0] === 1008);
});

test("nothing of it stays in memory", async () => {
  await run(["send:flood 1000", "sleep:100"]);
  await until("the queue is empty", async () => (await probe.memory()).queued === 0);
});
