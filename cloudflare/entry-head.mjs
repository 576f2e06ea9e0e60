// Message heads in the entry: checks requests and selects the headers that are forwarded.

import { isIP } from "node:net";

/** The header in which the shim expects the client's address. */
const ADDRESS = "cf-connecting-ip";
/** Headers that only the platform, the local runtime or this entry may set; dropped from clients' requests. */
const PLATFORM = /^(?:cf-|mf-|x-entry-|x-mf-|cdn-loop$|spin-client-addr$)/;
/** Hop-by-hop headers (RFC 9110, section 7.6.1) and those of older clients. The entry answers `expect` itself. */
const HOP_BY_HOP = new Set([
  "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
  "transfer-encoding", "upgrade", "expect", "http2-settings",
]);
const AUTHORITY = /^(?:\[[0-9a-f:.]+\]|[\w.~-]+)(?::\d{1,5})?$/i;
/** The absolute form `GET http://host/path`, which clients of a proxy send. */
const ABSOLUTE = /^http:\/\/([^/?#]*)([/?].*)?$/i;

export const LIMITS = { target: 8 << 10, headers: 100, headerBytes: 32 << 10 };

/** A request that the entry refuses. `message` says what is wrong, then what to do. */
export class Refusal extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {string} [retryAfter] seconds */
  constructor(status, code, message, retryAfter) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Yields pairs of a lower-case name and a value. @param {string[]} raw `rawHeaders` of a message */
function* pairs(raw) {
  for (let at = 0; at < raw.length; at += 2) yield [raw[at].toLowerCase(), raw[at + 1]];
}

/**
 * Returns the names that a message's `Connection` header adds to the hop-by-hop headers. Never includes the length:
 * without it the body would be parsed as the next request.
 */
function named(raw) {
  const values = [...pairs(raw)].filter(([name]) => name === "connection").map(([, value]) => value);
  const names = values.join(",").toLowerCase().split(",").map((name) => name.trim());
  return new Set(names.filter((name) => name !== "content-length"));
}

/** Returns the end-to-end headers of a message, without those for which `isDropped` is true. */
function endToEnd(raw, isDropped) {
  const ending = named(raw);
  const kept = [];
  for (const [name, value] of pairs(raw)) {
    if (!HOP_BY_HOP.has(name) && !ending.has(name) && !isDropped(name)) kept.push(name, value);
  }
  return kept;
}

/**
 * Returns the path and the authority that a request is for. Fails with a `Refusal`.
 * @param {import("node:http").IncomingMessage} request
 */
export function target({ url, rawHeaders }) {
  if (url.length > LIMITS.target) {
    throw new Refusal(414, "uri_too_long", `The address has more than ${LIMITS.target} characters: send long values in the body`);
  }
  const hosts = [...pairs(rawHeaders)].filter(([name]) => name === "host").map(([, value]) => value);
  const [, authority = hosts[0] ?? "", path = "/"] = ABSOLUTE.exec(url) ?? [null, undefined, url];
  if (hosts.length > 1 || !AUTHORITY.test(authority)) {
    throw new Refusal(400, "bad_request", "The request needs exactly one Host header with a name or an address: send it");
  }
  const full = path.startsWith("?") ? `/${path}` : path;
  if (!full.startsWith("/")) {
    throw new Refusal(400, "bad_request", "The path of a request must begin with a slash: request a path such as /v1/models");
  }
  // Parses like the runtime, which resolves `..` and fails at invalid ports and addresses.
  const seen = URL.canParse(`http://${authority}${full}`) ? new URL(`http://${authority}${full}`) : null;
  if (!seen) throw new Refusal(400, "bad_request", "The header Host does not name a valid host and port: check the client's address");
  // The local runtime's own pages; Cloudflare reserves this path too.
  if (/^\/+cdn-cgi(?:\/|$)/i.test(seen.pathname)) throw new Refusal(404, "not_found", "There is nothing at this path: the API begins at /v1");
  return { path: full, authority };
}

/** Fails with a `Refusal` if there are too many or too large headers. @param {string[]} raw */
export function checkSize(raw) {
  const bytes = raw.reduce((sum, part) => sum + part.length, 0);
  if (raw.length / 2 > LIMITS.headers || bytes > LIMITS.headerBytes) {
    const most = `${LIMITS.headers} headers with ${LIMITS.headerBytes >> 10} KiB in all`;
    throw new Refusal(431, "headers_too_large", `A request has at most ${most}: send fewer or shorter ones`);
  }
}

/**
 * Returns the headers for the Worker, and whether a body follows. Fails with a `Refusal` for a transfer coding other than
 * chunked.
 * @param {import("node:http").IncomingMessage} request
 * @param {string} authority @param {Record<string, string>} own what the entry says
 */
export function forwarded({ rawHeaders, headers, socket }, authority, own) {
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.trim().toLowerCase() !== "chunked") {
    throw new Refusal(501, "unknown_transfer_coding", "Transfer-Encoding takes chunked only: compress with Content-Encoding");
  }
  const length = headers["content-length"];
  const hasBody = coding !== undefined || Number(length ?? 0) !== 0;
  const kept = endToEnd(rawHeaders, (name) => PLATFORM.test(name) || name === "host");
  kept.unshift("host", authority);
  if (coding !== undefined) kept.push("transfer-encoding", "chunked");
  kept.push(ADDRESS, clientAddress(socket.remoteAddress), ...Object.entries(own).flat());
  return { headers: kept, hasBody };
}

/** Returns the address without a zone, and an IPv4-mapped IPv6 address as IPv4. */
function clientAddress(address = "") {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  return isIP(plain) ? plain : "0.0.0.0";
}

/** Returns the headers of a response for the client. @param {string[]} raw */
export const answered = (raw) => endToEnd(raw, (name) => name.startsWith("x-entry-") || name.startsWith("mf-"));
