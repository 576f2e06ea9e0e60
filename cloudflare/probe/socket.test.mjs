// Outgoing WebSockets through the probe on workerd, against the `ws` package. Needs `cargo xtask build --probe`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { WebSocketServer } from "ws";
import { startProbe, until } from "./harness.mjs";

let probe;
let server;
before(async () => {
  [probe, server] = await Promise.all([startProbe(), startServer()]);
});
after(async () => {
  await probe?.stop();
  server?.stop();
});

/** `/socket` runs a script of its first message's choice; other paths refuse the upgrade or leave it unanswered. */
async function startServer() {
  const seen = { open: 0, closes: [], headers: [], aborted: 0 };
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 << 20 });
  const scripts = {
    echo: (socket, text) => socket.send(text),
    twice: (socket, text) => [socket.send(`${text}1`), socket.send(`${text}2`)],
    flood: (socket, count) => {
      for (let at = 0; at < Number(count); at++) socket.send("m".repeat(200));
    },
    large: (socket, size) => socket.send("l".repeat(Number(size))),
    wide: (socket, size) => socket.send("\u20ac".repeat(Number(size))),
    binary: (socket, text) => [socket.send(Buffer.from([1, 2, 3])), socket.send(text)],
    length: (socket, text) => socket.send(String(text.length)),
    close: (socket, code) => (code === "" ? socket.close() : socket.close(Number(code), "server's reason")),
    cut: (socket) => socket.terminate(),
  };
  const refusals = {
    "/401": (socket) => refuse(socket, "401 Unauthorized", ["X-Why: no cookie"], "sign in"),
    "/302": (socket) => refuse(socket, "302 Found", ["Location: /elsewhere"], ""),
    "/200": (socket) => refuse(socket, "200 OK", [], "a page"),
    "/long": (socket) => refuse(socket, "403 Forbidden", [], "p".repeat(100_000)),
    "/half": (socket) => {
      socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf");
      setTimeout(() => socket.destroy(), 100);
    },
    "/silent": () => {},
    "/gone": (socket) => socket.destroy(),
  };
  const http = createServer((_, response) => response.writeHead(404).end());
  http.on("upgrade", (request, raw, head) => {
    const path = new URL(request.url, "http://server").pathname;
    raw.on("end", () => (seen.aborted += path === "/silent" ? 1 : 0)).on("error", () => {});
    if (path !== "/socket") return refusals[path](raw);
    sockets.handleUpgrade(request, raw, head, (socket) => {
      seen.open += 1;
      seen.headers.push(request.headers);
      socket.on("message", (data) => {
        const [, name, rest] = /^(\w+) ?(.*)$/s.exec(String(data));
        (scripts[name] ?? scripts.length)(socket, name in scripts ? rest : String(data));
      });
      socket.on("close", (code, reason) => {
        seen.open -= 1;
        seen.closes.push([code, String(reason)]);
      });
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const stop = () => {
    for (const socket of sockets.clients) socket.terminate();
    http.closeAllConnections();
    http.close();
  };
  return { port: http.address().port, seen, stop };
}

function refuse(socket, status, headers, body) {
  const head = [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${body.length}`, "Connection: close"];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Runs steps on a connection; a line for `open` and for each. */
async function run(steps, { path = "/socket", ...query } = {}) {
  const url = `ws://127.0.0.1:${server.port}${path}`;
  const response = await probe.get(`/socket?${new URLSearchParams({ url, steps: steps.join(";"), ...query })}`);
  assert.equal(response.status, 200, "the probe answers");
  return (await response.text()).split("\n");
}

const nothingOpen = () => until("every socket is closed", () => server.seen.open === 0);

test("text goes both ways, with the headers that were given", async () => {
  const headers = { "h-cookie": "sso=a; sso-rw=b", "h-origin": "https://grok.com", "h-user-agent": "Probe/1" };
  const lines = await run(["send:echo hëllo", "receive", "both:echo two", "close:1000:done"], headers);
  assert.deepEqual(lines, ["open", "sent", "text hëllo", "sent, text two", "close"]);
  const { cookie, origin, "user-agent": agent, upgrade } = server.seen.headers.at(-1);
  assert.deepEqual([cookie, origin, agent, upgrade], [...Object.values(headers), "websocket"]);
  await nothingOpen();
  assert.deepEqual(server.seen.closes.at(-1), [1000, "done"]);
});

test("messages wait for the guest in order, and none is lost", async () => {
  assert.deepEqual(await run(["send:twice m", "sleep:100", "receive", "receive"]), [
    "open", "sent", "slept", "text m1", "text m2",
  ]);
  assert.deepEqual(await run(["send:flood 5000", "count:5000"]), ["open", "sent", "5000 messages, 1000000 bytes"]);
});

test("a receive that was given up takes no later message along", async () => {
  assert.deepEqual(await run(["abandon:50", "send:echo kept", "receive"]), ["open", "abandoned", "sent", "text kept"]);
});

test("large messages pass up to the limit, which counts bytes", async () => {
  const max = String(16 << 20);
  assert.deepEqual(await run(["send:large 16777216", "receive"], { max }), ["open", "sent", "text of 16777216 bytes"]);
  assert.deepEqual(await run(["large:5242880", "receive"], { max }), ["open", "sent", "text 5242880"]);
  assert.deepEqual(await run(["send:wide 100", "receive"], { max: "300" }), ["open", "sent", "text of 300 bytes"]);
  const broken = ["open", "sent", "broken a message is longer than 299 bytes"];
  assert.deepEqual(await run(["send:wide 100", "receive"], { max: "299" }), broken);
  await until("the server hears why", () => server.seen.closes.at(-1)[0] === 1009);
});

test("more than two of the largest messages do not wait", async () => {
  const lines = await run(["send:flood 100", "sleep:200", "count:100"], { max: "1000" });
  assert.deepEqual(lines, ["open", "sent", "slept", "10 messages, 2000 bytes, broken too many messages wait"]);
  await until("the server hears why", () => server.seen.closes.at(-1)[0] === 1008);
});

test("binary messages are ignored", async () => {
  assert.deepEqual(await run(["send:binary text", "receive"]), ["open", "sent", "text text"]);
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
  assert.deepEqual(await run(["send:echo last", "send:close 4002", "sleep:100", "receive", "receive"]), [
    "open", "sent", "sent", "slept", "text last", "closed 4002 server's reason",
  ]);
});

test("a close after a close, or with what cannot be sent, does no harm", async () => {
  assert.deepEqual(await run(["close:1000:a", "close:1000:b", "receive"]), ["open", "close", "close", "closed 1000 a"]);
  assert.deepEqual(await run([`close:77:${"r".repeat(200)}`]), ["open", "close"]);
  await nothingOpen();
});

test("a refusal brings status, headers and body", async () => {
  const refusal = async (path) => (await run([], { path }))[0];
  assert.equal(await refusal("/401"), 'refused 401 [("x-why", "no cookie")] text sign in');
  assert.equal(await refusal("/302"), 'refused 302 [("location", "/elsewhere")] text ');
  assert.equal(await refusal("/200"), "refused 200 [] text a page");
  assert.equal(await refusal("/long"), "refused 403 [] text of 65536 bytes");
  assert.equal(await refusal("/half"), "refused 403 [] text half");
});

test("no connection, no answer, no such URL", async () => {
  assert.match((await run([], { path: "/gone" }))[0], /^unreachable ./);
  assert.equal((await run([], { path: "/silent", timeout: "200" }))[0], "unreachable no connection within 200 ms");
  assert.match((await run([], { url: "wss://" }))[0], /^unreachable ./);
  assert.match((await run([], { "h-a b": "c" }))[0], /^unreachable ./);
  assert.match((await run([], { url: "ws://127.0.0.1:1/" }))[0], /^unreachable ./);
});

test("an attempt that was given up ends at the server", async () => {
  const before = server.seen.aborted;
  const answer = run([], { path: "/silent", patience: "100", stay: "1500" });
  await until("the server sees it", () => server.seen.aborted > before, 1000);
  assert.deepEqual(await answer, ["unreachable given up"]);
});

test("no socket outlives its guest", async () => {
  await run(["send:echo a"]);
  await nothingOpen();
  assert.equal(server.seen.closes.at(-1)[0], 1001);
  const url = `ws://127.0.0.1:${server.port}/socket`;
  assert.equal((await probe.get(`/socket?${new URLSearchParams({ url, steps: "send:echo b;trap" })}`)).status, 500);
  await nothingOpen();
  assert.equal(server.seen.closes.at(-1)[0], 1001);
});

test("nothing of it stays in memory", async () => {
  await run(["send:flood 1000", "sleep:100"]);
  await until("the queue is empty", async () => (await probe.memory()).queued === 0);
});
