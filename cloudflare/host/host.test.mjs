// The host interfaces without a runtime: names, limits, errors, time. The probe tests them with D1, KV and the network.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Pending } from "../abi/tasks.mjs";
import { WitError } from "../abi/types.mjs";
import { cli } from "./cli.mjs";
import { monotonicClock, systemClock } from "./clocks.mjs";
import { errorCode, Timeout } from "./errors.mjs";
import { incomingRequest } from "./http.mjs";
import { keyValue } from "./kv.mjs";
import { insecureSeed, random } from "./random.mjs";
import { sqlite } from "./sqlite.mjs";
import { variables } from "./variables.mjs";

const refuses = (tag) => (error) => error instanceof WitError && error.value.tag === tag;

test("network errors have a name when their text gives one", () => {
  const tag = (text) => errorCode(new Error(text)).tag;
  assert.equal(tag("Network connection lost."), "connection-terminated");
  assert.equal(tag("connect(): Connection refused"), "connection-refused");
  assert.deepEqual(errorCode(new Error("DNS lookup failed.")), {
    tag: "DNS-error",
    value: { rcode: null, "info-code": null },
  });
  assert.deepEqual(errorCode(new Error("Too many subrequests.")), {
    tag: "internal-error",
    value: "Too many subrequests.",
  });
  assert.deepEqual(errorCode(new Timeout("connection-read-timeout")), { tag: "connection-read-timeout" });
});

test("the client's address is the platform's word", () => {
  const address = (headers) =>
    incomingRequest(new Request("https://a.example/", { headers })).headers.get("spin-client-addr");
  assert.deepEqual(address({ "spin-client-addr": "1.1.1.1:1" }), []);
  assert.deepEqual(address({ "spin-client-addr": "1.1.1.1:1", "cf-connecting-ip": "9.9.9.9" }), ["9.9.9.9:0"]);
  assert.deepEqual(address({ "cf-connecting-ip": "2001:db8::1" }), ["[2001:db8::1]:0"]);
});

test("requests arrive with their parts", () => {
  const request = incomingRequest(new Request("https://a.example:8443/p/a?q=%20", { method: "PATCH" }));
  assert.deepEqual(
    [request.method, request.scheme, request.authority, request.path],
    [{ tag: "patch" }, { tag: "HTTPS" }, "a.example:8443", "/p/a?q=%20"],
  );
  assert.deepEqual(incomingRequest(new Request("https://a.example/", { method: "PURGE" })).method, {
    tag: "other",
    value: "PURGE",
  });
});

test("a length that is not a number counts as none", () => {
  const announced = (value) =>
    incomingRequest(new Request("https://a.example/", { method: "POST", headers: { "content-length": value } })).headers.contentLength;
  assert.deepEqual(["12", "0", "5, 5", "-1", "abc", ""].map(announced), [12, 0, null, null, null, null]);
});

test("one database, one store, both called default", () => {
  const open = sqlite["[static]connection.open-async"];
  assert.equal(open({ env: { DB: 1 } }, "default").database, 1);
  assert.throws(() => open({ env: { DB: 1 } }, "other"), refuses("no-such-database"));
  assert.throws(() => open({ env: {} }, "default"), refuses("no-such-database"));
  assert.throws(() => keyValue["[static]store.open"]({ env: {} }, "default"), refuses("no-such-store"));
});

test("keys come a page at a time, over pages that are empty", async () => {
  const pages = [
    { keys: [{ name: "a" }, { name: "b" }], list_complete: false, cursor: "1" },
    { keys: [], list_complete: false, cursor: "2" },
    { keys: [{ name: "c" }], list_complete: true },
  ];
  const namespace = { list: async ({ cursor = "0" }) => pages[Number(cursor)] };
  const [keys, result] = keyValue["[method]store.get-keys"](null, { namespace });
  const seen = [];
  for (;;) {
    const page = keys.take(10);
    if (page === null) break;
    if (page === undefined) await new Promise((resolve) => keys.onReady(resolve));
    else seen.push(...page);
  }
  assert.deepEqual([seen, result.value], [["a", "b", "c"], { tag: "ok" }]);
});

test("a listing that fails ends the stream and says why", async () => {
  const namespace = { list: async () => { throw new Error("KV is down"); } };
  const [keys, result] = keyValue["[method]store.get-keys"](null, { namespace });
  assert.equal(keys.take(10), undefined);
  await new Promise((resolve) => keys.onReady(resolve));
  assert.equal(keys.take(10), null);
  assert.deepEqual(result.value, { tag: "err", value: { tag: "other", value: "KV is down" } });
});

test("variables: names as in a manifest, values that are text", () => {
  const env = { grok_base_url: "a", TIMEZONE: "b", DB: {} };
  assert.equal(variables.get({ env }, "grok_base_url"), "a");
  assert.equal(variables.get({ env }, "timezone"), "b");
  assert.throws(() => variables.get({ env }, "db"), refuses("undefined"));
  assert.throws(() => variables.get({ env }, "Timezone"), refuses("invalid-name"));
});

test("time has nanoseconds below a second, waits of 0 end at once", () => {
  const { seconds, nanoseconds } = systemClock.now();
  assert.ok(seconds > 1_700_000_000n && nanoseconds >= 0 && nanoseconds < 1e9);
  assert.equal(monotonicClock["wait-for"](null, 0n), undefined);
  assert.equal(monotonicClock["wait-until"](null, monotonicClock.now() - 1n), undefined);
  const wait = monotonicClock["wait-for"](null, 2n ** 63n);
  assert.ok(wait instanceof Pending);
  wait.cancel();
});

test("random bytes beyond one call of the platform", () => {
  const bytes = random["get-random-bytes"](null, 200_000n);
  assert.equal(bytes.length, 200_000);
  assert.ok(bytes.subarray(199_000).some((byte) => byte !== 0));
  assert.notDeepEqual(insecureSeed["insecure-seed"](), insecureSeed["insecure-seed"]());
});

test("output is logged by line, the last one at the stream's end", () => {
  const log = mock.method(console, "log", () => {});
  const out = cli["wasi:cli/stdout"]["get-stdout"]();
  const write = (text) => cli["wasi:io/streams"]["[method]output-stream.write"](null, out, text);
  const bytes = Buffer.from("one\ntwö\nthree");
  write(bytes.subarray(0, 7));
  write(bytes.subarray(7));
  out.dispose();
  log.mock.restore();
  assert.deepEqual(log.mock.calls.map((call) => call.arguments[0]), ["one", "twö", "three"]);
});

test("the monotonic clock never goes back with the wall clock", (t) => {
  let wall = Date.now();
  t.mock.method(Date, "now", () => wall);
  const elapsed = () => Number(monotonicClock.now() - began) / 1e6;
  const began = monotonicClock.now();
  wall += 250;
  assert.equal(elapsed(), 250);
  wall -= 3_600_000;
  assert.equal(elapsed(), 250);
  wall += 100;
  assert.equal(elapsed(), 350);
  const left = monotonicClock["wait-until"](null, began + 350_000_000n);
  assert.equal(left, undefined, "a time that has come is not waited for");
  assert.ok(systemClock.now().seconds < began / 1_000_000_000n, "the wall clock is what it is");
});
