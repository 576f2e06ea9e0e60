// How Spin shares instances between requests, with the flags that `up` gives it and with none: the probe counts the requests of
// its instance and traps. Needs Spin on PATH, and `cargo xtask build --probe`.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { INSTANCES, start, spinMissing } from "../tests/hosts/spin.mjs";
import { freePort } from "../tests/lib/hosts.mjs";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const missing = spinMissing();
if (missing && process.env.REQUIRE_SPIN === "1") throw new Error(missing);

const CHUNKS = 40;
/** A stream of two seconds. */
const STREAM = `/chunks?n=${CHUNKS}&ms=50&size=10`;

for (const [name, flags] of [["the flags of `up`", INSTANCES], ["no flags", []]]) {
  describe(name, { skip: missing ?? false }, () => {
    let spin;
    const dataDir = mkdtempSync(join(tmpdir(), "grok2api-instances-"));
    before(async () => {
      const app = { manifest: file("websocket/probe.toml"), component: file("../target/spin/probe.wasm"), path: "/hello" };
      spin = await start({ dataDir, vars: { websocket_port: "443" }, port: await freePort(), app, flags });
    });
    after(async () => {
      await spin?.stop();
      rmSync(dataDir, { recursive: true });
    });
    const get = (path) => fetch(spin.url + path);
    const count = async () => Number(await (await get("/count")).text());
    /** A stream whose head is out. */
    const stream = async () => (await get(STREAM)).text();

    test("requests one after another share an instance", async () => {
      const first = await count();
      assert.equal(await count(), first + 1);
      assert.equal(await count(), first + 2);
    });

    test("a stream has its instance for itself", async () => {
      const response = await get(STREAM);
      // Without that it would be the request after the stream's.
      assert.equal(await count(), 1);
      assert.equal((await response.text()).length, CHUNKS * 10);
    });

    test("a trap ends no stream", async () => {
      const streams = [stream(), stream(), stream()];
      const first = await get(STREAM);
      for (let n = 0; n < 3; n++) assert.equal((await get("/trap")).status, 500);
      const texts = await Promise.all([...streams, first.text()]);
      assert.deepEqual(texts.map((text) => text.length), texts.map(() => CHUNKS * 10));
      assert.equal(await (await get("/hello")).text(), "hello");
    });
  });
}
