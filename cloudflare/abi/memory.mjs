// The guest's linear memory and its handle table.

/** Characters of a text that is stored faster by a loop than by a call of the platform. */
const SHORT = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The bytes that this isolate holds for its guests: their linear memories, and body bytes that are queued in the shim. Tests
 * read it; an isolate has 128 MB.
 */
export const held = { linear: 0, queued: 0, peak: 0 };

/** @param {"linear" | "queued"} what @param {number} bytes more, or fewer when negative */
export function hold(what, bytes) {
  held[what] += bytes;
  held.peak = Math.max(held.peak, held.linear + held.queued);
}

/** What one instance holds, apart from the instance: it can be given back when the instance is gone. */
export class Share {
  size = 0;

  /** @param {number} size in bytes */
  set(size) {
    hold("linear", size - this.size);
    this.size = size;
  }
}

export class Memory {
  share = new Share();
  #memory;
  #realloc;
  #bytes;
  #view;

  /** @param {WebAssembly.Memory} memory @param {Function} realloc the guest's `cabi_realloc` */
  constructor(memory, realloc) {
    this.#memory = memory;
    this.#realloc = realloc;
    this.#renew();
  }

  /** Returns the size in bytes now. */
  get size() {
    return this.bytes.length;
  }

  /** @returns {Uint8Array} */
  get bytes() {
    // Growing detaches every view of the old buffer: its length becomes 0.
    if (this.#bytes.length === 0) this.#renew();
    return this.#bytes;
  }

  /** @returns {DataView} */
  get view() {
    if (this.#bytes.length === 0) this.#renew();
    return this.#view;
  }

  #renew() {
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
    this.share.set(this.#bytes.length);
  }

  /** Allocates memory in the guest for a value that the guest will own. @returns {number} its address */
  allocate(size, align) {
    return size === 0 ? align : this.#realloc(0, 0, align, size) >>> 0;
  }

  /** Returns a copy, because the guest frees or reuses the memory as soon as the call returns. */
  copy(pointer, length) {
    return this.bytes.slice(pointer, pointer + length);
  }

  text(pointer, length) {
    return decoder.decode(this.bytes.subarray(pointer, pointer + length));
  }

  /** @param {Uint8Array | string} content text is stored as UTF-8 @returns {[pointer: number, length: number]} */
  store(content) {
    if (typeof content === "string") return this.#storeText(content);
    const pointer = this.allocate(content.length, 1);
    this.bytes.set(content, pointer);
    return [pointer, content.length];
  }

  /** Stores text without a copy outside of the guest as far as that has room for one byte a character, as ASCII needs. */
  #storeText(text) {
    const { length } = text;
    if (length === 0) return [1, 0];
    const pointer = this.allocate(length, 1);
    if (length <= SHORT && this.#storeAscii(text, pointer)) return [pointer, length];
    const { read, written } = encoder.encodeInto(text, this.bytes.subarray(pointer, pointer + length));
    if (read === length) return [pointer, length];
    const rest = encoder.encode(text.slice(read));
    const size = written + rest.length;
    const moved = this.#realloc(pointer, length, 1, size) >>> 0;
    this.bytes.set(rest, moved + written);
    return [moved, size];
  }

  /** Returns false at the first character that is not ASCII. */
  #storeAscii(text, pointer) {
    const { bytes } = this;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) return false;
      bytes[pointer + at] = code;
    }
    return true;
  }
}

/** A resource that a guest owns: the host's value and its WIT name. */
export class Resource {
  constructor(name, value) {
    this.name = name;
    this.value = value;
  }

  dispose() {
    this.value.dispose?.();
  }
}

/** The handle table of a guest: resources, stream and future ends, subtasks, waitable sets. */
export class Handles {
  #entries = [null];
  #free = [];

  get isEmpty() {
    return this.#free.length === this.#entries.length - 1;
  }

  /** @returns {number} never 0, which means "none" to guests */
  add(entry) {
    const handle = this.#free.pop() ?? this.#entries.length;
    this.#entries[handle] = entry;
    return handle;
  }

  /** @template T @param {number} handle @param {new (...args: any[]) => T} type @returns {T} */
  get(handle, type) {
    const entry = this.#entries[handle];
    if (!(entry instanceof type)) throw new Error(`handle ${handle} is not a ${type.name}`);
    return entry;
  }

  /** @template T @param {number} handle @param {new (...args: any[]) => T} type @returns {T} */
  remove(handle, type) {
    const entry = this.get(handle, type);
    this.#entries[handle] = null;
    this.#free.push(handle);
    return entry;
  }

  /** @param {number} handle @param {string} name */
  resource(handle, name) {
    const entry = this.get(handle, Resource);
    if (entry.name !== name) throw new Error(`handle ${handle} is a ${entry.name}, not a ${name}`);
    return entry.value;
  }

  /** Disposes everything that a guest left behind, such as upstream connections. */
  dispose(error) {
    const entries = this.#entries;
    this.#entries = [null];
    this.#free = [];
    for (const entry of entries) entry?.dispose?.(error);
  }
}
