// The addresses to which the Worker on this machine may connect. The Worker here fetches the requested URL.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { serve } from "./serve.mjs";

const DEADLINE = 20_000;
const FILE = "cloudflare/a-script-of-this-test.mjs";
const SCRIPT = `
export default {
  async fetch(request) {
    const to = new URL(request.url).searchParams.get("to");
    const isSocket = request.headers.get("x-socket") !== null;
    try {
      const answer = await fetch(to, { redirect: "manual", headers: isSocket ? { upgrade: "websocket" } : {} });
      if (!isSocket) return new Response(await answer.text(), { status: answer.status });
      answer.webSocket.accept();
      const message = await new Promise((resolve) => {
        answer.webSocket.addEventListener("message", ({ data }) => resolve(data));
        answer.webSocket.send("ping");
      });
      answer.webSocket.close();
      return new Response(message);
    } catch (error) {
      return new Response(String(error.message), { status: 599 });
    }
  },
};
`;

/** A server on 127.0.0.1 that counts its connections, answers every path and echoes messages. */
async function listen() {
  const server = createServer((req, res) => res.end(`here is ${req.url}`));
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(`echo ${data}`)));
  const counted = { connections: 0 };
  server.on("connection", () => counted.connections++);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(counted, {
    port: server.address().port,
    close() {
      sockets.close();
      server.closeAllConnections();
      server.close();
    },
  });
}

let upstream;
let other;
let worker;
before(async () => {
  [upstream, other] = await Promise.all([listen(), listen()]);
  worker = await serve({
    assets: false,
    vars: { grok_base_url: `http://localhost:${upstream.port}/`, grok_assets_url: "no address" },
    script: FILE,
    modules: [{ type: "ESModule", path: fileURLToPath(new URL(`../${FILE}`, import.meta.url)), contents: SCRIPT }],
  });
});
after(async () => {
  await worker?.stop();
  upstream?.close();
  other?.close();
});

async function ask(to, headers = {}) {
  const url = `${worker.url}/?to=${encodeURIComponent(to)}`;
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(DEADLINE) });
  return { status: answer.status, text: await answer.text() };
}

test("a name that resolves to this machine is not connected to", async () => {
  for (const to of [
    `http://localhost:${other.port}/`,
    `http://LOCALHOST:${other.port}/`,
    `http://127.0.0.1:${other.port}/`,
    `http://[::1]:${other.port}/`,
    `http://[::ffff:127.0.0.1]:${other.port}/`,
    `http://0.0.0.0:${other.port}/`,
    // The upstream's address under another name.
    `http://127.0.0.1:${upstream.port}/`,
    `http://grok.com.localhost:${other.port}/`,
  ]) {
    const { status, text } = await ask(to);
    assert.equal(status, 599, `${to}: ${text}`);
    assert.equal((await ask(to, { "x-socket": "1" })).status, 599, `${to} as a socket`);
  }
  assert.deepEqual([other.connections, upstream.connections], [0, 0]);
});

test("the configured upstream is reached, also by WebSocket", async () => {
  assert.deepEqual(await ask(`http://localhost:${upstream.port}/a?b`), { status: 200, text: "here is /a?b" });
  assert.deepEqual(await ask(`http://localhost:${upstream.port}/`, { "x-socket": "1" }), { status: 200, text: "echo ping" });
});
