// The Worker as wrangler uploads it: the shim has every import of the component, and the script is within its budget. Also
// the server that runs it on this machine. Needs `cargo xtask build`.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { link } from "./abi/linker.mjs";
import { hosts } from "./host/index.mjs";
import { guestMemory } from "./serve.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const BUDGET_GZIPPED = 20_000;

test("the shim offers every function that the gateway imports", async () => {
  const signatures = await import("./dist/signatures.mjs");
  const table = link(signatures, hosts);
  assert.ok(Object.keys(table).includes("$root"));
  assert.deepEqual(Object.keys(signatures.exports), ["wasi:http/handler@0.3#handle"]);
});

test("a missing shim function is named when the isolate starts", () => {
  const call = { op: "call", interface: "wasi:http/types@0.3", name: "[method]request.sing" };
  assert.throws(
    () => link({ imports: { "wasi:http/types@0.3.0": { "[method]request.sing": call } } }, hosts),
    /does not offer wasi:http\/types@0.3 \[method\]request.sing/,
  );
});

test("the script is small", async (context) => {
  const { outputFiles } = await build({
    entryPoints: [join(here, "worker.mjs")],
    bundle: true,
    minify: true,
    format: "esm",
    external: ["*.wasm"],
    write: false,
  });
  const [{ contents }] = outputFiles;
  const zipped = gzipSync(contents, { level: 9 }).length;
  context.diagnostic(`shim ${contents.length} bytes, ${zipped} gzipped`);
  assert.ok(zipped <= BUDGET_GZIPPED, `${zipped} bytes gzipped`);
});

test("guests may hold a quarter of the machine or the container", () => {
  assert.equal(guestMemory(2 ** 30, 0), "256");
  assert.equal(guestMemory(8 * 2 ** 30, 2 ** 29), "128");
  assert.equal(guestMemory(2 ** 30, 2 ** 63), "256");
  assert.equal(guestMemory(64 * 2 ** 30, 0), "512");
});

test("a Worker that cannot load is an error, leaving nothing", async () => {
  const serve = new URL("serve.mjs", import.meta.url).href;
  const code = `import(${JSON.stringify(serve)}).then(({ serve }) => serve({ script: "cloudflare/none.mjs" })).catch(() => console.log("refused"))`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], { timeout: 20_000 });
  assert.equal(stdout.trim(), "refused");
});
