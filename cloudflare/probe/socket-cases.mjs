// Tests of outgoing WebSockets for every host: `wit/websocket.wit`, through the probe.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./harness.mjs";

/**
 * Makes the probe run steps on a connection (`cloudflare/probe/src/socket.rs`).
 * @param {(path: string) => Promise<Response>} get @param {Record<string, string>} query `url` and more
 * @returns {Promise<string[]>} a line for the connection and for each step
 */
export async function take(get, steps, query) {
  const response = await get(`/socket?${new URLSearchParams({ ...query, steps: steps.join(";") })}`);
  assert.equal(response.status, 200, "the probe answers");
  return (await response.text()).split("\n");
}

/**
 * @typedef {object} Host
 * @property {(steps: string[], query?: Record<string, string>) => Promise<string[]>} run connects to `path` (`/socket`)
 * @property {() => any} seen the server's record
 * @property {(steps: string) => Promise<Response>} raw returns the probe's response
 * @property {number} dropped the close code that the server sees of a connection that was dropped
 */

/** @param {Host} host */
export function socketCases({ run, raw, seen, dropped }) {
  const nothingOpen = () => until("every socket is closed", () => seen().open === 0);

  test("text goes both ways, with the headers that were given", async () => {
    const headers = { "h-cookie": "sso=a; sso-rw=b", "h-origin": "https://grok.com", "h-user-agent": "Probe/1" };
    const lines = await run(["send:echo hëllo", "receive", "both:echo two", "close:1000:done"], headers);
    assert.deepEqual(lines, ["open", "sent", "text hëllo", "sent, text two", "close"]);
    const { cookie, origin, "user-agent": agent, upgrade } = seen().headers.at(-1);
    assert.deepEqual([cookie, origin, agent, upgrade], [...Object.values(headers), "websocket"]);
    await nothingOpen();
    assert.deepEqual(seen().closes.at(-1), [1000, "done"]);
  });

  test("messages wait for the guest in order, and none is lost", async () => {
    const lines = await run(["send:twice m", "sleep:100", "receive", "receive"]);
    assert.deepEqual(lines, ["open", "sent", "slept", "text m1", "text m2"]);
    assert.deepEqual(await run(["send:twice m", "sleep:100", "together"]), ["open", "sent", "slept", "m1, m2"]);
    assert.deepEqual(await run(["send:flood 5000", "count:5000"]), ["open", "sent", "5000 messages, 1000000 bytes"]);
  });

  test("a receive that was given up takes no later message along", async () => {
    assert.deepEqual(await run(["send:late kept", "abandon:50", "receive"]), ["open", "sent", "abandoned", "text kept"]);
    const lines = await run(["abandon:20", "send:echo a", "receive", "abandon:20", "send:echo b", "receive"]);
    assert.deepEqual(lines, ["open", "abandoned", "sent", "text a", "abandoned", "sent", "text b"]);
  });

  test("large messages pass up to the limit, which counts bytes", async () => {
    const max = String(16 << 20);
    assert.deepEqual(await run(["send:large 16777216", "receive"], { max }), ["open", "sent", "text of 16777216 bytes"]);
    assert.deepEqual(await run(["large:5242880", "receive"], { max }), ["open", "sent", "text 5242880"]);
    assert.deepEqual(await run(["send:wide 100", "receive"], { max: "300" }), ["open", "sent", "text of 300 bytes"]);
    const broken = ["open", "sent", "broken a message is longer than 299 bytes"];
    assert.deepEqual(await run(["send:wide 100", "receive"], { max: "299" }), broken);
    await until("the server gets the code", () => seen().closes.at(-1)[0] === 1009);
  });

  test("binary messages are ignored and pings answered", async () => {
    assert.deepEqual(await run(["send:binary text", "receive"]), ["open", "sent", "text text"]);
    assert.deepEqual(await run(["send:ping x", "receive"]), ["open", "sent", "text pong x"]);
  });

  test("every end has its name", async () => {
    const ends = [
      ["close 4001", "closed 4001 server's reason"],
      ["close", "closed 1005 "],
      ["cut", /^broken /],
    ];
    for (const [script, expected] of ends) {
      const [, , end, again, send] = await run([`send:${script}`, "receive", "receive", "send:echo late"]);
      assert.match(end, expected instanceof RegExp ? expected : new RegExp(`^${expected}$`));
      assert.deepEqual([again, send], [end, end]);
    }
  });

  test("what is queued comes before the end", async () => {
    const lines = await run(["send:echo last", "send:close 4002", "sleep:100", "receive", "receive"]);
    assert.deepEqual(lines, ["open", "sent", "sent", "slept", "text last", "closed 4002 server's reason"]);
  });

  test("a close after a close, or with what cannot be sent, does no harm", async () => {
    const lines = await run(["close:1000:a", "close:1000:b", "receive"]);
    assert.deepEqual(lines, ["open", "close", "close", "closed 1000 a"]);
    assert.deepEqual(await run([`close:77:${"r".repeat(200)}`]), ["open", "close"]);
    await nothingOpen();
    assert.deepEqual(seen().closes.at(-1), [1000, ""]);
    const [, , broken, close] = await run(["send:cut", "receive", "close:1000:late"]);
    assert.match(`${broken}, ${close}`, /^broken .*, close$/);
  });

  test("a close reaches the server, whatever it was sending", async () => {
    const lines = await run(["send:flood 5000", "sleep:50", "close:1000:enough"]);
    assert.deepEqual(lines, ["open", "sent", "slept", "close"]);
    await nothingOpen();
    assert.deepEqual(seen().closes.at(-1), [1000, "enough"]);
  });

  test("nothing comes after the connection broke", async () => {
    const steps = ["send:wide 100", "send:echo later", "sleep:50", "receive", "receive", "receive"];
    const broken = "broken a message is longer than 299 bytes";
    assert.deepEqual(await run(steps, { max: "299" }), ["open", "sent", "sent", "slept", broken, broken, broken]);
  });

  test("a refusal brings status, headers and body", async () => {
    const refusal = async (path) => (await run([], { path }))[0];
    assert.equal(await refusal("/401"), 'refused 401 [("x-why", "no cookie")] text sign in');
    assert.equal(await refusal("/302"), 'refused 302 [("location", "/elsewhere")] text ');
    assert.equal(await refusal("/200"), "refused 200 [] text a page");
    assert.equal(await refusal("/chunked"), "refused 403 [] text in pieces");
    assert.equal(await refusal("/long"), "refused 403 [] text of 65536 bytes");
    assert.equal(await refusal("/half"), "refused 403 [] text half");
  });

  test("no connection, no answer, no such URL", async () => {
    assert.match((await run([], { path: "/gone" }))[0], /^unreachable ./);
    assert.match((await run([], { path: "/protocol" }))[0], /^unreachable .*the answer to the upgrade is not valid: ./);
    await nothingOpen();
    assert.match((await run([], { path: "/silent", timeout: "200" }))[0], /^unreachable .*no connection within 200 ms$/);
    assert.match((await run([], { url: "wss://" }))[0], /^unreachable ./);
    assert.match((await run([], { "h-a b": "c" }))[0], /^unreachable ./);
    assert.match((await run([], { url: "ws://127.0.0.1:1/" }))[0], /^unreachable ./);
  });

  test("an attempt that was given up ends at the server", async () => {
    const before = seen().left;
    const answer = run([], { path: "/silent", patience: "100", stay: "1500" });
    await until("the server sees it", () => seen().left > before, 1200);
    assert.deepEqual(await answer, ["unreachable given up"]);
  });

  test("no socket outlives its guest", async () => {
    await run(["send:echo a"]);
    await nothingOpen();
    assert.equal(seen().closes.at(-1)[0], dropped);
    assert.equal((await raw("send:echo b;trap")).status, 500);
    await nothingOpen();
    assert.equal(seen().closes.at(-1)[0], dropped);
  });
}
