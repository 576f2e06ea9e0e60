// Which requests the gate lets in, and when.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Gate } from "./gate.mjs";

const LIMITS = { inside: 2, waiting: 3 };
/** Longer than a request may be inside for long. */
const LONG_MS = 250;

let began;
let isPrompt;
let gate;
beforeEach(() => {
  began = [];
  isPrompt = false;
  gate = new Gate(LIMITS, async () => isPrompt);
});
const requests = Array.from({ length: 6 }, (_, n) => ({ n }));
const enter = (request) => gate.enter(request, () => began.push(request.n));

test("requests enter in turn as others leave, within limits", () => {
  assert.deepEqual(requests.map(enter), [true, true, true, true, true, false]);
  assert.deepEqual(began, [0, 1]);
  gate.leave(requests[1]);
  gate.leave(requests[1]);
  assert.deepEqual(began, [0, 1, 2]);
  assert.equal(enter(requests[5]), true);
  for (const request of requests) gate.leave(request);
});

test("a request that leaves while it waits never enters", () => {
  requests.slice(0, 4).forEach(enter);
  gate.leave(requests[2]);
  gate.leave(requests[0]);
  gate.leave(requests[1]);
  assert.deepEqual(began, [0, 1, 3]);
});

test("slow ones count only while the runtime is busy", async () => {
  requests.slice(0, 5).forEach(enter);
  await sleep(LONG_MS);
  assert.deepEqual(began, [0, 1]);
  isPrompt = true;
  await sleep(LONG_MS / 2);
  assert.deepEqual(began, [0, 1, 2, 3]);
  await sleep(LONG_MS);
  assert.deepEqual(began, [0, 1, 2, 3, 4]);
});
