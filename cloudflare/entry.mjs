// The HTTP entry of the local server, a proxy in front of the runtime. The runtime's own entry is for development: it obeys
// headers of clients, answers failures with stack traces, and does not notice when clients disconnect.

import { Agent, createServer, request as ask, STATUS_CODES } from "node:http";
import { randomBytes } from "node:crypto";
import { Socket } from "node:net";
import { answered, checkSize, forwarded, Refusal, target } from "./entry-head.mjs";
import { Gate } from "./gate.mjs";
import { ANSWERED, DEPARTED, REQUEST_ID, SECRET } from "./local-worker.mjs";
import { refusal } from "./refusals.mjs";

/** Milliseconds. */
const TIMES = {
  /** To receive the head of a request. */
  head: 10_000,
  /** To receive the whole request. The gateway stops reading a body after 2 minutes. */
  request: 150_000,
  /** Keep-alive timeout of a client's connection: longer than the clients' own. */
  idle: 75_000,
  /** How long a client may continue to send after its response. */
  linger: 5_000,
  /** How long a request may run after its client has disconnected. */
  departure: 10_000,
  /** When to end a request whose client disconnected during the response, unless a failed write ended it. */
  afterHead: 1_000,
};
/** How many requests may wait for their response heads in the runtime, and how many here. */
const LIMITS = { inside: 32, waiting: 5_000 };
/** Connections that the system accepts while this process is busy. Those beyond it are retried after a second. */
const BACKLOG = 4_096;
/** The runtime's thread is free if it answers about its health within this time. */
const PROMPT_MS = 50;
/** Below the runtime's keep-alive timeout of 5 s. */
const RUNTIME_IDLE_MS = 3_000;
/** Never waits, so that it is answered under any load. */
const HEALTH = "/health";
/** The parser's limit. Beyond it, the response may be lost; the entry's own limit is half of it. */
const PARSED_BYTES = 64 << 10;
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

const refusals = {
  HPE_HEADER_OVERFLOW: () => new Refusal(431, "headers_too_large", "The headers of the request are too large: send fewer or shorter ones"),
  ERR_HTTP_REQUEST_TIMEOUT: () => new Refusal(408, "request_timeout", "The request was not received in time: send it again"),
};
const invalid = () => new Refusal(400, "bad_request", "The request is invalid: check its address and headers");
const refusalOf = (error) => (error instanceof Refusal ? error : invalid());
const overloaded = () => new Refusal(503, "overloaded", "The gateway has too many requests now: send it again in a second", "1");
const failed = () => new Refusal(502, "runtime_failed", "The local runtime failed at this request: see its log for the reason");
const ended = () => new Refusal(503, "runtime_ended", "The local runtime has ended: start the server again");

/**
 * A connection that is still read after a write has failed. The runtime closes the connection of a request that it did not
 * read to the end. The response has arrived by then, and Node would discard it after a failed write.
 */
class PatientSocket extends Socket {
  _write(data, encoding, written) {
    super._write(data, encoding, () => written());
  }

  _writev(chunks, written) {
    super._writev(chunks, () => written());
  }
}

function agent(options) {
  const made = new Agent({ noDelay: true, ...options });
  made.createConnection = (to) => new PatientSocket(to).connect(to);
  return made;
}

/** An HTTP server in front of the runtime, on any number of addresses. */
export class Entry {
  /** The value of the Worker's binding `ENTRY_SECRET`. */
  secret = randomBytes(32).toString("hex");
  #runtime;
  #servers = [];
  #count = 0;
  #times;
  #log;
  #gate;
  /**
   * Keep-alive connections for idempotent requests. Each other request has its own connection: the runtime closes idle
   * connections and those with unread requests, and a request sent into a closed one may or may not have been processed.
   */
  #kept = agent({ keepAlive: true, timeout: RUNTIME_IDLE_MS, maxFreeSockets: 32, scheduling: "lifo" });
  #single = agent({ keepAlive: false });

  /** @param {{ times?: Partial<typeof TIMES>, limits?: typeof LIMITS, log?: (line: string) => void }} [options] */
  constructor({ times = {}, limits = LIMITS, log = console.error } = {}) {
    this.#times = { ...TIMES, ...times };
    this.#gate = new Gate(limits, () => this.#isPrompt());
    this.#log = log;
  }

  /** Sets the target of requests; undefined if the runtime has ended. @param {URL | undefined} runtime */
  lead(runtime) {
    this.#runtime = runtime;
  }

  /**
   * Listens on one more address. Fails if it is in use.
   * @returns {Promise<import("node:net").AddressInfo>}
   */
  async listen(host, port) {
    const server = createServer({
      maxHeaderSize: PARSED_BYTES,
      headersTimeout: this.#times.head,
      requestTimeout: this.#times.request,
      keepAliveTimeout: this.#times.idle,
      connectionsCheckingInterval: Math.min(1_000, this.#times.head),
    });
    // `checkSize` counts them; the server would silently drop those beyond its limit.
    server.maxHeadersCount = 0;
    server.on("request", (request, response) => this.#answer(request, response));
    server.on("clientError", refuseUnread);
    server.on("connect", (_, socket) => refuseSocket(socket, new Refusal(405, "method_not_allowed", "CONNECT is for proxies: call the API directly")));
    await new Promise((resolve, reject) => server.once("error", reject).listen({ port, host, backlog: BACKLOG }, resolve));
    this.#servers.push(server);
    return server.address();
  }

  /** Closes every connection. */
  async close() {
    this.#runtime = undefined;
    const ends = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const server of this.#servers) server.closeAllConnections();
    this.#kept.destroy();
    this.#single.destroy();
    await Promise.all(ends);
  }

  #answer(request, response) {
    // A pipelined request waits for the previous response: until then Node does not report when its client disconnects.
    if (!response.socket) return response.once("socket", () => this.#answer(request, response));
    try {
      if (!this.#runtime) throw ended();
      checkSize(request.rawHeaders);
      const { path, authority } = target(request);
      const id = String(++this.#count);
      const { headers, hasBody } = forwarded(request, authority, { [SECRET]: this.secret, [REQUEST_ID]: id });
      const message = { path, method: request.method, headers };
      const isSafe = !hasBody && SAFE.has(request.method);
      const exchange = new Exchange(request, response, id, this.#times);
      const go = () => this.#begin(exchange, message, isSafe ? this.#kept : this.#single);
      if (isSafe && path === HEALTH) return go();
      response.on("close", () => exchange.asked ?? this.#gate.leave(exchange));
      if (!this.#gate.enter(exchange, go)) throw overloaded();
    } catch (error) {
      refuse(request, response, refusalOf(error));
    }
  }

  #begin(exchange, message, agent) {
    try {
      if (!this.#runtime) throw ended();
      this.#forward(exchange, message, agent);
    } catch (error) {
      refuse(exchange.request, exchange.response, refusalOf(error));
    }
  }

  /** Returns whether the runtime answers at once: its thread is free. */
  async #isPrompt() {
    if (!this.#runtime) return false;
    const headers = ["host", "entry", SECRET, this.secret, REQUEST_ID, String(++this.#count)];
    const began = performance.now();
    const asked = this.#ask({ method: "GET", path: HEALTH, headers }, this.#kept).end();
    const isAnswered = await new Promise((resolve) => {
      asked.on("response", (answer) => answer.resume().on("close", () => resolve(true)));
      asked.on("error", () => resolve(false));
    });
    return isAnswered && performance.now() - began < PROMPT_MS;
  }

  #ask(message, agent) {
    const { hostname, port } = this.#runtime;
    return ask({ ...message, host: hostname, port, agent });
  }

  #forward(exchange, message, agent) {
    const { request, response } = exchange;
    const asked = this.#ask(message, agent);
    exchange.asked = asked;
    exchange.onDeparture = () => this.#depart(exchange);
    request.pipe(asked);
    asked.on("close", () => {
      // Drain what the runtime does not read, so that the connection can be used again.
      request.resume();
      if (exchange.asked === asked) this.#gate.leave(exchange);
    });
    asked.on("response", (answer) => this.#pass(answer, exchange));
    asked.on("error", (error) => {
      // A response that has begun reports its own end; after a disconnection no client reads one.
      if (exchange.answered || response.destroyed) return;
      // The runtime closed the idle connection before it read anything.
      if (agent === this.#kept && asked.reusedSocket && this.#runtime) return this.#forward(exchange, message, this.#single);
      request.unpipe(asked);
      if (this.#runtime) this.#log(`no response from the runtime to ${message.method} ${message.path}: ${error.message}`);
      refuse(request, response, this.#runtime ? failed() : ended());
    });
  }

  #pass(answer, exchange) {
    const { request, response } = exchange;
    exchange.answered = true;
    this.#gate.leave(exchange);
    // The Worker ended the request of a client that had disconnected.
    if (response.destroyed) return answer.resume();
    if (answer.statusCode >= 500 && answer.headers[ANSWERED] === undefined) {
      // Node accepts a few methods that the runtime rejects.
      if (answer.statusCode === 501) {
        answer.resume();
        return refuse(request, response, new Refusal(405, "method_not_allowed", `The API does not support the method ${request.method}: use GET or POST`));
      }
      this.#log(`the runtime failed at ${request.method} ${request.url}`);
      answer.resume();
      return refuse(request, response, failed());
    }
    response.writeHead(answer.statusCode, answer.statusMessage, answered(answer.rawHeaders));
    answer.pipe(response);
    // Send the head alone while no bytes of the body are available.
    setImmediate(() => response.flushHeaders());
    answer.on("close", () => {
      // A truncated response must not look complete.
      if (!answer.complete) response.destroy();
    });
  }

  /** Ends a request in the Worker after its client has disconnected; the runtime would let it run for 30 seconds. */
  #depart({ id, asked, answered }) {
    // Before the connection closes: after that the runtime may not resolve the request's promises.
    if (!answered && this.#runtime) return this.#notify(id, () => asked.destroy());
    asked.destroy();
    // After the head, the next write fails and ends the request. A blocked write may not fail, so notify the Worker too.
    // Not at once: a body that fails before its connection closes is logged as an error by the runtime.
    if (answered) setTimeout(() => this.#runtime && this.#notify(id), this.#times.afterHead).unref();
  }

  /** Notifies the Worker that the client of a request has disconnected, then calls `over`. */
  #notify(id, over = () => {}) {
    const note = this.#ask(
      { method: "POST", path: "/", headers: ["host", "entry", "content-length", "0", SECRET, this.secret, DEPARTED, id] },
      this.#single,
    );
    const late = setTimeout(() => note.destroy(), this.#times.departure);
    note.on("response", (answer) => answer.resume());
    note.on("error", () => {});
    note.on("close", () => {
      clearTimeout(late);
      over();
    });
    note.end();
  }
}

/** A client's request and response, with their counterparts at the runtime. */
class Exchange {
  asked;
  answered = false;
  onDeparture = () => {};

  constructor(request, response, id, { linger }) {
    Object.assign(this, { request, response, id });
    response.on("finish", () => {
      if (request.complete) return;
      const late = setTimeout(() => request.complete || request.socket.destroy(), linger);
      request.once("close", () => clearTimeout(late));
    });
    response.on("close", () => response.writableFinished || this.onDeparture());
  }
}

/** Sends an error response. */
function refuse(request, response, error) {
  if (response.headersSent) return response.destroy();
  const { status, headers, body } = refusal(pathOf(request.url), error);
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Returns the path of a request as it came: it may have failed for its address. */
const pathOf = (url) => url.replace(/^http:\/\/[^/?#]*/i, "").replace(/[?#].*$/, "");

/** Sends the response to a request that the parser refused. */
function refuseUnread(error, socket) {
  const refused = refusals[error.code]?.() ?? new Refusal(400, "bad_request", "The request is not valid HTTP/1.1: check the client, and use http:// instead of https://");
  // After the start of a response, or without a request, the connection can only be closed.
  const isSilent = socket.bytesRead === 0 || socket._httpMessage?.headersSent;
  if (error.code === "ECONNRESET" || !socket.writable || isSilent) return socket.destroy();
  refuseSocket(socket, refused);
}

function refuseSocket(socket, error) {
  const { status, body } = refusal("", error);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
