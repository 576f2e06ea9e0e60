// The gateway's own instance after a request: what its next request could find. Needs `cargo xtask build`.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { Pool } from "./abi/pool.mjs";
import { link } from "./abi/linker.mjs";
import { incomingRequest } from "./host/http.mjs";
import { hosts } from "./host/index.mjs";

let pool;
before(async () => {
  const signatures = await import("./dist/signatures.mjs");
  const module = new WebAssembly.Module(await readFile(new URL("dist/grok2api.wasm", import.meta.url)));
  pool = new Pool({ module, imports: link(signatures, hosts), exports: signatures.exports });
});

/** A database that notes its statements' values and finds nothing. */
function database() {
  const values = [];
  const bind = (...bound) => (values.push(...bound), { raw: async () => [] });
  return { values, prepare: () => ({ bind }) };
}

/** Sends a request; returns its answer, and the instance. */
async function ask(path, init, env) {
  const guest = pool.take(env, Infinity);
  const { instance } = guest;
  const task = guest.run("wasi:http/handler@0.3#handle", [incomingRequest(new Request(`http://gateway${path}`, init))]);
  const { value } = await guest.returned.wait();
  await task;
  pool.give(guest, 1);
  const text = Buffer.from(value.contents.take(Infinity)).toString();
  return { status: value.status, headers: value.headers.entries, text, instance };
}

const MARK = "mark-of-the-first-request";
const requests = {
  "a key in a header": ["/v1/models", { headers: { authorization: `Bearer sk-${MARK}` } }],
  "a password": ["/api/login", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ username: "admin", password: MARK }) }],
  "a prompt": ["/v1/chat/completions", { method: "POST", headers: { authorization: "Bearer sk-x", "content-type": "application/json" }, body: JSON.stringify({ model: "grok-4", messages: [{ role: "user", content: MARK.repeat(100) }] }) }],
  "a body that is not JSON": ["/v1/messages", { method: "POST", headers: { "x-api-key": MARK }, body: `{"${MARK}` }],
};

for (const [what, [path, init]] of Object.entries(requests)) {
  test(`nothing is left in memory: ${what}`, async () => {
    const { instance, status } = await ask(path, init, { DB: database(), encryption_key: `${MARK}-${MARK}` });
    assert.ok(status >= 400, `${status}`);
    assert.equal(pool.idle, 1, "the instance is used again");
    // The stack is overwritten when the next request begins.
    const next = await ask("/health", {}, {});
    assert.equal(next.instance, instance);
    assert.equal(Buffer.from(instance.memory.bytes).includes(MARK), false);
  });
}
