// Bodies on workerd: through guest memory, from host to host, truncated, abandoned.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pieces, startProbe, startUpstream, until } from "./harness.mjs";

let probe;
let upstream;
before(async () => {
  [probe, upstream] = await Promise.all([startProbe(), startUpstream()]);
});
after(async () => {
  await probe.stop();
  upstream.stop();
});

const post = (path, body) => probe.get(path, { method: "POST", body, duplex: "half" });
const to = (path) => encodeURIComponent(upstream.url + path);

test("a whole answer has its length", async () => {
  const response = await probe.get("/hello");
  assert.equal(response.headers.get("content-length"), "5");
  assert.equal(await response.text(), "hello");
});

test("an echo of 3 MB comes back byte for byte", async () => {
  const sent = Buffer.alloc(3_000_000);
  for (let at = 0; at < sent.length; at++) sent[at] = (at * 7) % 251;
  const back = Buffer.from(await (await post("/echo", sent)).arrayBuffer());
  assert.ok(back.equals(sent));
});

test("an echo of pieces, and of nothing", async () => {
  assert.equal(await (await post("/echo", pieces(["one ", "two ", "three"], 20))).text(), "one two three");
  assert.equal(await (await post("/echo", "")).text(), "");
  assert.equal(await (await probe.get("/echo")).text(), "");
});

test("a body handed through uses no guest memory", async () => {
  const sent = Buffer.alloc(8_000_000, "h");
  await probe.memory();
  const back = Buffer.from(await (await post("/pass", sent)).arrayBuffer());
  assert.ok(back.equals(sent));
  const { peak } = await probe.memory();
  assert.ok(peak < 3_000_000, `${peak} bytes were held`);
});

test("an upstream body handed through keeps its length and type", async () => {
  const sized = await probe.get(`/relay?url=${to("/sized")}`);
  assert.equal(sized.headers.get("content-length"), "10");
  assert.equal(await sized.text(), "0123456789");
  const text = await probe.get(`/relay?url=${to("/text")}&note=relayed`);
  assert.equal(text.headers.get("content-type"), "text/plain");
  assert.equal(await text.text(), "upstream text");
  await until("the transmission is reported", async () =>
    (await (await probe.get("/kv?do=get&key=relayed")).text()).includes("Ok(())"),
  );
});

test("20 MB handed through hold no more than a few MB", async () => {
  await probe.memory();
  const response = await probe.get(`/relay?url=${to("/large?size=20000000")}`);
  let size = 0;
  for await (const chunk of response.body) size += chunk.length;
  assert.equal(size, 20_000_000);
  const { peak } = await probe.memory();
  assert.ok(peak < 4_000_000, `${peak} bytes were held`);
});

test("a body of which a little was read is handed on from there", async () => {
  const response = await probe.get(`/partly?url=${to("/text")}`);
  assert.equal(response.headers.get("x-first"), "ups");
  assert.equal(await response.text(), "tream text");
  const dripped = await probe.get(`/partly?url=${to("/drip?n=3&ms=30")}`);
  assert.equal(dripped.headers.get("x-first") + (await dripped.text()), "drop0 drop1 drop2 ");
});

test("our request's body becomes the upstream request's", async () => {
  const sent = Buffer.alloc(2_000_000, "u");
  const answer = await (await post(`/upload?method=POST&url=${to("/echo")}`, sent)).text();
  assert.match(answer, /^POST 2000000 /);
});

test("an upstream that is cut never looks like a finished answer", async () => {
  const response = await probe.get(`/relay?url=${to("/cut")}`);
  await assert.rejects(response.text());
});

test("chunks arrive as they are written, small ones together", async () => {
  const slow = await probe.get("/chunks?n=3&size=4&ms=60");
  const times = [];
  for await (const _ of slow.body) times.push(Date.now());
  assert.equal(times.length, 3);
  assert.ok(times[2] - times[0] >= 60, `${times}`);
  const many = await probe.get("/chunks?n=500&size=10");
  assert.equal((await many.text()).length, 5000);
});

test("a guest that writes faster than the client reads must wait", async () => {
  await probe.memory();
  const response = await probe.get("/chunks?n=400&size=100000");
  const reader = response.body.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { peak } = await probe.memory();
  assert.ok(peak < 6_000_000, `${peak} bytes were held of 40 MB`);
  await reader.cancel();
});

test("a client that leaves ends the guest's stream", async () => {
  const controller = new AbortController();
  const response = await probe.get("/chunks?n=10000&size=100&ms=20&left=left", { signal: controller.signal });
  await response.body.getReader().read();
  controller.abort();
  await until("the guest saw it", async () => !(await (await probe.get("/kv?do=get&key=left")).text()).startsWith("Ok(None)"), 3000);
});

test("a departure ends the upstream read of a handed-through body", async () => {
  const before = upstream.seen.left;
  const controller = new AbortController();
  const response = await probe.get(`/relay?url=${to("/drip?n=1000&ms=30")}`, { signal: controller.signal });
  await response.body.getReader().read();
  controller.abort();
  await until("upstream saw it", () => upstream.seen.left > before, 3000);
});

test("a length that was promised is sent, and held to", async () => {
  const right = await probe.get("/length?says=10&n=10");
  assert.equal(right.headers.get("content-length"), "10");
  assert.equal((await right.text()).length, 10);
  for (const says of [8, 12]) {
    const wrong = await probe.get(`/length?says=${says}&n=10`);
    await assert.rejects(wrong.text(), `content-length ${says}`);
  }
});

test("a body that fails, or whose guest traps, is aborted", async () => {
  for (const path of ["/body-error", "/trap-after-reply"]) {
    const response = await probe.get(path);
    assert.equal(response.status, 200);
    await assert.rejects(response.text(), path);
  }
});

test("trailers are refused, not lost in silence", async () => {
  const response = await probe.get("/trailers");
  assert.equal(response.status, 500);
  await until("it is logged", () => probe.logs.join("").includes("trailers cannot be sent"));
});

test("reads and writes can be cancelled without losing a byte", async () => {
  const answer = await (await post("/cancel-read", pieces(["a", "b", "c", "d"], 35))).text();
  assert.equal(answer, "abcd after cancels");
  assert.equal(await (await probe.get("/cancel-write")).text(), `${"f".repeat(70_000)}kept`);
});

test("statuses without a body, and HEAD", async () => {
  for (const code of [204, 304, 200, 404]) {
    const response = await probe.get(`/status?code=${code}`);
    assert.equal(response.status, code);
    assert.equal(await response.text(), "");
  }
  const head = await probe.get("/length?says=10&n=10", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("content-length"), "10");
});

test("nothing is held once all of it is over", async () => {
  await until("memory is let go", async () => {
    const { linear, queued } = await probe.memory();
    return linear === 0 && queued === 0;
  });
  // A bug in the shim would show as one of JavaScript's own errors.
  assert.doesNotMatch(probe.logs.join(""), /TypeError: Cannot|ReferenceError|is not a function/);
});
