// The guest's linear memory and its handle table.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * What this isolate holds for its guests, in bytes: their linear memories, and
 * body bytes that wait in the shim. Tests read it; an isolate has 128 MB.
 */
export const held = { linear: 0, queued: 0, peak: 0 };

/** @param {"linear" | "queued"} what @param {number} bytes more, or fewer when negative */
export function hold(what, bytes) {
  held[what] += bytes;
  held.peak = Math.max(held.peak, held.linear + held.queued);
}

export class Memory {
  #memory;
  #realloc;
  #bytes;
  #view;

  /** @param {WebAssembly.Memory} memory @param {Function} realloc the guest's `cabi_realloc` */
  constructor(memory, realloc) {
    this.#memory = memory;
    this.#realloc = realloc;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    hold("linear", this.#bytes.length);
    this.size = this.#bytes.length;
  }

  /** @returns {Uint8Array} */
  get bytes() {
    // Growing detaches every view of the old buffer, which shows as length 0.
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
    hold("linear", this.#bytes.length - this.size);
    this.size = this.#bytes.length;
  }

  /** Space in the guest for a value that it will own. @returns {number} its address */
  allocate(size, align) {
    return size === 0 ? align : this.#realloc(0, 0, align, size) >>> 0;
  }

  /** A copy: the guest frees or reuses what it passed as soon as the call returns. */
  copy(pointer, length) {
    return this.bytes.slice(pointer, pointer + length);
  }

  text(pointer, length) {
    return decoder.decode(this.bytes.subarray(pointer, pointer + length));
  }

  /** @param {Uint8Array | string} content text is stored as UTF-8 @returns {[pointer: number, length: number]} */
  store(content) {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    const pointer = this.allocate(bytes.length, 1);
    this.bytes.set(bytes, pointer);
    return [pointer, bytes.length];
  }

  /** The guest is gone: its memory no longer counts. */
  release() {
    hold("linear", -this.size);
    this.size = 0;
  }
}

/** A resource in the guest's hands: what the host keeps for it, and its WIT name. */
export class Resource {
  constructor(name, value) {
    this.name = name;
    this.value = value;
  }

  dispose() {
    this.value.dispose?.();
  }
}

/** The one table of a guest: resources, stream and future ends, subtasks, waitable sets. */
export class Handles {
  #entries = [null];
  #free = [];

  /** @returns {number} never 0, which guests take for «none» */
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

  /** Lets go of everything a guest left behind: upstream connections end here. */
  dispose(error) {
    const entries = this.#entries;
    this.#entries = [null];
    this.#free = [];
    for (const entry of entries) entry?.dispose?.(error);
  }
}
