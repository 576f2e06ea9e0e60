// What JavaScript's network errors are called in wasi:http.

/** A time limit of the guest's request options ran out. */
export class Timeout extends Error {
  /** @param {"connection-read-timeout" | "connection-timeout"} tag */
  constructor(tag) {
    super(tag);
    this.tag = tag;
  }
}

/** Errors of `fetch` carry no code: only their text tells them apart. */
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

/** An `error-code` in words, for logs and error texts. @param {{ tag: string, value?: any }} code */
export const describe = ({ tag, value }) => (typeof value === "string" ? `${tag}: ${value}` : tag);
