// The entry of the local server. The runtime's own entry is made for development: it takes orders from headers, answers
// failures with stacks, and does not see clients leave. This one stands in front of it.

import { Agent, createServer, request as ask, STATUS_CODES } from "node:http";
import { randomBytes } from "node:crypto";
import { Socket } from "node:net";
import { answered, checkSize, forwarded, Refusal, target } from "./entry-head.mjs";
import { ANSWERED, DEPARTED, REQUEST_ID, SECRET } from "./local-worker.mjs";

/** Milliseconds. */
const TIMES = {
  /** For the head of a request. */
  head: 10_000,
  /** For all of a request. The gateway gives up on a body after 2 minutes. */
  request: 150_000,
  /** What a connection may rest between two requests: longer than clients keep one. */
  idle: 75_000,
  /** What a client may go on sending after its answer. */
  linger: 5_000,
  /** What a request whose client has left may take to end by itself. */
  departure: 10_000,
  /** After which a request is ended whose client left during its answer, unless its next write did. */
  afterHead: 1_000,
};
/** The runtime closes a connection that rested for 5 s. */
const RUNTIME_IDLE_MS = 3_000;
/** Past this the parser gives up, and the answer may be lost on its way; our own limit is half of it. */
const PARSED_BYTES = 64 << 10;
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

const refusals = {
  HPE_HEADER_OVERFLOW: () => new Refusal(431, "headers_too_large", "The headers of the request are too large: send fewer or shorter ones"),
  ERR_HTTP_REQUEST_TIMEOUT: () => new Refusal(408, "request_timeout", "The request did not come in time: send it again"),
};
const failed = () => new Refusal(502, "runtime_failed", "The local runtime failed at this request: its log says why");
const ended = () => new Refusal(503, "runtime_ended", "The local runtime has ended: start the server again");

/**
 * A connection that goes on being read when it takes nothing more. The runtime closes one whose request it did not read to
 * the end, and the answer is there already: a failed write would have it thrown away.
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

/** One HTTP server, on any number of addresses, in front of the runtime. */
export class Entry {
  /** To be given to the Worker as the binding `ENTRY_SECRET`. */
  secret = randomBytes(32).toString("hex");
  #runtime;
  #servers = [];
  #count = 0;
  #times;
  #log;
  /**
   * For requests that can be asked twice. Each other one has a connection of its own: the runtime closes those that
   * rested, or whose request it did not read, and what is sent into a closed one may or may not have been done.
   */
  #kept = agent({ keepAlive: true, timeout: RUNTIME_IDLE_MS, maxFreeSockets: 32, scheduling: "lifo" });
  #single = agent({ keepAlive: false });

  /** @param {{ times?: Partial<typeof TIMES>, log?: (line: string) => void }} [options] */
  constructor({ times = {}, log = console.error } = {}) {
    this.#times = { ...TIMES, ...times };
    this.#log = log;
  }

  /** Sends requests there from now on; undefined: the runtime has ended. @param {URL | undefined} runtime */
  lead(runtime) {
    this.#runtime = runtime;
  }

  /**
   * Listens on one more address. Fails when it is in use.
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
    // They are counted by `checkSize`; the server would leave out those beyond.
    server.maxHeadersCount = 0;
    server.on("request", (request, response) => this.#answer(request, response));
    server.on("clientError", refuseUnread);
    server.on("connect", (_, socket) => refuseSocket(socket, new Refusal(405, "method_not_allowed", "CONNECT is for proxies: call the API directly")));
    await new Promise((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
    this.#servers.push(server);
    return server.address();
  }

  /** Ends every connection. */
  async close() {
    this.#runtime = undefined;
    const ends = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const server of this.#servers) server.closeAllConnections();
    this.#kept.destroy();
    this.#single.destroy();
    await Promise.all(ends);
  }

  #answer(request, response) {
    // A request that came before the answer to the last one on its connection waits for it: until then Node does not say
    // when its client leaves.
    if (!response.socket) return response.once("socket", () => this.#answer(request, response));
    try {
      if (!this.#runtime) throw ended();
      checkSize(request.rawHeaders);
      const { path, authority } = target(request);
      const id = String(++this.#count);
      const { headers, hasBody } = forwarded(request, authority, { [SECRET]: this.secret, [REQUEST_ID]: id });
      const message = { path, method: request.method, headers };
      const isSafe = !hasBody && SAFE.has(request.method);
      this.#forward(new Exchange(request, response, id, this.#times), message, isSafe ? this.#kept : this.#single);
    } catch (error) {
      refuse(request, response, error instanceof Refusal ? error : new Refusal(400, "bad_request", "The request cannot be understood: check its address and headers"));
    }
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
    // What the runtime does not take is read all the same, for the connection to go on.
    asked.on("close", () => request.resume());
    asked.on("response", (answer) => this.#pass(answer, exchange));
    asked.on("error", (error) => {
      // An answer that began reports its own end; after a departure no client reads one.
      if (exchange.answered || response.destroyed) return;
      // Closed while it rested, before it read anything.
      if (agent === this.#kept && asked.reusedSocket && this.#runtime) return this.#forward(exchange, message, this.#single);
      request.unpipe(asked);
      if (this.#runtime) this.#log(`the runtime gave no answer to ${message.method} ${message.path}: ${error.message}`);
      refuse(request, response, this.#runtime ? failed() : ended());
    });
  }

  #pass(answer, exchange) {
    const { request, response } = exchange;
    exchange.answered = true;
    // The Worker ended the request of a client that had left.
    if (response.destroyed) return answer.resume();
    if (answer.statusCode >= 500 && answer.headers[ANSWERED] === undefined) {
      // Node knows a few methods more than the runtime, which answers them itself.
      if (answer.statusCode === 501) {
        answer.resume();
        return refuse(request, response, new Refusal(405, "method_not_allowed", `The API does not know the method ${request.method}: use GET or POST`));
      }
      this.#log(`the runtime answered ${request.method} ${request.url} with an error of its own`);
      answer.resume();
      return refuse(request, response, failed());
    }
    response.writeHead(answer.statusCode, answer.statusMessage, answered(answer.rawHeaders));
    answer.pipe(response);
    // A head whose first bytes are not there yet goes alone.
    setImmediate(() => response.flushHeaders());
    answer.on("close", () => {
      // A cut answer must not look like a whole one.
      if (!answer.complete) response.destroy();
    });
  }

  /** Has the Worker end a request whose client has left; the runtime would let it run on for 30 seconds. */
  #depart({ id, asked, answered }) {
    // Before the connection ends: the runtime may resolve no promise of its request any more.
    if (!answered && this.#runtime) return this.#notify(id, () => asked.destroy());
    asked.destroy();
    // After the head the next write fails, and that ends the request. One that waits for its reader may not notice, so it
    // hears of it too. Not at once: a body that fails before its connection ends is an error in the runtime's log.
    if (answered) setTimeout(() => this.#runtime && this.#notify(id), this.#times.afterHead).unref();
  }

  /** Names a request whose client has left to the Worker, then calls `over`. */
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

/** A client's request and its answer, and what they are made of on the other side. */
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

/** Answers with an error. */
function refuse(request, response, refusal) {
  if (response.headersSent) return response.destroy();
  const { status, body } = refusal;
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), "cache-control": "no-store" };
  // A page of any origin may read what a client's API answers.
  response.writeHead(status, { ...headers, "access-control-allow-origin": "*" });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Answers what the parser refused. */
function refuseUnread(error, socket) {
  const refusal = refusals[error.code]?.() ?? new Refusal(400, "bad_request", "The request cannot be parsed as HTTP/1.1: check the client, and use http:// instead of https://");
  // Where an answer has begun, or nothing was asked, the connection can only end.
  const isSilent = socket.bytesRead === 0 || socket._httpMessage?.headersSent;
  if (error.code === "ECONNRESET" || !socket.writable || isSilent) return socket.destroy();
  refuseSocket(socket, refusal);
}

function refuseSocket(socket, { status, body }) {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
