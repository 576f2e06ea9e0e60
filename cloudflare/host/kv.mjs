// spin:key-value on Workers KV. The binding is `KV`; its label in the component is "default".

import { Future } from "../abi/futures.mjs";
import { Stream } from "../abi/streams.mjs";
import { WitError } from "../abi/types.mjs";

const other = (error) => ({ tag: "other", value: String(error?.message ?? error) });

/** @template T @param {() => Promise<T>} operation @returns {Promise<T>} */
async function attempt(operation) {
  try {
    return await operation();
  } catch (error) {
    throw new WitError(other(error));
  }
}

/** A stream of all keys of a namespace; reads one page of the list at a time. */
class Keys extends Stream {
  result = new Future();
  #namespace;
  #page = [];
  #cursor = undefined;
  #wake = null;

  constructor(namespace) {
    super();
    this.#namespace = namespace;
  }

  take(max) {
    if (this.#page.length > 0) return this.#page.splice(0, max);
    if (this.result.settled) return null;
    this.#next();
    return undefined;
  }

  onReady(wake) {
    this.#wake = wake;
  }

  cancel() {
    this.result.settle({ tag: "ok" });
  }

  async #next() {
    try {
      const page = await this.#namespace.list({ cursor: this.#cursor });
      this.#page = page.keys.map(({ name }) => name);
      this.#cursor = page.cursor;
      if (page.list_complete) this.result.settle({ tag: "ok" });
      else if (this.#page.length === 0) return this.#next();
    } catch (error) {
      this.result.settle({ tag: "err", value: other(error) });
    }
    this.#wake?.();
  }
}

export const keyValue = {
  "[static]store.open"({ env }, label) {
    if (label !== "default" || !env.KV) throw new WitError({ tag: "no-such-store" });
    return { namespace: env.KV };
  },
  "[method]store.get": (_, { namespace }, key) =>
    attempt(async () => {
      const value = await namespace.get(key, "arrayBuffer");
      return value && new Uint8Array(value);
    }),
  "[method]store.set": (_, { namespace }, key, value) => attempt(() => namespace.put(key, value)),
  "[method]store.delete": (_, { namespace }, key) => attempt(() => namespace.delete(key)),
  "[method]store.exists": (_, { namespace }, key) =>
    attempt(async () => {
      const value = await namespace.get(key, "stream");
      await value?.cancel();
      return value !== null;
    }),
  "[method]store.get-keys"(_, { namespace }) {
    const keys = new Keys(namespace);
    return [keys, keys.result];
  },
};
