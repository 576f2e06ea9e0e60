// Clients that disconnect, in Node with the probe component. The tests raise the platform's signal, because local workerd
// never does. Needs `cargo xtask build --probe`.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, mock, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { service } from "./service.mjs";

let handle;
before(async () => {
  const dist = new URL("../dist/", import.meta.url);
  const signatures = await import(new URL("probe.signatures.mjs", dist));
  handle = service(new WebAssembly.Module(await readFile(new URL("probe.wasm", dist))), signatures);
  // The runtime's own stream for bodies; Node has the standard one.
  globalThis.IdentityTransformStream = TransformStream;
});

/** Asks; `leave` raises the request's signal, `done` settles with the work after the answer. */
function ask(path, env = {}) {
  const client = new AbortController();
  const work = [];
  const request = new Request(`http://probe${path}`, { signal: client.signal });
  const answer = handle(request, env, { waitUntil: (promise) => work.push(promise) });
  return { answer, leave: () => client.abort(), done: () => Promise.all(work) };
}

/** A store whose notes can be read. */
function store() {
  const notes = new Map();
  return { notes, KV: { put: async (key, value) => void notes.set(key, Buffer.from(value).toString()) } };
}

test("before the head the guest ends, and its requests with it", { timeout: 5000 }, async () => {
  const log = mock.method(console, "error", () => {});
  let ended = false;
  const hang = (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(((ended = true), signal.reason))));
  const fetched = mock.method(globalThis, "fetch", hang);
  const { answer, leave, done } = ask("/fetch?url=http://upstream/");
  await sleep(20);
  assert.equal(fetched.mock.callCount(), 1);
  leave();
  assert.equal((await answer).status, 499);
  await done();
  assert.equal(ended, true);
  assert.equal(log.mock.callCount(), 0, "a departure is not a failure");
  mock.restoreAll();
});

test("a client that left before the guest began", { timeout: 5000 }, async () => {
  const request = new Request("http://probe/sleep?ms=60000", { signal: AbortSignal.abort() });
  assert.equal((await handle(request, {}, { waitUntil() {} })).status, 499);
});

test("after the head the next write fails, the guest's notes stay", { timeout: 5000 }, async () => {
  const env = store();
  const { answer, leave, done } = ask("/chunks?n=1000&size=10&ms=20&left=left", env);
  const response = await answer;
  const reader = response.body.getReader();
  await reader.read();
  leave();
  await done();
  assert.ok(Number(env.notes.get("left")) < 20, `written ${env.notes.get("left")} chunks`);
});

test("work after a whole answer is not cut short", { timeout: 5000 }, async () => {
  const env = store();
  const { answer, leave, done } = ask("/spawn?key=later&ms=100", env);
  assert.equal(await (await answer).text(), "answered");
  leave();
  await done();
  assert.equal(env.notes.get("later"), "spawned");
});
