// Futures: one value, from the host to the guest or from the guest to the host.

import { End } from "./ends.mjs";
import { Copy, Event } from "./tasks.mjs";

export class Future {
  /** @type {FutureWriter | null} */
  writer = null;
  /** The type of a guest's value; unknown until the host takes the reader. */
  element = undefined;
  settled = false;
  /** Whether the guest dropped the reader, so that the value is not needed. */
  cancelled = false;
  value = undefined;
  /** The error if the writer was dropped without a value. */
  error = null;
  #waiting = [];

  /** @param {any} value */
  static of(value) {
    const future = new Future();
    future.settle(value);
    return future;
  }

  settle(value) {
    if (this.settled || this.error) return;
    this.settled = true;
    this.value = value;
    this.#wakeAll();
  }

  fail(error) {
    if (this.settled || this.error) return;
    this.error = error;
    this.#wakeAll();
  }

  #wakeAll() {
    for (const wake of this.#waiting) wake();
    this.#waiting = [];
  }

  /** @param {() => void} wake */
  onSettled(wake) {
    if (this.settled || this.error) wake();
    else this.#waiting.push(wake);
  }

  /** @returns {Promise<any>} */
  async wait() {
    await new Promise((resolve) => this.onSettled(resolve));
    if (this.error) throw this.error;
    return this.value;
  }

  cancel() {
    this.cancelled = true;
    this.writer?.resume();
  }
}

/** The readable end of a guest. */
export class FutureReader extends End {
  #future;
  #element;

  constructor(future, element) {
    super(Event.FUTURE_READ, "a future is being read");
    this.#future = future;
    this.#element = element;
  }

  static give(guest, future, element) {
    const reader = new FutureReader(future, element);
    reader.handle = guest.handles.add(reader);
    return reader.handle;
  }

  handOver(element) {
    if (this.waits) throw new Error("a future that is being read cannot be passed on");
    this.#future.element = element;
    this.#future.writer?.resume();
    return this.#future;
  }

  read(guest, pointer) {
    this.assertIdle();
    if (this.#future.writer) throw new Error("a guest cannot read its own future");
    if (this.#future.settled) return this.copy(guest, pointer);
    this.#future.onSettled(() => this.resume());
    return this.waitWith(guest, pointer);
  }

  copy(guest, pointer) {
    this.#element?.store(guest, pointer, this.#future.value);
    return Copy.COMPLETED;
  }

  drop() {
    this.leave();
    this.#future.cancel();
  }

  dispose() {
    this.drop();
  }
}

/** The writable end of a guest. */
export class FutureWriter extends End {
  #future;

  constructor(future) {
    super(Event.FUTURE_WRITE, "a future is being written");
    this.#future = future;
    // Resumes when the host takes the reader, or the guest drops it.
    future.writer = this;
  }

  write(guest, pointer) {
    this.assertIdle();
    if (this.#future.cancelled || this.#future.element !== undefined) return this.copy(guest, pointer);
    return this.waitWith(guest, pointer);
  }

  copy(guest, pointer) {
    if (this.#future.cancelled) return Copy.DROPPED;
    this.#future.settle(this.#future.element?.load(guest, pointer));
    return Copy.COMPLETED;
  }

  drop() {
    if (!this.#future.settled && !this.#future.cancelled) {
      throw new Error("a future was dropped before it was written");
    }
    this.leave();
  }

  /** Called when the guest has ended. */
  dispose(error) {
    this.#future.fail(error);
  }
}
