// The errors of the shim, beside the component's own. Needs `cargo xtask build`.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { service } from "./abi/service.mjs";

const PATHS = [
  "/", "/v1/models", "/v1/models/", "/v1/none", "/v1", "/v1/messages", "/v1/messages/count_tokens", "/v1/messages/none", "/v1/messages?x", "//v1//messages/", "/v1/messagesx",
  "/v2/messages", "/api/session", "/api/none", "/api/", "/api", "/apix", "//api/none", "/internal/none", "/internal",
];

let handle;
before(async () => {
  // The runtime's own stream for bodies; Node has the standard one.
  globalThis.IdentityTransformStream = TransformStream;
  const signatures = await import("./dist/signatures.mjs");
  handle = service(new WebAssembly.Module(await readFile(new URL("dist/grok2api.wasm", import.meta.url))), signatures);
});

const ask = (path, env) => handle(new Request(`http://gateway${path}`, { method: "DELETE" }), { GUESTS_KEPT: "0", ...env }, { waitUntil() {} });

/** Returns the names in a body, and the types of their values, without what needs the component. */
function shape(value) {
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  const { request_id, ...rest } = value;
  return Object.fromEntries(Object.entries(rest).map(([name, inner]) => [name, shape(inner)]));
}

const headersOf = ({ headers }) => ["content-type", "access-control-allow-origin"].map((name) => headers.get(name));

test("errors of the shim have the forms of the component", async () => {
  for (const path of PATHS) {
    const [expected, answer] = [await ask(path, {}), await ask(path, { GUEST_MEMORY_MB: "0" })];
    assert.ok(expected.status >= 400, path);
    assert.deepEqual(headersOf(answer), headersOf(expected), path);
    const body = await answer.json();
    assert.deepEqual(shape(body), shape(await expected.json()), path);
    const isAnthropic = body.type === "error";
    assert.deepEqual([answer.status, answer.headers.get("retry-after")], [isAnthropic ? 529 : 503, "1"], path);
    assert.equal(isAnthropic ? body.error.type : (body.error?.code ?? body.code), isAnthropic ? "overloaded_error" : "overloaded");
  }
});
