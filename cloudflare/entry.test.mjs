// The entry before a scripted runtime: which requests it forwards, which it answers, and how it reports disconnections.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import { connect } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Entry } from "./entry.mjs";
import { ANSWERED, DEPARTED, REQUEST_ID, SECRET } from "./local-worker.mjs";

const DEADLINE = { timeout: 10_000 };
const TIMES = { head: 300, linger: 200, departure: 500, afterHead: 50 };

const routes = {
  "/echo": async (req, res) => {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    res.writeHead(200, { [ANSWERED]: "1" }).end(`${req.method} ${Buffer.concat(chunks)}`);
  },
  "/several": (_, res) => res.writeHead(200, ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "Connection", "x-hop", "X-Hop", "1", "MF-X", "1", "X-Entry-Answered", "1"]).end(),
  "/empty": (req, res) => res.writeHead(Number(req.headers["x-status"]), req.headers["x-status"] === "304" ? { etag: '"x"', "content-length": 9 } : {}).end(),
  "/part": (_, res) => res.writeHead(206, { "content-range": "bytes 2-4/9", "content-length": 3 }).end("cde"),
  "/stack": (_, res) => res.writeHead(500, { "content-type": "text/plain" }).end("Error: at /home/me/entry.worker.js:1:1"),
  "/method": (_, res) => res.writeHead(501, { "content-type": "text/plain" }).end("ERROR: Unrecognized request method."),
  "/cut": (_, res) => res.writeHead(200, { "content-length": 10 }).write("half", () => setTimeout(() => res.destroy(), 20)),
  "/early": (_, res) => res.writeHead(401, { "content-length": 2, connection: "close", [ANSWERED]: "1" }).end("no"),
  "/hang": () => {},
  // A busy runtime answers late.
  "/health": (_, res) => void setTimeout(() => res.end(), seen.isBusy ? 100 : 0),
  "/drip": (_, res) => void (res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders(), (seen.drip = res)),
};
let runtime;
let entry;
let port;
let seen;
const said = [];

beforeEach(() => (seen = { requests: [], departed: [], ended: 0, sockets: [] }));
before(async () => {
  runtime = createServer((req, res) => {
    const departed = req.headers[DEPARTED];
    if (departed !== undefined) return void (seen.departed.push(departed), res.writeHead(204).end());
    const path = req.url.split("?")[0];
    seen.requests.push({ path, raw: req.rawHeaders, headers: req.headers, url: req.url });
    res.on("close", () => res.writableFinished || (seen.ended += 1));
    seen.sockets.push(req.socket);
    (routes[path] ?? routes["/echo"])(req, res);
  });
  runtime.listen(0, "127.0.0.1");
  await once(runtime, "listening");
  entry = new Entry({ times: TIMES, log: (line) => said.push(line) });
  entry.lead(new URL(`http://127.0.0.1:${runtime.address().port}`));
  ({ port } = await entry.listen("127.0.0.1", 0));
});
after(async () => {
  await entry?.close();
  runtime?.closeAllConnections();
  runtime?.close();
});

/** Sends a request with Node's client; keeps connections alive with an agent. */
async function ask(path, { method = "GET", headers = {}, body, agent } = {}) {
  const sent = request({ host: "127.0.0.1", port, path, method, headers, agent });
  sent.end(body);
  const [answer] = await once(sent, "response");
  answer.setEncoding("utf8");
  let text = "";
  for await (const chunk of answer) text += chunk;
  return { status: answer.statusCode, headers: answer.headers, raw: answer.rawHeaders, text };
}

/** Writes these bytes and returns everything received until the end, or within `ms`. */
function raw(bytes, ms = 3_000) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.on("data", (data) => (text += data));
    socket.on("error", () => {});
    socket.on("close", () => (clearTimeout(timer), resolve(text)));
    socket.write(bytes);
  });
}

const head = (lines) => `GET /echo HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n${lines}\r\n`;
const many = (count, name = "x-many") => Array.from({ length: count }, (_, n) => `${name}-${n}: ${n}\r\n`).join("");

/** Checks an error of the entry: the status, OpenAI's shape, and no details of this machine. */
function refused(text, status, code) {
  assert.match(text, new RegExp(`^HTTP/1.1 ${status} `), text.slice(0, 200));
  const { error } = JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4));
  assert.deepEqual([Object.keys(error), error.code, error.param], [["message", "type", "param", "code"], code, null]);
  assert.doesNotMatch(text, /\.m?js|\/home|node:/);
}

async function until(what, condition, ms = 3_000) {
  for (const end = Date.now() + ms; !condition(); await sleep(10)) assert.ok(Date.now() < end, `not within ${ms} ms: ${what}`);
}

test("platform headers are dropped, the address is the socket's", DEADLINE, async () => {
  const forged = { "CF-Connecting-IP": "1.1.1.1", "cf-ew-via": "1", "CF-Worker": "x", "CDN-Loop": "x", "MF-Original-URL": "http://x/", "mf-route-override": "outbound",
    "spin-client-addr": "1.1.1.1:1", [SECRET]: "x", [REQUEST_ID]: "1", [DEPARTED]: "1", "X-Forwarded-For": "2.2.2.2", "Proxy-Connection": "x", te: "trailers" };
  await ask("/echo?a=b%20c", { headers: { ...forged, connection: "x-mine, keep-alive", "x-mine": "1" } });
  const [{ headers, url }] = seen.requests;
  assert.equal(url, "/echo?a=b%20c");
  assert.deepEqual([headers["cf-connecting-ip"], headers["x-forwarded-for"], headers[SECRET]], ["127.0.0.1", "2.2.2.2", entry.secret]);
  const dropped = ["cf-ew-via", "cf-worker", "cdn-loop", "mf-original-url", "mf-route-override", "spin-client-addr", DEPARTED, "proxy-connection", "te", "x-mine"];
  assert.deepEqual(dropped.filter((name) => name in headers), []);
  assert.notEqual(headers[REQUEST_ID], "1, 1");
});

test("an answer keeps its own headers, each as often as it came", DEADLINE, async () => {
  const { headers, raw: names } = await ask("/several");
  assert.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
  assert.deepEqual(names.filter((name) => /^(?:x-hop|mf-x|x-entry)/i.test(name)), []);
});

test("bodies, lengths and statuses without a body", DEADLINE, async () => {
  assert.equal((await ask("/echo", { method: "POST", body: "sized" })).text, "POST sized");
  assert.equal((await ask("/echo", { method: "POST", body: "chunks", headers: { "transfer-encoding": "chunked" } })).text, "POST chunks");
  assert.equal((await ask("/echo", { method: "DELETE", body: "with one", headers: { "content-length": 8 } })).text, "DELETE with one");
  assert.equal((await ask("/echo", { method: "POST" })).text, "POST ");
  assert.equal(seen.requests.at(-1).headers["transfer-encoding"], undefined);
  const part = await ask("/part");
  assert.deepEqual([part.status, part.headers["content-range"], part.headers["content-length"], part.text], [206, "bytes 2-4/9", "3", "cde"]);
  const whole = await ask("/part", { method: "HEAD" });
  assert.deepEqual([whole.headers["content-length"], whole.text], ["3", ""]);
  for (const status of ["204", "304"]) {
    const answer = await raw(`GET /empty HTTP/1.1\r\nHost: gateway\r\nX-Status: ${status}\r\nConnection: close\r\n\r\n`);
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} [^]*\r\n\r\n$`));
    assert.doesNotMatch(answer, /transfer-encoding/i);
  }
  const expecting = await raw("POST /echo HTTP/1.1\r\nHost: gateway\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
  assert.match(expecting, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[^]*POST hi/);
  assert.match(await raw("GET http://other.test:81/echo?x HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"), /GET $|GET \r\n/);
  assert.deepEqual([seen.requests.at(-1).url, seen.requests.at(-1).headers.host], ["/echo?x", "other.test:81"]);
});

test("too large, too slow, and not a request", { timeout: 20_000 }, async () => {
  refused(await raw(head(many(1_500))), 431, "headers_too_large");
  refused(await raw(head(`x: ${"y".repeat(40_000)}\r\n`)), 431, "headers_too_large");
  refused(await raw(head(`x: ${"y".repeat(100_000)}\r\n`)), 431, "headers_too_large");
  refused(await raw(`GET /${"y".repeat(9_000)} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n`), 414, "uri_too_long");
  refused(await raw("nonsense\r\n\r\n"), 400, "bad_request");
  refused(await raw(head("Host: another\r\n")), 400, "bad_request");
  refused(await raw("GET /echo HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"), 400, "bad_request");
  refused(await raw("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400, "bad_request");
  refused(await raw("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"), 501, "unknown_transfer_coding");
  refused(await raw("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), 405, "method_not_allowed");
  for (const path of ["/cdn-cgi/platform-proxy", "/x/../cdn-cgi/platform-proxy", "/%2e/cdn-cgi", "/\\cdn-cgi/", "/./CDN-cgi/#x"]) {
    refused(await raw(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`), 404, "not_found");
  }
  for (const host of ["a:99999", "256.1.1.1", "[::::]", "xn--a"]) {
    refused(await raw(`GET /echo HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`), 400, "bad_request");
  }
  refused(await raw("GET /echo HTTP/1.1\r\nHost: gateway\r\nX-Slow: "), 408, "request_timeout");
  assert.equal(await raw(""), "", "a browser's spare connection");
  assert.deepEqual(seen.requests, []);
  assert.match(await raw(head(many(90) + "Upgrade: websocket\r\n")), /^HTTP\/1\.1 200 /);
});

test("the runtime's error page stays here, a cut answer stays cut", DEADLINE, async () => {
  refused(await raw("GET /stack HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), 502, "runtime_failed");
  assert.match(said.join("\n"), /GET \/stack/);
  refused(await raw("LINK /method HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), 405, "method_not_allowed");
  await assert.rejects(ask("/cut"), { code: "ECONNRESET" });
});

test("each piece is passed on at once, the head before the first", DEADLINE, async () => {
  const sent = request({ host: "127.0.0.1", port, path: "/drip" }).end();
  const [answer] = await once(sent, "response");
  for (const piece of ["data: one\n\n", "data: two\n\n"]) {
    seen.drip.write(piece);
    assert.equal(String((await once(answer, "data"))[0]), piece);
  }
  sent.destroy();
});

test("a client that does not read holds the runtime's answer back", DEADLINE, async () => {
  const sent = request({ host: "127.0.0.1", port, path: "/drip" }).end();
  const [answer] = await once(sent, "response");
  answer.pause();
  const chunk = Buffer.alloc(1 << 20);
  let written = 0;
  while (written < 64 && (seen.drip.write(chunk) || (await Promise.race([once(seen.drip, "drain").then(() => true), sleep(300).then(() => false)])))) written += 1;
  assert.ok(written < 40, `${written} MiB went through, which the client did not read`);
  sent.destroy();
});

test("a connection that the runtime has closed costs no request", DEADLINE, async () => {
  for (let n = 0; n < 20; n++) {
    await ask("/echo");
    // The runtime closes it while the next request is being sent.
    const socket = seen.sockets.at(-1);
    socket.removeAllListeners("data");
    socket.once("data", () => socket.resetAndDestroy());
    setImmediate(() => socket.destroy());
    assert.equal((await ask("/echo", { method: n % 2 ? "POST" : "GET" })).status, 200);
  }
  const posts = seen.sockets.length;
  await Promise.all(Array.from({ length: 5 }, () => ask("/echo", { method: "POST", body: "x" })));
  assert.equal(new Set(seen.sockets.slice(posts)).size, 5, "what is done once has a connection of its own");
});

test("an unread body costs neither the answer nor the connection", DEADLINE, async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let n = 0; n < 20; n++) {
    assert.equal((await ask("/early", { method: "POST", body: Buffer.alloc(300_000), agent })).status, 401);
    assert.equal((await ask("/echo", { agent })).status, 200);
  }
  agent.destroy();
});

test("a body after an answer is read, and the connection goes on", DEADLINE, async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sent = request({ host: "127.0.0.1", port, path: "/early", method: "POST", headers: { "content-length": 3_000_000 }, agent });
  sent.write("begun");
  const [answer] = await once(sent, "response");
  assert.equal(answer.statusCode, 401);
  answer.resume();
  await sleep(50);
  sent.end(Buffer.alloc(3_000_000 - 5));
  await once(sent, "close");
  const next = request({ host: "127.0.0.1", port, path: "/echo", agent }).end();
  assert.equal((await once(next, "response"))[0].statusCode, 200);
  assert.ok(next.reusedSocket);
  agent.destroy();
});

test("a body that stops after its answer ends the connection", DEADLINE, async () => {
  const begun = Date.now();
  const text = await raw("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbegun");
  assert.match(text, /^HTTP\/1\.1 401 /);
  assert.ok(Date.now() - begun < 2_000);
});

test("a departure ends the request in the Worker, around the head", DEADLINE, async () => {
  for (const [path, method] of [["/hang", "POST"], ["/hang", "GET"], ["/drip", "POST"]]) {
    const sent = request({ host: "127.0.0.1", port, path, method }).end(method === "POST" ? "{}" : undefined);
    sent.on("error", () => {});
    const begun = path === "/drip" ? once(sent, "response") : null;
    const calls = seen.requests.length;
    await until("it came", () => seen.requests.length > calls);
    await begun;
    const { ended } = seen;
    sent.destroy();
    await until("it ended", () => seen.ended > ended);
    const id = seen.requests.at(-1).headers[REQUEST_ID];
    await until(`the Worker is notified of ${method} ${path}`, () => seen.departed.at(-1) === id);
  }
  assert.equal(seen.departed.length, 3);
  await ask("/echo");
  assert.equal(seen.departed.length, 3, "one that was answered has not left");
});

test("a body cannot become a request, whatever Connection names", DEADLINE, async () => {
  const body = "GET /smuggled HTTP/1.1\r\nHost: gateway\r\nMF-Route-Override: outbound\r\n\r\n";
  for (const method of ["DELETE", "GET", "OPTIONS", "POST"]) {
    const text = await raw(`${method} /echo HTTP/1.1\r\nHost: gateway\r\nConnection: Content-Length, host, close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    assert.ok(text.includes(`${method} ${body}`), text);
  }
  assert.deepEqual(seen.requests.map(({ path }) => path), ["/echo", "/echo", "/echo", "/echo"]);
});

test("pipelined requests are answered in turn, leaving nothing", DEADLINE, async () => {
  const text = await raw(`GET /part HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi${head("")}`);
  assert.match(text, /^HTTP\/1\.1 206 [^]*\r\n\r\ncdeHTTP\/1\.1 200 [^]*POST hi[^]*HTTP\/1\.1 200 [^]*GET /);
  seen.requests.length = 0;
  const socket = connect(port, "127.0.0.1");
  socket.write("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3));
  await until("the first came", () => seen.requests.length > 0);
  const begun = seen.requests.length;
  socket.destroy();
  await until("each that began has ended", () => seen.ended === begun);
  assert.equal(begun, 1);
});

test("beyond a number requests wait, but not for health", DEADLINE, async (t) => {
  const small = new Entry({ times: TIMES, limits: { inside: 2, waiting: 2 }, log: () => {} });
  small.lead(new URL(`http://127.0.0.1:${runtime.address().port}`));
  const { port: own } = await small.listen("127.0.0.1", 0);
  t.after(() => small.close());
  const send = (path, method = "GET") => {
    const sent = request({ host: "127.0.0.1", port: own, path, method, agent: false });
    sent.on("error", () => {});
    sent.end();
    const answer = once(sent, "response").then(([answer]) => answer);
    answer.catch(() => {});
    return { sent, answer };
  };
  const arrived = (path) => seen.requests.filter((each) => each.path === path).length;
  const streams = await Promise.all([1, 2, 3].map(() => send("/drip").answer));
  assert.equal(streams.length, 3, "answers that have begun do not count");
  seen.isBusy = true;
  const inside = [send("/hang"), send("/hang", "POST")];
  await until("both are inside", () => arrived("/hang") === 2);
  const [leaving, next] = [send("/leaving", "POST"), send("/echo")];
  await sleep(50);
  const beyond = await send("/echo").answer;
  const [body] = await once(beyond, "data");
  assert.deepEqual([beyond.statusCode, beyond.headers["retry-after"], JSON.parse(body).error.code], [503, "1", "overloaded"]);
  const claude = await send("http://gateway/v1/messages?beta=true", "POST").answer;
  assert.deepEqual([claude.statusCode, JSON.parse((await once(claude, "data"))[0]).error.type], [529, "overloaded_error"]);
  assert.equal((await send("/health").answer).statusCode, 200);
  leaving.sent.destroy();
  await sleep(50);
  assert.deepEqual([arrived("/leaving"), arrived("/echo")], [0, 0]);
  for (const each of inside) each.sent.destroy();
  assert.equal((await next.answer).statusCode, 200);
  assert.equal(arrived("/leaving"), 0);
});

test("requests that wait are refused when the runtime ends", DEADLINE, async (t) => {
  const small = new Entry({ limits: { inside: 1, waiting: 9 }, log: () => {} });
  small.lead(new URL(`http://127.0.0.1:${runtime.address().port}`));
  const { port: own } = await small.listen("127.0.0.1", 0);
  t.after(() => small.close());
  seen.isBusy = true;
  const answers = Array.from({ length: 5 }, () => fetch(`http://127.0.0.1:${own}/hang`));
  await until("one is inside", () => seen.requests.length > 0);
  small.lead(undefined);
  seen.sockets[0].destroy();
  assert.deepEqual((await Promise.all(answers)).map(({ status }) => status), [503, 503, 503, 503, 503]);
});

test("without a runtime every request is a 503", DEADLINE, async () => {
  const gone = new Entry({ log: () => {} });
  const address = await gone.listen("127.0.0.1", 0);
  const answer = await fetch(`http://127.0.0.1:${address.port}/health`);
  assert.deepEqual([answer.status, (await answer.json()).error.code], [503, "runtime_ended"]);
  await gone.close();
});
