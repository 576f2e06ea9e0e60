// Maps JavaScript's network errors to wasi:http error codes.

/** The error when a timeout of the guest's request options expires. */
export class Timeout extends Error {
  /** @param {"connection-read-timeout" | "connection-timeout"} tag */
  constructor(tag) {
    super(tag);
    this.tag = tag;
  }
}

/** Errors of `fetch` have no code; only their text distinguishes them. */
const KNOWN = [
  [/refused/i, "connection-refused"],
  [/connection lost|reset|disconnected|hang up|broken pipe|terminated/i, "connection-terminated"],
  [/dns|getaddrinfo|not resolve|name resolution|lookup failed/i, "DNS-error"],
  [/certificate/i, "TLS-certificate-error"],
  [/tls|ssl/i, "TLS-protocol-error"],
  [/invalid url/i, "HTTP-request-URI-invalid"],
];

/** @param {any} error @returns {{ tag: string, value?: any }} a wasi:http `error-code` */
export function errorCode(error) {
  if (error instanceof Timeout) return { tag: error.tag };
  const text = String(error?.message ?? error);
  const tag = KNOWN.find(([pattern]) => pattern.test(text))?.[1];
  if (tag === "DNS-error") return { tag, value: { rcode: null, "info-code": null } };
  return tag ? { tag } : { tag: "internal-error", value: text };
}

/** Returns the text of an `error-code`, for logs and errors. @param {{ tag: string, value?: any }} code */
export const describe = ({ tag, value }) => (typeof value === "string" ? `${tag}: ${value}` : tag);
