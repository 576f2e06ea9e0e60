// wasi:http `fields`: headers with Spin's restrictions.

import { WitError } from "../abi/types.mjs";

const decoder = new TextDecoder();

/** Names of hop-by-hop headers; wasmtime's list. */
const FORBIDDEN = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\u{10ffff}]*$/u;
const DIGITS = /^[0-9]+$/;
const LARGEST = 128 * 1024;

const refuse = (tag) => {
  throw new WitError({ tag });
};

function checkedName(name) {
  if (!NAME.test(name)) refuse("invalid-syntax");
  const lower = name.toLowerCase();
  if (FORBIDDEN.has(lower)) refuse("forbidden");
  return lower;
}

function checkedValue(name, bytes) {
  const value = decoder.decode(bytes);
  if (!VALUE.test(value)) refuse("invalid-syntax");
  if (name === "content-length" && !DIGITS.test(value)) refuse("invalid-syntax");
  return value;
}

export class Fields {
  /** @type {[name: string, value: string][]} lower-case names */
  entries;
  immutable = false;
  #size = 0;

  constructor(entries = []) {
    this.entries = entries;
    for (const [name, value] of entries) this.#size += name.length + value.length;
  }

  /**
   * Returns the headers of an incoming message, without hop-by-hop headers.
   * @param {Headers} headers @param {(name: string) => boolean} [leavesOut] which others to leave out
   */
  static incoming(headers, leavesOut = () => false) {
    const entries = [];
    // An iterator takes twice as long.
    headers.forEach((value, name) => {
      if (!FORBIDDEN.has(name) && !leavesOut(name)) entries.push([name, value]);
    });
    return new Fields(entries).frozen();
  }

  frozen() {
    this.immutable = true;
    return this;
  }

  /** @param {string} name @returns {string[]} */
  get(name) {
    const lower = name.toLowerCase();
    return this.entries.filter(([known]) => known === lower).map(([, value]) => value);
  }

  /** Returns the announced length of the body, null without one that is a number. @returns {number | null} */
  get contentLength() {
    const [, value] = this.entries.find(([name]) => name === "content-length") ?? [];
    return /^\d+$/.test(value) ? Number(value) : null;
  }

  /** @returns {Headers} */
  toHeaders() {
    const headers = new Headers();
    for (const [name, value] of this.entries) headers.append(name, value);
    return headers;
  }

  append(name, value) {
    if (this.immutable) refuse("immutable");
    this.#size += name.length + value.length;
    if (this.#size > LARGEST) refuse("size-exceeded");
    this.entries.push([name, value]);
  }

  /** Removes a header. @returns {string[]} its values */
  remove(name) {
    if (this.immutable) refuse("immutable");
    const values = this.get(name);
    this.entries = this.entries.filter(([known]) => known !== name);
    for (const value of values) this.#size -= name.length + value.length;
    return values;
  }
}

export const fields = {
  "[constructor]fields": () => new Fields(),
  "[static]fields.from-list"(_, list) {
    const made = new Fields();
    for (const [name, value] of list) {
      const checked = checkedName(name);
      made.append(checked, checkedValue(checked, value));
    }
    return made;
  },
  "[method]fields.get": (_, self, name) => self.get(name),
  "[method]fields.has": (_, self, name) => self.get(name).length > 0,
  "[method]fields.set"(_, self, name, values) {
    const checked = checkedName(name);
    const texts = values.map((value) => checkedValue(checked, value));
    self.remove(checked);
    for (const text of texts) self.append(checked, text);
  },
  "[method]fields.delete": (_, self, name) => void self.remove(checkedName(name)),
  "[method]fields.get-and-delete": (_, self, name) => self.remove(checkedName(name)),
  "[method]fields.append"(_, self, name, value) {
    const checked = checkedName(name);
    self.append(checked, checkedValue(checked, value));
  },
  "[method]fields.copy-all": (_, self) => self.entries,
  "[method]fields.clone": (_, self) => new Fields([...self.entries]),
};
