// A scripted WebSocket server. Messages on `/socket` name what it does; so they do on `/late`, which upgrades slowly, on
// `/stalled`, which reads slowly, and on `/protocol`, which chooses a subprotocol. Other paths refuse the upgrade. With TLS,
// the client's server name selects the certificate: the one of `localhost` has expired.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createSecureContext } from "node:tls";
import { WebSocketServer } from "ws";

const certificate = (name) => readFileSync(new URL(`../../tests/fixtures/tls/${name}`, import.meta.url), "utf8");

/** The authority that signed the server's certificates, in PEM. */
export const AUTHORITY = certificate("ca.pem");

/** The scripts of messages `name argument`. The server replies to any other message with its length. */
const scripts = {
  echo: (socket, text) => socket.send(text),
  twice: (socket, text) => [socket.send(`${text}1`), socket.send(`${text}2`)],
  late: (socket, text) => setTimeout(() => socket.send(text), 150),
  flood(socket, count) {
    for (let at = 0; at < Number(count); at++) socket.send("m".repeat(200));
  },
  large: (socket, size) => socket.send("l".repeat(Number(size))),
  wide: (socket, size) => socket.send("\u20ac".repeat(Number(size))),
  binary: (socket, text) => [socket.send(Buffer.from([1, 2, 3])), socket.send(text)],
  ping: (socket, text) => [socket.once("pong", (data) => socket.send(`pong ${data}`)), socket.ping(text)],
  close: (socket, code) => (code === "" ? socket.close() : socket.close(Number(code), "server's reason")),
  cut: (socket) => socket.terminate(),
  deaf: (socket) => socket.pause(),
};

/** How long `/stalled` does not read, in milliseconds. */
const STALL_MS = 400;

/** Accepts the upgrade and sends messages until the client disconnects; ignores what it sends. */
function pour(raw, request) {
  const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(key).digest("base64");
  raw.write(`HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  const message = Buffer.concat([Buffer.from([0x81, 126, 0xff, 0xff]), Buffer.alloc(0xffff, "p")]);
  const more = () => {
    while (!raw.destroyed && raw.write(message));
  };
  raw.on("drain", more).resume();
  more();
}

function refuse(socket, status, headers, body) {
  const head = [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${body.length}`, "Connection: close"];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

const refusals = {
  "/401": (socket) => refuse(socket, "401 Unauthorized", ["X-Why: no cookie"], "sign in"),
  "/302": (socket) => refuse(socket, "302 Found", ["Location: /elsewhere"], ""),
  "/200": (socket) => refuse(socket, "200 OK", [], "a page"),
  "/long": (socket) => refuse(socket, "403 Forbidden", [], "p".repeat(100_000)),
  "/chunked": (socket) =>
    socket.end("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nin p\r\n5\r\nieces\r\n0\r\n\r\n"),
  // Without an end, as the connection stays open.
  "/coded": (socket) =>
    socket.write("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\ncode\r\n0\r\n\r\n"),
  "/half"(socket) {
    socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf");
    setTimeout(() => socket.destroy(), 100);
  },
  "/silent": () => {},
  "/silent-once": () => {},
  "/gone": (socket) => socket.destroy(),
  "/pour": pour,
};

/**
 * Starts the server. `seen` has the number of open sockets, all closes and headers, how many clients left `/silent`, the
 * lengths of all messages and reads, and the clients of `/silent-once`, which answers from the second client on.
 * @param {{ tls?: boolean }} [options]
 */
export async function startSocketServer({ tls = false } = {}) {
  const seen = { open: 0, closes: [], headers: [], left: 0, messages: [], reads: [], silent: [] };
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 << 20 });
  sockets.on("headers", (headers, { url }) => {
    if (url === "/protocol") headers.push("Sec-WebSocket-Protocol: chat");
  });
  const key = certificate("server.key");
  const expired = createSecureContext({ key, cert: certificate("expired.pem") });
  const http = tls
    ? createTlsServer({
        key,
        cert: certificate("server.pem"),
        SNICallback: (name, done) => done(null, name === "localhost" ? expired : undefined),
      })
    : createServer();
  const raws = new Set();
  http.on(tls ? "secureConnection" : "connection", (raw) => {
    raws.add(raw.on("close", () => raws.delete(raw)).on("error", () => {}));
  });
  http.on("upgrade", (request, raw, head) => {
    const path = new URL(request.url, "http://server").pathname;
    raw.on("end", () => (seen.left += path === "/silent" ? 1 : 0));
    const isOver = path === "/silent-once" && seen.silent.length > 0;
    if (path === "/silent-once") seen.silent.push(raw);
    if (path in refusals && !isOver) return refusals[path](raw, request);
    raw.on("data", (data) => seen.reads.push(data.length));
    const accept = (socket) => {
      seen.open += 1;
      seen.headers.push(request.headers);
      if (path === "/stalled") {
        raw.pause();
        setTimeout(() => raw.resume(), STALL_MS);
      }
      socket.on("message", (data) => {
        seen.messages.push(data.length);
        const [, name, rest] = /^(\w+) ?(.*)$/s.exec(String(data));
        if (Object.hasOwn(scripts, name)) scripts[name](socket, rest);
        else socket.send(String(data.length));
      });
      socket.on("close", (code, reason) => {
        seen.open -= 1;
        seen.closes.push([code, String(reason)]);
      });
    };
    setTimeout(() => sockets.handleUpgrade(request, raw, head, accept), path === "/late" ? 700 : 0);
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const stop = () => {
    for (const raw of raws) raw.destroy();
    http.close();
  };
  return { port: http.address().port, seen, stop };
}
