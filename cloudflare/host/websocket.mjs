// grok2api:websocket/client on the platform's own WebSocket. The upgrade is a `fetch` and counts as one subrequest;
// names are resolved by the platform, so addresses are not used.
// Source: https://developers.cloudflare.com/workers/examples/websockets/#write-a-websocket-client

import { hold } from "../abi/memory.mjs";
import { Pending } from "../abi/tasks.mjs";
import { WitError } from "../abi/types.mjs";

/** Bytes of a refusal's body that the guest gets. */
const LARGEST_REFUSAL = 64 * 1024;
/** Messages that wait for the guest may hold this many times the largest one. */
const LARGEST_QUEUE = 2;
/** Bytes that each message in the queue counts beside its text: an empty one holds memory, too. */
const OVERHEAD = 64;
/** A message that comes later than this after the last one is not part of a burst, in milliseconds. */
const ALONE_MS = 1;

const encoder = new TextEncoder();

const failure = (tag, value) => new WitError({ tag, value });
const textOf = (error) => String(error?.message ?? error);

class Connection {
  #socket;
  #limit;
  #queue = [];
  /** What the messages in the queue hold together, in bytes. */
  #queued = 0;
  /** Why nothing more comes. @type {WitError | null} */
  #end = null;
  #closing = false;
  /** Ends the wait of a `receive`. @type {(() => void) | null} */
  #wake = null;
  /** When a `receive` last ended its wait, in milliseconds. */
  #woken = 0;

  /** @param {WebSocket} socket not yet accepted @param {number} limit bytes of the largest message */
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
    return new Pending(arrived.then(() => (cancelled ? "" : this.#next())), () => {
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
      // The code or the reason cannot be sent.
      this.#socket.close(1000);
    }
  }

  /** The guest dropped it, or is gone. */
  dispose() {
    this.#finish(failure("broken", "dropped"));
    this.#clear();
    this.close(1001, "");
  }

  #next() {
    if (this.#queue.length === 0) throw this.#end;
    const { text, held } = this.#queue.shift();
    this.#queued -= held;
    hold("queued", -held);
    return text;
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

  /** Bytes of UTF-8, or characters where these already decide. */
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
    // Each message is an event of its own. In a burst the guest is woken by a timer, once all that came together is in
    // the queue: 200 messages then cost 2.5 ms more than the same text in one body. Woken for each, they cost 7.7 ms
    // more. A message that comes alone needs no timer.
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

/** The socket of an upgrade that asked for no subprotocol: RFC 6455 §4.1 fails one that chose it. @param {Response} response */
function withoutProtocol({ webSocket, headers }) {
  const protocol = headers.get("sec-websocket-protocol");
  if (protocol === null) return webSocket;
  webSocket.accept();
  webSocket.close(1002, "");
  throw failure("unreachable", `the answer to the upgrade is not valid: it chose the subprotocol ${protocol}`);
}

/** The first bytes of a body as text. A body that breaks off ends there. @param {ReadableStream | null} body */
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
    // The status and what came of the body still say why.
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
