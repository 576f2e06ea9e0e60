// Outgoing requests, headers and traps on workerd.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { startProbe, startUpstream, until } from "./harness.mjs";

let probe;
let upstream;
before(async () => {
  [probe, upstream] = await Promise.all([startProbe(), startUpstream()]);
});
after(async () => {
  await probe.stop();
  upstream.stop();
});

const ask = async (path) => (await probe.get(path)).text();
const to = (path) => encodeURIComponent(upstream.url + path);

test("an upstream answer is read to its end", async () => {
  assert.equal(await ask(`/fetch?url=${to("/text")}`), "200 upstream text");
});

test("redirects are the gateway's to follow", async () => {
  const response = await probe.get(`/relay?url=${to("/redirect")}`);
  assert.equal(response.status, 302);
  assert.equal(response.headers.get("location"), "/text");
});

test("a decoded body comes without the headers of the encoded one", async () => {
  assert.equal(await ask(`/fetch?url=${to("/gzip")}`), "200 hello");
});

test("a POST without a body has length 0", async () => {
  assert.equal(await ask(`/fetch?method=POST&url=${to("/echo")}`), "200 POST 0 0");
});

test("a GET with a body, a foreign scheme, an impossible status", async () => {
  const upload = async (body) => {
    const response = await probe.get(`/upload?url=${to("/echo")}`, { method: "POST", body });
    return [response.status, await response.text()];
  };
  assert.deepEqual(await upload(""), [200, "GET 0 chunked"]);
  assert.equal((await upload("x"))[0], 500);
  assert.equal((await probe.get("/status?code=103")).status, 500);
  await until("both are logged", () => /no body on Workers[^]*status 103/.test(probe.logs.join("")));
});

test("no head within the limit is a time-out", async () => {
  const begin = Date.now();
  assert.equal(
    await ask(`/fetch?connect=100&first=100&url=${to("/slow-head?ms=3000")}`),
    "head: ErrorCode::ConnectionReadTimeout",
  );
  assert.ok(Date.now() - begin < 2000);
  assert.equal(await ask(`/fetch?connect=5000&first=5000&url=${to("/slow-head?ms=50")}`), "200 late");
});

test("silence within the body is a time-out", async () => {
  assert.equal(
    await ask(`/fetch?between=100&url=${to("/drip?n=3&ms=1500")}`),
    "200 drop0 , body: ErrorCode::ConnectionReadTimeout",
  );
  assert.equal(await ask(`/fetch?between=1000&url=${to("/drip?n=3&ms=50")}`), "200 drop0 drop1 drop2 ");
});

test("a cut body is an error after what came", async () => {
  assert.match(await ask(`/fetch?url=${to("/cut")}`), /^200 half, body: ErrorCode::/);
});

test("a port without a listener is a connection error", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  const answer = await ask(`/fetch?url=${encodeURIComponent(`http://127.0.0.1:${port}/`)}`);
  assert.match(answer, /^head: ErrorCode::Connection(Refused|Terminated)$/);
});

/** Checks that the upstream connection ends before the request does, which would end it anyway. */
async function leavesWhileTheGuestStays(path, answer) {
  const before = upstream.seen.left;
  let answered = false;
  const asked = ask(path).finally(() => (answered = true));
  await until("upstream saw it", () => upstream.seen.left > before, 3000);
  assert.equal(answered, false);
  assert.equal(await asked, answer);
}

test("a request given up before its head ends upstream", () =>
  leavesWhileTheGuestStays(`/abandon?patience=100&stay=1500&url=${to("/slow-head?ms=9000")}`, "left"));

test("a body given up ends upstream", () =>
  leavesWhileTheGuestStays(`/abandon?in=body&patience=50&stay=1500&url=${to("/drip?n=99&ms=300")}`, "left after 6"));

test("headers refuse what Spin refuses", async () => {
  assert.deepEqual((await ask("/fields")).split("\n"), [
    "connection: Err(HeaderError::Forbidden)",
    "Keep-Alive: Err(HeaderError::Forbidden)",
    "transfer-encoding: Err(HeaderError::Forbidden)",
    "upgrade: Err(HeaderError::Forbidden)",
    "proxy-connection: Err(HeaderError::Forbidden)",
    "host: Err(HeaderError::Forbidden)",
    "te: Err(HeaderError::Forbidden)",
    "list: Some(HeaderError::Forbidden)",
    "name: Err(HeaderError::InvalidSyntax)",
    "value: Err(HeaderError::InvalidSyntax)",
    "length: Err(HeaderError::InvalidSyntax)",
    "size: Err(HeaderError::SizeExceeded)",
    "incoming: Err(HeaderError::Immutable)",
    "clone: Ok(())",
    "all: [[49], [50]] true false",
    "response: Err(HeaderError::Immutable)",
    "status: Err(()) Ok(())",
    "method: Err(())",
    "authority: Err(())",
    "path: Err(())",
  ]);
});

test("the guest sees the request and our word for the address", async () => {
  const response = await probe.get("/seen?a=b%20c&d", {
    headers: { "spin-client-addr": "6.6.6.6:1", "CF-Connecting-IP": "10.1.2.3", "x-own": "ü", te: "trailers" },
  });
  const lines = (await response.text()).split("\n");
  assert.match(lines[0], /^Method::Get Some\(Scheme::Http\) Some\("127.0.0.1:\d+"\) Some\("\/seen\?a=b%20c&d"\)$/);
  assert.deepEqual(lines.filter((line) => line.startsWith("spin-")), ["spin-client-addr=127.0.0.1:0"]);
  for (const name of ["host", "connection", "te", "transfer-encoding"]) {
    assert.ok(!lines.some((line) => line.startsWith(`${name}=`)), name);
  }
  assert.equal(response.headers.get("x-twice"), "1, 2");
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
});

const FAILED = { error: { message: "internal error", type: "server_error", param: null, code: "internal_error" } };

test("a trap and a handler's error are a plain 500 and a log line", async () => {
  for (const path of ["/trap", "/error"]) {
    const response = await probe.get(path);
    assert.equal(response.status, 500);
    assert.deepEqual(await response.json(), FAILED);
  }
  await until("both are logged", () => {
    const logs = probe.logs.join("");
    return logs.includes("a trap on purpose") && logs.includes("loop-detected");
  });
  assert.equal(await ask("/hello"), "hello");
});

test("a trap after the reply harms no other request", async () => {
  const neighbour = probe.get("/chunks?n=20&size=1&ms=20");
  const response = await probe.get("/trap-after-reply");
  await response.text().catch(() => {});
  await until("it is logged", () => probe.logs.join("").includes("a trap after the reply"));
  assert.equal((await (await neighbour).text()).length, 20);
});

test("work goes on after the answer", async () => {
  assert.equal(await ask("/spawn?key=later&ms=150"), "answered");
  await until("the work is done", async () => (await ask("/kv?do=get&key=later")).includes("spawned"));
});

test("sleeps run side by side, and abandoned ones end", async () => {
  const passed = Number(await ask("/sleep?ms=100"));
  assert.ok(passed >= 90 && passed < 450, `${passed} ms`);
});

test("what a guest prints goes to the console", async () => {
  assert.equal(await ask("/stdout"), "printed");
  await until("it is there", () => /one\ntwo\n/.test(probe.logs.join("")) && probe.logs.join("").includes("three"));
});
