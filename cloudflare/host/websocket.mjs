// grok2api:websocket/client on the platform's WebSocket. The upgrade is a `fetch` and counts as one subrequest. The platform
// resolves names, so the addresses are not used.
// Source: https://developers.cloudflare.com/workers/examples/websockets/#write-a-websocket-client

import { hold } from "../abi/memory.mjs";
import { Pending } from "../abi/tasks.mjs";
import { WitError } from "../abi/types.mjs";

/** The most bytes of a refusal's body that the guest gets. */
const LARGEST_REFUSAL = 64 * 1024;
/** The limit of the queue, as a multiple of the largest message. */
const LARGEST_QUEUE = 2;
/** A `receive` returns no more messages after this many bytes, so that the guest does not hold the whole queue too. */
const RECEIVE_SIZE = 64 * 1024;
/** Bytes that each queued message counts in addition to its text, because an empty one uses memory too. */
const OVERHEAD = 64;
/** The longest gap between messages of a burst, in milliseconds. */
const ALONE_MS = 1;

const encoder = new TextEncoder();

const failure = (tag, value) => new WitError({ tag, value });
const textOf = (error) => String(error?.message ?? error);

class Connection {
  #socket;
  #limit;
  #queue = [];
  /** The size of the queued messages, in bytes. */
  #queued = 0;
  /** The reason for the end of the connection. @type {WitError | null} */
  #end = null;
  #closing = false;
  /** Wakes a waiting `receive`. @type {(() => void) | null} */
  #wake = null;
  /** When a `receive` was last woken, in milliseconds. */
  #woken = 0;

  /** @param {WebSocket} socket not yet accepted @param {number} limit the largest message in bytes */
  constructor(socket, limit) {
    this.#socket = socket;
    this.#limit = limit;
    socket.addEventListener("message", ({ data }) => this.#take(data));
    socket.addEventListener("close", ({ code, reason }) => {
      this.#finish(code === 1006 ? failure("broken", "no close frame came") : failure("closed", { code, reason }));
    });
    socket.addEventListener("error", ({ message }) => this.#finish(failure("broken", message || "connection lost")));
    socket.accept();
  }

  send(text) {
    if (this.#end) throw this.#end;
    try {
      this.#socket.send(text);
    } catch (error) {
      throw failure("broken", textOf(error));
    }
  }

  receive() {
    if (this.#wake) throw failure("broken", "another receive waits");
    if (this.#queue.length > 0 || this.#end) return this.#next();
    let cancelled = false;
    const arrived = new Promise((resolve) => (this.#wake = resolve));
    return new Pending(arrived.then(() => (cancelled ? [] : this.#next())), () => {
      cancelled = true;
      this.#wake = null;
    });
  }

  close(code, reason) {
    if (this.#closing) return;
    this.#closing = true;
    try {
      this.#socket.close(code, reason);
    } catch {
      // The code or the reason is not valid in a close frame.
      this.#socket.close(1000);
    }
  }

  /** Called when the guest drops the connection, or has ended. */
  dispose() {
    this.#finish(failure("broken", "dropped"));
    this.#clear();
    this.close(1001, "");
  }

  #next() {
    if (this.#queue.length === 0) throw this.#end;
    let count = 0;
    let size = 0;
    while (count < this.#queue.length && size < RECEIVE_SIZE) size += this.#queue[count++].held;
    this.#queued -= size;
    hold("queued", -size);
    return this.#queue.splice(0, count).map(({ text }) => text);
  }

  #take(data) {
    if (typeof data !== "string" || this.#end) return;
    const size = this.#sizeOf(data);
    if (size > this.#limit) return this.#refuse(1009, `a message is longer than ${this.#limit} bytes`);
    const held = size + OVERHEAD;
    if (this.#queued + held > LARGEST_QUEUE * (this.#limit + OVERHEAD)) {
      return this.#refuse(1008, "too many messages wait");
    }
    this.#queue.push({ text: data, held });
    this.#queued += held;
    hold("queued", held);
    this.#resume();
  }

  /** Returns the length in bytes of UTF-8, or in characters if that is enough to compare with the limit. */
  #sizeOf(text) {
    return text.length <= this.#limit && text.length * 3 > this.#limit ? encoder.encode(text).length : text.length;
  }

  #refuse(code, text) {
    this.#finish(failure("broken", text));
    this.close(code, "");
  }

  #finish(end) {
    this.#end ??= end;
    this.#resume();
  }

  #clear() {
    this.#queue = [];
    hold("queued", -this.#queued);
    this.#queued = 0;
  }

  #resume() {
    const wake = this.#wake;
    this.#wake = null;
    if (!wake) return;
    // Each message is an event. In a burst, a timer wakes the guest after all messages of the burst are queued: 200 messages
    // then cost 2.5 ms more than the same text in one body. Waking the guest for each costs 7.7 ms more. A single message
    // needs no timer.
    const now = Date.now();
    if (now - this.#woken > ALONE_MS) wake();
    else setTimeout(wake, 0);
    this.#woken = now;
  }
}

async function open(url, headers, limit, abort) {
  const timer = setTimeout(() => abort.abort(new Error(`no connection within ${limit} ms`)), limit);
  try {
    const upgrade = new Headers(headers);
    upgrade.set("upgrade", "websocket");
    const response = await fetch(url.replace(/^ws/, "http"), {
      headers: upgrade,
      redirect: "manual",
      signal: abort.signal,
    });
    if (response.webSocket) return withoutProtocol(response);
    const { status } = response;
    throw failure("refused", { status, headers: [...response.headers], body: await startOf(response.body) });
  } catch (error) {
    throw error instanceof WitError ? error : failure("unreachable", textOf(abort.signal.reason ?? error));
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the socket of an upgrade. Fails if the server chose a subprotocol, because none was offered (RFC 6455 §4.1). @param {Response} response */
function withoutProtocol({ webSocket, headers }) {
  const protocol = headers.get("sec-websocket-protocol");
  if (protocol === null) return webSocket;
  webSocket.accept();
  webSocket.close(1002, "");
  throw failure("unreachable", `the answer to the upgrade is not valid: it chose the subprotocol ${protocol}`);
}

/** Returns the first bytes of a body as text, up to an error. @param {ReadableStream | null} body */
async function startOf(body) {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let left = LARGEST_REFUSAL; reader && left > 0; ) {
      const { value, done } = await reader.read();
      if (done) break;
      text += decoder.decode(value.subarray(0, left), { stream: true });
      left -= value.length;
    }
  } catch {
    // The status and the received part of the body still explain the refusal.
  }
  reader?.cancel().catch(() => {});
  return text + decoder.decode();
}

export const websocket = {
  connect(_, url, headers, { "connect-timeout-ms": limit, "max-message-bytes": largest }) {
    const abort = new AbortController();
    let connection = null;
    const opened = open(url, headers, limit, abort).then((socket) => {
      connection = new Connection(socket, largest);
      if (!abort.signal.aborted) return connection;
      connection.dispose();
      throw failure("unreachable", textOf(abort.signal.reason));
    });
    return new Pending(opened, () => {
      abort.abort();
      connection?.dispose();
    });
  },
  "[method]connection.send": (_, connection, text) => connection.send(text),
  "[method]connection.receive": (_, connection) => connection.receive(),
  "[method]connection.close": (_, connection, code, reason) => connection.close(code, reason),
};
