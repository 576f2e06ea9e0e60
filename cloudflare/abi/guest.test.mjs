// Requests to the probe component in Node: nothing is left when a guest ends.
// Needs `cargo xtask build --probe`.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { incomingRequest } from "../host/http.mjs";
import { hosts } from "../host/index.mjs";
import { link } from "./linker.mjs";
import { held } from "./memory.mjs";
import { Pool } from "./pool.mjs";

let pool;
before(async () => {
  const dist = new URL("../dist/", import.meta.url);
  const signatures = await import(new URL("probe.signatures.mjs", dist));
  const module = new WebAssembly.Module(await readFile(new URL("probe.wasm", dist)));
  pool = new Pool({ module, imports: link(signatures, hosts), exports: signatures.exports });
});

/** Calls the handler; `ended` settles with the task. */
async function ask(path) {
  const guest = pool.take({}, Infinity);
  const task = guest.run("wasi:http/handler@0.3#handle", [incomingRequest(new Request(`http://probe${path}`))]);
  const ended = task.finally(() => pool.give(guest, 0));
  const answer = guest.returned.wait();
  // A test that looks at one of them need not look at the other.
  ended.catch(() => {});
  answer.catch(() => {});
  return { guest, ended, answer };
}

test("an answer, its body, and then nothing", async () => {
  const { ended, answer } = await ask("/hello");
  const { tag, value } = await answer;
  assert.deepEqual([tag, value.status], ["ok", 200]);
  await ended;
  assert.equal(Buffer.from(value.contents.take(Infinity)).toString(), "hello");
  assert.equal(value.contents.take(Infinity), null);
  assert.deepEqual(value.trailers.value, { tag: "ok", value: null });
});

test("a trap fails the answer", async () => {
  const { ended, answer } = await ask("/trap");
  await assert.rejects(answer, WebAssembly.RuntimeError);
  await assert.rejects(ended, WebAssembly.RuntimeError);
});

test("a trap within a body fails the body at once", async () => {
  const { ended, answer } = await ask("/trap-after-reply");
  const { value } = await answer;
  assert.equal(Buffer.from(value.contents.take(Infinity)).toString(), "some");
  await assert.rejects(ended);
  assert.throws(() => value.contents.take(Infinity), WebAssembly.RuntimeError);
});

test("a guest that traps ends what it waits for", async () => {
  let cancelled = false;
  const { guest, ended } = await ask("/trap-after-reply");
  guest.handles.add({ dispose: () => (cancelled = true) });
  await assert.rejects(ended);
  assert.equal(cancelled, true);
});

test("instances are apart, and none is held once it ended", async () => {
  const base = held.linear;
  const both = await Promise.all([ask("/sleep?ms=20"), ask("/trap")]);
  assert.ok(held.linear > base);
  assert.equal((await both[0].answer).tag, "ok");
  await Promise.allSettled(both.map(({ ended }) => ended));
  assert.equal(held.linear, base);
});
