// Message bodies between JavaScript streams and the guest.

import { hold } from "../abi/memory.mjs";
import { Future } from "../abi/futures.mjs";
import { Pipe, Stream } from "../abi/streams.mjs";
import { describe, errorCode, Timeout } from "./errors.mjs";

/** The most bytes that one read returns. A buffer of 64 KiB would take about 10 µs to make, for each body. */
const READ_SIZE = 16 * 1024;

/** An incoming body: the guest reads it, or passes it on unread. */
export class IncomingBody extends Stream {
  /** Settles after the last byte. Workers receive no trailers, but errors. */
  trailers = new Future();
  #readable;
  #reader = null;
  #buffer = null;
  #chunk = null;
  #filling = false;
  #wake = null;
  #size;
  #idle;

  /**
   * @param {ReadableStream | null} readable @param {number | null} length of the body in bytes, if that is known
   * @param {number | null} idle the idle timeout between bytes, in ms
   */
  constructor(readable, length, idle = null) {
    super();
    this.#readable = readable;
    this.#size = Math.min(length || READ_SIZE, READ_SIZE);
    this.#idle = idle;
    if (readable === null) this.#end({ tag: "ok", value: null });
  }

  take(max) {
    if (this.#chunk === null) {
      if (this.trailers.settled) return null;
      if (!this.#filling) this.#fill();
      return undefined;
    }
    const part = this.#chunk.subarray(0, max);
    this.#chunk = this.#chunk.subarray(part.length);
    if (this.#chunk.length === 0) {
      this.#buffer = this.#chunk.buffer;
      this.#chunk = null;
    }
    return part;
  }

  onReady(wake) {
    this.#wake = wake;
  }

  cancel() {
    if (this.trailers.settled) return;
    this.#end({ tag: "ok", value: null });
    // A body that was passed on has neither: its pipe ends by itself.
    (this.#reader ?? this.#readable)?.cancel().catch(() => {});
  }

  /**
   * Sends the rest of the body without the guest. Rejects if either side fails.
   * @param {WritableStream} writable
   */
  async connect(writable) {
    if (this.#reader || this.#idle !== null || this.trailers.settled) {
      return pump(this, this.trailers, writable);
    }
    const readable = this.#readable;
    this.#readable = null;
    try {
      await readable.pipeTo(writable);
      this.#end({ tag: "ok", value: null });
    } catch (error) {
      this.#end({ tag: "err", value: errorCode(error) });
      throw error;
    }
  }

  async #fill() {
    this.#filling = true;
    if (this.#reader === null) {
      this.#reader = this.#readable.getReader({ mode: "byob" });
      this.#buffer = new ArrayBuffer(this.#size);
      hold("queued", this.#size);
    }
    try {
      const { value, done } = await this.#read();
      if (done) this.#end({ tag: "ok", value: null });
      else this.#chunk = value;
    } catch (error) {
      this.#end({ tag: "err", value: errorCode(error) });
    }
    this.#filling = false;
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  async #read() {
    const reading = this.#reader.read(new Uint8Array(this.#buffer));
    if (this.#idle === null) return reading;
    let timer;
    const silence = new Promise((_, reject) => {
      timer = setTimeout(() => {
        reject(new Timeout("connection-read-timeout"));
        this.#reader.cancel().catch(() => {});
      }, this.#idle);
    });
    try {
      return await Promise.race([reading, silence]);
    } finally {
      clearTimeout(timer);
    }
  }

  #end(result) {
    if (this.trailers.settled) return;
    if (this.#reader) hold("queued", -this.#size);
    this.trailers.settle(result);
  }
}

/** Throws unless a body has ended without an error. @param {{ tag: string, value: any }} end the value of its trailers future */
function checkEnd({ tag, value }) {
  if (tag === "err") throw new Error(`the body failed: ${describe(value)}`);
  if (value && value.entries.length > 0) throw new Error("trailers cannot be sent from Cloudflare Workers");
}

/** Copies a stream to a JavaScript stream; writes all available bytes at once. */
async function pump(stream, trailers, writable) {
  const writer = writable.getWriter();
  // A write rejects after the client has disconnected. Without a write the disconnection is not noticed.
  writer.closed.catch(() => {});
  try {
    for (;;) {
      const chunk = stream.take(Infinity);
      if (chunk === null) break;
      if (chunk === undefined) await new Promise((resolve) => stream.onReady(resolve));
      else await send(writer, chunk);
    }
    checkEnd(await trailers.wait());
    await writer.close();
  } catch (error) {
    stream.cancel();
    writer.abort(error).catch(() => {});
    throw error;
  }
}

async function send(writer, chunk) {
  hold("queued", chunk.length);
  try {
    await writer.write(chunk);
  } finally {
    hold("queued", -chunk.length);
  }
}

/**
 * Returns a guest's body for `fetch` and `Response`: bytes if the body is complete, else a stream. `sent` settles when the
 * body has ended, and may reject.
 * @param {{ contents: Stream | null, trailers: Future, headers: import("./fields.mjs").Fields }} message
 * @returns {{ body: Uint8Array | ReadableStream | null, sent: Promise<void> }}
 */
export function outgoing({ contents, trailers, headers }) {
  if (contents === null) return { body: null, sent: Promise.resolve() };
  const length = headers.contentLength;
  if (contents instanceof Pipe && contents.ended && trailers.settled) {
    return { body: whole(contents, trailers.value, length), sent: Promise.resolve() };
  }
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(length);
  const sent =
    contents instanceof IncomingBody ? contents.connect(writable) : pump(contents, trailers, writable);
  return { body: readable, sent };
}

/** Waits for the end of a body; throws unless it is empty. @param {Stream} stream */
export async function assertEmpty(stream) {
  for (;;) {
    const chunk = stream.take(Infinity);
    if (chunk === null) return;
    if (chunk?.length > 0) throw new Error("GET and HEAD requests have no body on Workers");
    await new Promise((resolve) => stream.onReady(resolve));
  }
}

function whole(pipe, end, length) {
  const body = pipe.take(Infinity) ?? new Uint8Array(0);
  checkEnd(end);
  if (length !== null && length !== body.length) {
    throw new Error(`content-length is ${length}, but the body has ${body.length} bytes`);
  }
  return body;
}
