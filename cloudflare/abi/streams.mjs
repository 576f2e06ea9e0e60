// Streams. A host stream is read by the guest; a pipe is written by the guest
// and read by the host. A stream that the guest got from the host and passes
// back arrives as the very object that went out, so its bytes can be connected
// without touching guest memory.

import { End } from "./ends.mjs";
import { hold } from "./memory.mjs";
import { BLOCKED, Copy, Event } from "./tasks.mjs";

/** Bytes waiting in a pipe beyond which the guest has to wait. */
const HIGH_WATER = 64 * 1024;
/** At most so much is taken from one write, whatever its size. */
const LARGEST_COPY = 256 * 1024;

/** What the guest or the host reads from. */
export class Stream {
  /**
   * Up to `max` items, at least one unless `max` is 0.
   * @returns {Uint8Array | any[] | undefined | null} undefined: none yet; null: the stream has ended
   */
  take(max) {
    throw new Error(`take(${max}) is not implemented`);
  }

  /** Calls back once when `take` may answer differently. @param {() => void} wake */
  onReady(wake) {
    throw new Error(`onReady(${wake}) is not implemented`);
  }

  /** Nobody will read on. */
  cancel() {}
}

/** A stream whose items are all there already. */
export class Items extends Stream {
  #items;
  #at = 0;

  constructor(items) {
    super();
    this.#items = items;
  }

  take(max) {
    if (this.#at >= this.#items.length) return null;
    const from = this.#at;
    this.#at = Math.min(this.#items.length, from + max);
    return this.#items.slice(from, this.#at);
  }
}

/** Bytes that a guest writes. */
export class Pipe extends Stream {
  /** @type {StreamWriter | null} */
  writer = null;
  /** The host reads; until then the guest may only offer. */
  #open = false;
  #ended = false;
  #cancelled = false;
  #error = null;
  #chunks = [];
  #size = 0;
  #wake = null;

  get cancelled() {
    return this.#cancelled;
  }

  get ended() {
    return this.#ended;
  }

  get hasRoom() {
    return this.#open && this.#size < HIGH_WATER;
  }

  open() {
    this.#open = true;
    this.writer?.resume();
  }

  push(chunk) {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    hold("queued", chunk.length);
    this.#notify();
  }

  end() {
    this.#ended = true;
    this.#notify();
  }

  /** What was read from here must not look complete. */
  fail(error) {
    this.#error = error;
    this.#drain();
    this.#notify();
  }

  cancel() {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#drain();
    this.writer?.resume();
    this.#notify();
  }

  take(max) {
    if (this.#error) throw this.#error;
    if (max < this.#size) return this.#takePart(max);
    if (this.#size === 0) return this.#ended || this.#cancelled ? null : undefined;
    const chunks = this.#drain();
    this.writer?.resume();
    return chunks.length === 1 ? chunks[0] : concat(chunks);
  }

  onReady(wake) {
    this.#wake = wake;
  }

  #takePart(max) {
    const [first] = this.#chunks;
    const part = first.subarray(0, max);
    if (part.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(max);
    this.#size -= part.length;
    hold("queued", -part.length);
    if (this.hasRoom) this.writer?.resume();
    return part;
  }

  #drain() {
    const chunks = this.#chunks;
    this.#chunks = [];
    hold("queued", -this.#size);
    this.#size = 0;
    return chunks;
  }

  #notify() {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}

function concat(chunks) {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** The readable end in the guest's hands. */
export class StreamReader extends End {
  #stream;
  #element;

  constructor(stream, element) {
    super(Event.STREAM_READ, "a stream is being read");
    this.#stream = stream;
    this.#element = element;
  }

  static give(guest, stream, element) {
    const reader = new StreamReader(stream, element);
    reader.handle = guest.handles.add(reader);
    return reader.handle;
  }

  /** The guest passes the stream to the host. */
  handOver(element) {
    if (this.waits) throw new Error("a stream that is being read cannot be passed on");
    if (this.#stream instanceof Pipe) {
      // The shim copies bytes only; no import of the gateway takes another stream.
      if (element.size !== 1) throw new Error("only byte streams can be passed to the host");
      this.#stream.open();
    }
    return this.#stream;
  }

  read(guest, pointer, length) {
    this.assertIdle();
    if (this.#stream instanceof Pipe) throw new Error("a guest cannot read its own stream");
    const code = this.copy(guest, pointer, length);
    if (code !== BLOCKED) return code;
    this.#stream.onReady(() => this.resume());
    return this.waitWith(guest, pointer, length);
  }

  copy(guest, pointer, length) {
    const items = this.#stream.take(length);
    if (items === undefined) return BLOCKED;
    if (items === null) return Copy.DROPPED;
    if (items instanceof Uint8Array) guest.memory.bytes.set(items, pointer);
    else items.forEach((item, at) => this.#element.store(guest, pointer + at * this.#element.size, item));
    return (items.length << 4) | Copy.COMPLETED;
  }

  drop() {
    this.leave();
    this.#stream.cancel();
  }

  dispose() {
    this.drop();
  }
}

/** The writable end in the guest's hands. */
export class StreamWriter extends End {
  #pipe;

  constructor(pipe) {
    super(Event.STREAM_WRITE, "a stream is being written");
    this.#pipe = pipe;
    // Resumed when the host has room, or has left.
    pipe.writer = this;
  }

  write(guest, pointer, length) {
    this.assertIdle();
    if (this.#pipe.cancelled || this.#pipe.hasRoom) return this.copy(guest, pointer, length);
    return this.waitWith(guest, pointer, length);
  }

  copy(guest, pointer, length) {
    if (this.#pipe.cancelled) return Copy.DROPPED;
    const count = Math.min(length, LARGEST_COPY);
    if (count > 0) this.#pipe.push(guest.memory.copy(pointer, count));
    return (count << 4) | Copy.COMPLETED;
  }

  drop() {
    this.leave();
    this.#pipe.end();
  }

  /** The guest is gone and had not finished. */
  dispose(error) {
    this.leave();
    this.#pipe.fail(error);
  }
}
