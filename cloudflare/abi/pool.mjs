// The instances of a component in this isolate. An instance serves one request at a time, and another one only if nothing of
// the last is left. All that JavaScript knows of a request is in its `Guest`. The bytes of all instances are limited.

import { Guest } from "./guest.mjs";
import { held, Memory } from "./memory.mjs";

/** An isolate has 128 MB; the rest is for code and JavaScript's objects. */
const BYTES = 96 << 20;
/** How many instances wait for requests; the memory of more would be missing for a large one. */
const KEPT = 16;
/** How large an instance may become, in multiples of its first size, and be used again: memory never shrinks. */
const GROWTH = 1.25;
/** What an instance grows by for its request's body, in multiples of its length: the bytes, the text, and what goes to Grok. */
const COPIES = 4;
/** The bytes of a body that count at most: a picture takes a fifth of an isolate, and must be admitted beside chats. */
const LARGEST_COUNTED = 1 << 20;
/** How often an instance is used, so that what a fault of its code leaves behind stays small. */
export const USES = 1_000;

/**
 * Returns the limits in an environment. Only the local server and tests set any.
 * @param {Record<string, any>} env @returns {{ bytes: number, kept: number }}
 */
export const limitsOf = ({ GUEST_MEMORY_MB, GUESTS_KEPT }) => ({
  bytes: GUEST_MEMORY_MB === undefined ? BYTES : Number(GUEST_MEMORY_MB) * 2 ** 20,
  kept: GUESTS_KEPT === undefined ? KEPT : Number(GUESTS_KEPT),
});

/** An instance of the core module, with its memory. */
export class Instance {
  uses = 0;

  /** @param {import("./guest.mjs").Program} program */
  constructor(program) {
    const { exports } = new WebAssembly.Instance(program.module, program.imports);
    this.exports = exports;
    this.memory = new Memory(exports.memory, exports.cabi_realloc);
    // Not as a part of the first request, because the instance outlives that.
    const starter = new Guest(program, this, {});
    starter.enter(() => exports._initialize?.());
    if (!starter.handles.isEmpty) throw new Error("the component holds a handle before its first request");
    /** The largest size at which it is used again, in bytes. */
    this.limit = this.memory.size * GROWTH;
  }
}

export class Pool {
  #program;
  /** The instances that wait. The last one is used next, because its memory is most likely in the processor's caches. */
  #idle = [];
  /** The limit of the last instance made: what one may need. */
  #need = 0;
  /** The shares of instances that serve a request, and what each may need. @type {Map<import("./memory.mjs").Share, number>} */
  #busy = new Map();
  /** If the platform cuts a request off, none of its promises settles: its share is released when it is collected as garbage. */
  #lost = new FinalizationRegistry((share) => this.#release(share));

  /** @param {import("./guest.mjs").Program} program */
  constructor(program) {
    this.#program = program;
  }

  get idle() {
    return this.#idle.length;
  }

  /**
   * Returns the guest of a new request, for which `give` must be called when it has ended; null without room for another instance.
   * @param {Record<string, any>} env the Worker's bindings @param {number} bytes the most that all guests may hold
   * @param {number} body the announced length of the request's body, in bytes
   */
  take(env, bytes, body = 0) {
    const growth = COPIES * Math.min(body, LARGEST_COUNTED);
    const room = this.#busy.size === 0 ? bytes : bytes - growth;
    // One that waits needs no room, unless the body makes it grow.
    const needsRoom = growth > 0 || this.#idle.length === 0;
    if (needsRoom && !this.#hasRoom(room)) return null;
    const instance = this.#idle.pop() ?? this.#make();
    this.#busy.set(instance.memory.share, this.#need + growth);
    return new Guest(this.#program, instance, env);
  }

  /**
   * Takes an instance back, or drops it.
   * @param {Guest} guest that has ended @param {number} kept how many instances may wait
   */
  give({ instance, isOver }, kept) {
    instance.uses += 1;
    const isUsable = isOver && instance.memory.size <= instance.limit && instance.uses < USES;
    if (!isUsable || this.#idle.length >= kept) return this.#release(instance.memory.share);
    this.#busy.delete(instance.memory.share);
    this.#idle.push(instance);
  }

  #make() {
    const instance = new Instance(this.#program);
    this.#need = instance.limit;
    this.#lost.register(instance, instance.memory.share);
    return instance;
  }

  /** Is there room for the next instance and those that go on waiting? Each that serves a request may still grow to what it needs. */
  #hasRoom(bytes) {
    let sum = Math.max(this.#idle.length, 1) * this.#need + held.queued;
    for (const [{ size }, need] of this.#busy) sum += Math.max(size, need);
    return sum <= bytes;
  }

  #release(share) {
    share.set(0);
    this.#busy.delete(share);
  }
}
