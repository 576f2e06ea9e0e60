// Races that no server can time: operations that are cancelled just when they succeed. The probe on workerd tests the rest.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { held } from "../abi/memory.mjs";
import { websocket } from "./websocket.mjs";

const OPTIONS = { addresses: [], "connect-timeout-ms": 50, "max-message-bytes": 10 };

afterEach(() => mock.restoreAll());

class Socket extends EventTarget {
  closes = [];
  accept() {}
  send() {}
  close(...close) {
    this.closes.push(close);
  }
  message(data) {
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }
}

/** Answers every `fetch` when `answer` is called. */
function server(headers = {}) {
  const socket = new Socket();
  let answer;
  const answered = new Promise((resolve) => (answer = () => resolve({ status: 101, headers: new Headers(headers), webSocket: socket })));
  const fetched = mock.method(globalThis, "fetch", () => answered);
  return { socket, answer, fetched };
}

const connect = (options) => websocket.connect(null, "wss://a.example/path?q", [["cookie", "a"]], { ...OPTIONS, ...options });

async function open(options) {
  const { socket, answer } = server();
  answer();
  return { socket, connection: await connect(options).promise };
}

test("the upgrade is a fetch of the https address", async () => {
  const { answer, fetched } = server();
  answer();
  await connect().promise;
  const [url, { headers, redirect }] = fetched.mock.calls[0].arguments;
  assert.deepEqual([url, redirect], ["https://a.example/path?q", "manual"]);
  assert.deepEqual([...headers], [["cookie", "a"], ["upgrade", "websocket"]]);
});

test("an upgrade that chose a subprotocol is none", async () => {
  const { socket, answer } = server({ "Sec-WebSocket-Protocol": "chat" });
  answer();
  await assert.rejects(connect().promise, ({ value }) => value.tag === "unreachable" && /subprotocol chat/.test(value.value));
  assert.deepEqual(socket.closes, [[1002, ""]]);
});

test("a socket that comes after the attempt was given up is closed", async () => {
  const { socket, answer } = server();
  const attempt = connect();
  attempt.cancel();
  answer();
  await assert.rejects(attempt.promise);
  assert.deepEqual(socket.closes, [[1001, ""]]);
});

test("a socket that was opened but never delivered is closed", async () => {
  const { socket, answer } = server();
  const attempt = connect();
  answer();
  await attempt.promise;
  attempt.cancel();
  assert.deepEqual(socket.closes, [[1001, ""]]);
});

test("a cancelled receive leaves the message that arrives then", async () => {
  const { socket, connection } = await open();
  const waiting = websocket["[method]connection.receive"](null, connection);
  socket.message("kept");
  waiting.cancel();
  await setImmediate();
  assert.deepEqual(websocket["[method]connection.receive"](null, connection), ["kept"]);
});

test("one receive at a time", async () => {
  const { connection } = await open();
  websocket["[method]connection.receive"](null, connection);
  const again = () => websocket["[method]connection.receive"](null, connection);
  assert.throws(again, ({ value }) => value.tag === "broken" && /another receive/.test(value.value));
});

test("a message wakes the guest at once, a burst wakes it once", async () => {
  const clock = mock.method(Date, "now", () => 1_000);
  const { socket, connection } = await open();
  const receive = () => websocket["[method]connection.receive"](null, connection);
  const woken = async (waiting) => {
    let isWoken = false;
    waiting.promise.then(() => (isWoken = true));
    // Microtasks only: no timer can have run.
    for (let turn = 0; turn < 5; turn++) await undefined;
    return isWoken;
  };
  const alone = receive();
  socket.message("alone");
  assert.equal(await woken(alone), true);
  const burst = receive();
  socket.message("first");
  assert.equal(await woken(burst), false);
  socket.message("second");
  assert.deepEqual(await burst.promise, ["first", "second"]);
  clock.mock.mockImplementation(() => 1_020);
  const later = receive();
  socket.message("later");
  assert.equal(await woken(later), true);
});

test("a connection that goes takes its messages along", async () => {
  const before = held.queued;
  const { socket, connection } = await open();
  socket.message("waits");
  assert.equal(held.queued, before + 5 + 64);
  connection.dispose();
  socket.message("late");
  assert.equal(held.queued, before);
});

test("a receive returns what has arrived, up to a size", async () => {
  const { socket, connection } = await open({ "max-message-bytes": 100_000 });
  const receive = () => websocket["[method]connection.receive"](null, connection);
  const sizes = [40_000, 40_000, 90_000, 1];
  for (const size of sizes) socket.message("a".repeat(size));
  assert.deepEqual([receive(), receive()].map((texts) => texts.map((text) => text.length)), [[40_000, 40_000], [90_000]]);
  assert.deepEqual(receive(), ["a"]);
  connection.dispose();
});

test("empty messages fill the queue, too", async () => {
  const before = held.queued;
  const { socket, connection } = await open();
  const receive = () => websocket["[method]connection.receive"](null, connection);
  for (let round = 0; round < 5; round++) {
    socket.message("");
    socket.message("");
    assert.deepEqual(receive(), ["", ""]);
  }
  assert.equal(held.queued, before);
  // Room for two of the largest.
  for (let sent = 0; sent < 3; sent++) socket.message("");
  assert.deepEqual(socket.closes, [[1008, ""]]);
  connection.dispose();
  assert.equal(held.queued, before);
});
