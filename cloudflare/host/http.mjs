// wasi:http: the message resources, outgoing requests, and the response to the incoming request.

import { Future } from "../abi/futures.mjs";
import { Items } from "../abi/streams.mjs";
import { Pending } from "../abi/tasks.mjs";
import { WitError } from "../abi/types.mjs";
import { assertEmpty, IncomingBody, outgoing } from "./body.mjs";
import { describe, errorCode, Timeout } from "./errors.mjs";
import { Fields, fields } from "./fields.mjs";

const OK = { tag: "ok", value: null };
const METHODS = ["get", "head", "post", "put", "delete", "connect", "options", "trace", "patch"];
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:[\]]+)(:[0-9]{1,5})?$/;
const PATH = /^[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7c\x7e%&"{}^`<>\\|\x80-\u{10ffff}]*$/u;

/** The base of requests and responses: headers and a body. */
class Message {
  /** The result of sending the message: the guest's `future<result>`. */
  transmitted = new Future();

  constructor(headers, contents, trailers) {
    this.headers = headers;
    this.contents = contents;
    this.trailers = trailers;
  }

  /** Called when the guest drops the message unsent. */
  dispose() {
    this.contents?.cancel();
    this.trailers.cancel();
    this.transmitted.settle(OK);
  }

  /** @param {Promise<void>} sent */
  settleWith(sent) {
    return sent.then(
      () => this.transmitted.settle(OK),
      (error) => this.transmitted.settle({ tag: "err", value: errorCode(error) }),
    );
  }
}

export class Request extends Message {
  method = { tag: "get" };
  scheme = null;
  authority = null;
  path = null;
  /** @type {RequestOptions | null} */
  options = null;

  get methodName() {
    return this.method.tag === "other" ? this.method.value : this.method.tag.toUpperCase();
  }
}

export class Response extends Message {
  status = 200;
}

class RequestOptions {
  immutable = false;
  /** In nanoseconds; null without a timeout. */
  limits = { connect: null, firstByte: null, betweenBytes: null };

  copy() {
    const options = new RequestOptions();
    options.limits = { ...this.limits };
    return options;
  }
}

const limit = (name, key) => ({
  [`[method]request-options.get-${name}-timeout`]: (_, self) => self.limits[key],
  [`[method]request-options.set-${name}-timeout`](_, self, duration) {
    if (self.immutable) throw new WitError({ tag: "immutable" });
    self.limits[key] = duration;
  },
});

const check = (valid) => {
  if (!valid) throw new WitError();
};

function consume(message) {
  if (message.contents === null) return [new Items([]), Future.of(OK)];
  return [message.contents, message.trailers];
}

/** Returns a read-only view of a message's headers. */
const view = (message) => new Fields(message.headers.entries).frozen();

export const types = {
  ...fields,
  "[static]request.new"(_, headers, contents, trailers, options) {
    const request = new Request(headers, contents, trailers);
    request.options = options;
    return [request, request.transmitted];
  },
  "[method]request.get-method": (_, self) => self.method,
  "[method]request.set-method"(_, self, method) {
    check(method.tag !== "other" || TOKEN.test(method.value));
    self.method = method;
  },
  "[method]request.get-scheme": (_, self) => self.scheme,
  "[method]request.set-scheme": (_, self, scheme) => void (self.scheme = scheme),
  "[method]request.get-authority": (_, self) => self.authority,
  "[method]request.set-authority"(_, self, authority) {
    check(authority === null || AUTHORITY.test(authority));
    self.authority = authority;
  },
  "[method]request.get-path-with-query": (_, self) => self.path,
  "[method]request.set-path-with-query"(_, self, path) {
    check(path === null || PATH.test(path));
    self.path = path;
  },
  "[method]request.get-headers": (_, self) => view(self),
  "[method]request.get-options"(_, self) {
    if (self.options === null) return null;
    const options = self.options.copy();
    options.immutable = true;
    return options;
  },
  "[static]request.consume-body": (_, self) => consume(self),

  "[constructor]request-options": () => new RequestOptions(),
  "[method]request-options.clone": (_, self) => self.copy(),
  ...limit("connect", "connect"),
  ...limit("first-byte", "firstByte"),
  ...limit("between-bytes", "betweenBytes"),

  "[static]response.new"(_, headers, contents, trailers) {
    const response = new Response(headers, contents, trailers);
    return [response, response.transmitted];
  },
  "[method]response.get-status-code": (_, self) => self.status,
  "[method]response.set-status-code"(_, self, status) {
    check(status >= 100 && status <= 599);
    self.status = status;
  },
  "[method]response.get-headers": (_, self) => view(self),
  "[static]response.consume-body": (_, self) => consume(self),
};

export const client = {
  send(guest, request) {
    const abort = new AbortController();
    return new Pending(send(guest, request, abort), () => abort.abort());
  },
};

async function send(guest, request, abort) {
  // The guest's code is still on the stack. After it returns, a small body is usually complete and can be sent as bytes
  // with a length.
  await null;
  try {
    const address = url(request);
    const init = {
      method: request.methodName,
      headers: request.headers.toHeaders(),
      body: await requestBody(guest, request),
      redirect: "manual",
      cache: "no-store",
      signal: abort.signal,
    };
    const response = await withDeadline(request.options?.limits, abort, fetch(address, init));
    return incomingResponse(response, request.options?.limits);
  } catch (error) {
    request.contents?.cancel();
    throw error instanceof WitError ? error : new WitError(errorCode(error));
  }
}

async function requestBody(guest, request) {
  if (request.contents && ["get", "head"].includes(request.method.tag)) {
    await assertEmpty(request.contents);
    request.transmitted.settle(OK);
    return null;
  }
  const { body, sent } = outgoing(request);
  guest.background(request.settleWith(sent));
  return body;
}

function url({ scheme, authority, path }) {
  const name = scheme?.tag ?? "HTTPS";
  if (name === "other") throw new WitError({ tag: "HTTP-protocol-error" });
  if (authority === null) throw new WitError({ tag: "HTTP-request-URI-invalid" });
  return `${name.toLowerCase()}://${authority}${path ?? "/"}`;
}

const milliseconds = (nanoseconds) => Math.ceil(Number(nanoseconds) / 1e6);

/**
 * Returns the timeout for the response's head. A Worker cannot observe when a connection is established, so this is the sum
 * of the timeouts for the connection and the first byte.
 */
async function withDeadline(limits, abort, response) {
  const { connect = null, firstByte = null } = limits ?? {};
  if (connect === null && firstByte === null) return response;
  const unset = 600_000_000_000n;
  const tag = firstByte === null ? "connection-timeout" : "connection-read-timeout";
  const deadline = milliseconds(firstByte === null ? connect : (connect ?? unset) + firstByte);
  const timer = setTimeout(() => abort.abort(new Timeout(tag)), deadline);
  try {
    return await response;
  } catch (error) {
    throw abort.signal.reason instanceof Timeout ? abort.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

function incomingResponse(response, limits) {
  // The runtime has decoded an encoded body, so these headers no longer describe it.
  const isDecoded = response.headers.has("content-encoding");
  const headers = Fields.incoming(response.headers, (name) => isDecoded && (name === "content-encoding" || name === "content-length"));
  const idle = limits?.betweenBytes ?? null;
  const body = new IncomingBody(response.body, headers.contentLength, idle === null ? null : milliseconds(idle));
  const incoming = new Response(headers, body, body.trailers);
  incoming.status = response.status;
  return incoming;
}

/** Returns the incoming request as a resource. @param {globalThis.Request} request */
export function incomingRequest(request) {
  const url = new URL(request.url);
  // Only the platform knows the client's address. It does not provide the port.
  const headers = Fields.incoming(request.headers, (name) => name === "spin-client-addr");
  const address = request.headers.get("cf-connecting-ip");
  if (address) headers.entries.push(["spin-client-addr", address.includes(":") ? `[${address}]:0` : `${address}:0`]);
  const body = new IncomingBody(request.body, headers.contentLength);
  const incoming = new Request(headers, body, body.trailers);
  const method = request.method.toLowerCase();
  incoming.method = METHODS.includes(method) ? { tag: method } : { tag: "other", value: request.method };
  incoming.scheme = { tag: url.protocol === "https:" ? "HTTPS" : "HTTP" };
  incoming.authority = url.host;
  incoming.path = url.pathname + url.search;
  return incoming;
}

const NULL_BODY = new Set([204, 205, 304]);

/**
 * Returns the guest's response for the runtime; throws if the handler failed.
 * @param {import("../abi/guest.mjs").Guest} guest
 * @param {{ tag: "ok", value: Response } | { tag: "err", value: any }} result the handler's result
 * @param {globalThis.Request} request the incoming request
 */
export function answer(guest, result, { method }) {
  if (result.tag === "err") throw new Error(`the handler failed: ${describe(result.value)}`);
  const response = result.value;
  const { status } = response;
  const headers = response.headers.toHeaders();
  if (method === "HEAD" || NULL_BODY.has(status)) {
    response.dispose();
    return new globalThis.Response(null, { status, headers });
  }
  if (status < 200) throw new Error(`a Worker cannot answer with status ${status}`);
  guest.answersWith(response.contents);
  const { body, sent } = outgoing(response);
  guest.background(response.settleWith(sent));
  return new globalThis.Response(body, { status, headers });
}
