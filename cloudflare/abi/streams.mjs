// Streams. The guest reads a host stream; the guest writes a pipe and the host reads it. If the guest passes a stream of the
// host back, the host gets the same object, so it can connect the bytes without guest memory.

import { End } from "./ends.mjs";
import { hold } from "./memory.mjs";
import { BLOCKED, Copy, Event } from "./tasks.mjs";

/** The queued bytes of a pipe above which a guest's write waits. */
const HIGH_WATER = 64 * 1024;
/** The most bytes that are copied from one write. */
const LARGEST_COPY = 256 * 1024;

/** The source of a stream, which the guest or the host reads. */
export class Stream {
  /**
   * Takes up to `max` items, at least one unless `max` is 0.
   * @returns {Uint8Array | any[] | undefined | null} undefined: not ready; null: the stream has ended
   */
  take(max) {
    throw new Error(`take(${max}) is not implemented`);
  }

  /** Calls `wake` once when `take` may return something else. @param {() => void} wake */
  onReady(wake) {
    throw new Error(`onReady(${wake}) is not implemented`);
  }

  /** Called when the reader stops before the end. */
  cancel() {}
}

/** A stream with all its items available. */
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

/** A stream of bytes that a guest writes and the host reads. */
export class Pipe extends Stream {
  /** @type {StreamWriter | null} */
  writer = null;
  /** Whether the host has taken the reader; until then writes wait. */
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

  /** Fails the stream, so that the bytes read so far do not look complete. */
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

/** The readable end of a guest. */
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

  /** Passes the stream from the guest to the host. */
  handOver(element) {
    if (this.waits) throw new Error("a stream that is being read cannot be passed on");
    if (this.#stream instanceof Pipe) {
      // The shim copies only bytes; no import of the gateway takes another kind of stream.
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

/** The writable end of a guest. */
export class StreamWriter extends End {
  #pipe;

  constructor(pipe) {
    super(Event.STREAM_WRITE, "a stream is being written");
    this.#pipe = pipe;
    // Resumes when the host has room, or stops reading.
    pipe.writer = this;
  }

  write(guest, pointer, length) {
    this.assertIdle();
    if (this.#pipe.cancelled || this.#pipe.hasRoom) return this.copy(guest, pointer, length);
    return this.waitWith(guest, pointer, length);
  }

  copy(guest, pointer, length) {
    if (this.#pipe.cancelled) {
      guest.interrupted = true;
      return Copy.DROPPED;
    }
    const count = Math.min(length, LARGEST_COPY);
    if (count > 0) this.#pipe.push(guest.memory.copy(pointer, count));
    return (count << 4) | Copy.COMPLETED;
  }

  drop() {
    this.leave();
    this.#pipe.end();
  }

  /** Called when the guest has ended before it finished the stream. */
  dispose(error) {
    this.leave();
    this.#pipe.fail(error);
  }
}
