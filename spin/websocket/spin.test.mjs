// Outgoing WebSockets through the probe on Spin, with TLS and without. Needs Spin on PATH, and `cargo xtask build --probe`.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../../cloudflare/probe/harness.mjs";
import { socketCases, take } from "../../cloudflare/probe/socket-cases.mjs";
import { AUTHORITY, startSocketServer } from "../../cloudflare/probe/socket-server.mjs";
import { start, spinMissing } from "../../tests/hosts/spin.mjs";
import { freePort } from "../../tests/lib/hosts.mjs";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const missing = spinMissing();
if (missing && process.env.REQUIRE_SPIN === "1") throw new Error(missing);

/** The probe, which may only connect to the port of this server. */
async function startProbe(server, roots) {
  const dataDir = mkdtempSync(join(tmpdir(), "grok2api-probe-"));
  const vars = { websocket_port: String(server.port), extra_root_certificates: roots };
  const app = { manifest: file("probe.toml"), component: file("../../target/spin/probe.wasm"), path: "/hello" };
  const spin = await start({ dataDir, vars, port: await freePort(), app });
  const get = (path) => fetch(spin.url + path);
  const stop = async () => {
    await spin.stop();
    rmSync(dataDir, { recursive: true });
  };
  return { get, stop };
}

describe("with TLS", { skip: missing ?? false }, () => {
  let probe;
  let server;
  before(async () => {
    server = await startSocketServer({ tls: true });
    probe = await startProbe(server, AUTHORITY);
  });
  after(async () => {
    await probe?.stop();
    server?.stop();
  });

  const query = (path = "/socket") => ({ url: `wss://grok.test:${server.port}${path}`, addresses: "127.0.0.1" });
  const run = (steps, { path, ...more } = {}) => take(probe.get, steps, { ...query(path), ...more });
  const raw = (steps) => probe.get(`/socket?${new URLSearchParams({ ...query(), steps })}`);

  socketCases({ run, raw, seen: () => server.seen, dropped: 1006 });

  test("a certificate must have the name and be valid today", async () => {
    const other = await run([], { url: `wss://other.test:${server.port}/socket` });
    assert.match(other[0], /^unreachable .*certificate not valid for name "other.test"/);
    const [expired] = await run([], { url: `wss://localhost:${server.port}/socket`, addresses: "" });
    assert.match(expired, /^unreachable .*certificate expired/);
    assert.deepEqual(await run([], { url: `wss://127.0.0.1:${server.port}/socket` }), ["open"]);
  });

  test("a name leads to the addresses given, in turn", async () => {
    assert.deepEqual(await run([], { addresses: "127.0.0.2,127.0.0.1" }), ["open"]);
    assert.deepEqual(await run([], { addresses: "" }), ["unresolved grok.test"]);
    assert.match((await run([], { addresses: "grok.test" }))[0], /^unreachable "grok.test" is not an IP address/);
    const [none] = await run([], { addresses: "127.0.0.2,127.0.0.3" });
    assert.match(none, /^unreachable 127\.0\.0\.2:\d+: connection refused; 127\.0\.0\.3:\d+: connection refused$/);
  });

  test("a server that is slow to upgrade may take all of the time", async () => {
    const slow = { path: "/late", addresses: "127.0.0.1,127.0.0.1,127.0.0.1,127.0.0.1", timeout: "2000" };
    assert.deepEqual(await run(["send:echo a", "receive"], slow), ["open", "sent", "text a"]);
  });

  test("a silent address leaves time for the next", async () => {
    const silent = { path: "/silent-once", addresses: "127.0.0.1,127.0.0.1", timeout: "6500" };
    assert.deepEqual(await run(["send:echo a", "receive"], silent), ["open", "sent", "text a"]);
    assert.equal(server.seen.silent.length, 2);
  });

  const LARGE = 16 << 20;

  test("a close follows a write in progress after a given-up receive", async () => {
    const lines = await run([`large:${LARGE}`, "leave:1000:done"], { path: "/stalled" });
    assert.deepEqual(lines, ["open", "sent", "left"]);
    await until("the socket is closed", () => server.seen.open === 0);
    assert.deepEqual([server.seen.messages.at(-1), server.seen.closes.at(-1)], [LARGE, [1000, "done"]]);
  });

  test("a message on its way ends with the dropped connection", async () => {
    const { closes, messages } = server.seen;
    const before = [closes.length, messages.length];
    // More than the kernel's buffers hold (tcp_rmem and tcp_wmem have up to 36 MiB).
    const answer = run([`large:${48 << 20}`, "sleep:50"], { path: "/stalled", stay: "1500" });
    await until("the socket is closed", () => closes.length > before[0], 3000);
    assert.deepEqual([closes.at(-1)[0], messages.length], [1006, before[1]]);
    assert.deepEqual(await answer, ["open", "sent", "slept"]);
  });

  test("a refusal in chunks of another coding has an end", async () => {
    assert.deepEqual(await run([], { path: "/coded" }), ["refused 403 [] text code"]);
  });

  test("one port is open", async () => {
    const [line] = await run([], { url: "ws://127.0.0.1:1/" });
    assert.match(line, /does not allow this address and port$/);
  });
});

describe("without TLS", { skip: missing ?? false }, () => {
  let probe;
  let servers;
  before(async () => {
    servers = await Promise.all([startSocketServer(), startSocketServer({ tls: true })]);
    probe = await startProbe(servers[0], "");
  });
  after(async () => {
    await probe?.stop();
    for (const server of servers ?? []) server.stop();
  });

  test("ws goes without it", async () => {
    const url = `ws://localhost:${servers[0].port}/socket`;
    assert.deepEqual(await take(probe.get, ["send:echo a", "receive"], { url }), ["open", "sent", "text a"]);
  });

  test("messages sent in a row are written at once", async () => {
    const url = `ws://127.0.0.1:${servers[0].port}/socket`;
    const lines = await take(probe.get, ["send:echo one", "send:echo two", "receive", "receive"], { url });
    assert.deepEqual(lines, ["open", "sent", "sent", "text one", "text two"]);
    // Two frames: a head of two bytes, a mask of four, eight characters.
    assert.ok(servers[0].seen.reads.includes(28), `reads of ${servers[0].seen.reads}`);
  });

  test("a close waits for two seconds and 16 MiB at most", async () => {
    const [server] = servers;
    const url = `ws://127.0.0.1:${server.port}`;
    const started = performance.now();
    assert.deepEqual(await take(probe.get, ["close:1000:"], { url: `${url}/pour` }), ["open", "close"]);
    const poured = performance.now();
    assert.ok(poured - started < 1800, `closed after ${poured - started} ms`);
    assert.deepEqual(await take(probe.get, ["send:deaf", "sleep:50", "close:1000:"], { url: `${url}/socket` }), ["open", "sent", "slept", "close"]);
    const took = performance.now() - poured;
    assert.ok(took > 1800 && took < 4500, `closed after ${took} ms`);
  });

  test("a server that does not speak TLS is unreachable", async () => {
    const [line] = await take(probe.get, [], { url: `wss://127.0.0.1:${servers[0].port}/socket` });
    assert.match(line, /^unreachable .*TLS/);
  });
});

describe("without its authority", { skip: missing ?? false }, () => {
  let probe;
  let server;
  before(async () => {
    server = await startSocketServer({ tls: true });
    probe = await startProbe(server, "");
  });
  after(async () => {
    await probe?.stop();
    server?.stop();
  });

  test("a certificate must be signed by a trusted authority", async () => {
    const url = `wss://127.0.0.1:${server.port}/socket`;
    assert.match((await take(probe.get, [], { url }))[0], /^unreachable .*UnknownIssuer/);
  });
});
