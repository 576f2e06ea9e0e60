// Futures: one value, from the host to the guest or the other way.

import { BLOCKED, Copy, Event, Waitable } from "./tasks.mjs";

export class Future {
  /** @type {FutureWriter | null} */
  writer = null;
  /** The type that a guest writes; unknown until the host takes the reader. */
  element = undefined;
  settled = false;
  /** The guest dropped the reader: a value is no longer wanted. */
  cancelled = false;
  value = undefined;
  /** Why there will never be a value: its writer is gone. */
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

/** The readable end in the guest's hands. */
export class FutureReader extends Waitable {
  #future;
  #element;
  #pending = null;

  constructor(future, element) {
    super();
    this.#future = future;
    this.#element = element;
  }

  static give(guest, future, element) {
    const reader = new FutureReader(future, element);
    reader.handle = guest.handles.add(reader);
    return reader.handle;
  }

  handOver(element) {
    if (this.#pending) throw new Error("a future that is being read cannot be passed on");
    this.#future.element = element;
    this.#future.writer?.resume();
    return this.#future;
  }

  read(guest, pointer) {
    if (this.#pending) throw new Error("a future is being read already");
    if (this.#future.writer) throw new Error("a guest cannot read its own future");
    if (this.#future.settled) return this.#copy(guest, pointer);
    this.#pending = { guest, pointer };
    this.#future.onSettled(() => this.#resume());
    return BLOCKED;
  }

  #resume() {
    if (!this.#pending || this.notified) return;
    this.notify(() => {
      const { guest, pointer } = this.#pending;
      this.#pending = null;
      return [Event.FUTURE_READ, this.handle, this.#copy(guest, pointer)];
    });
  }

  #copy(guest, pointer) {
    this.#element?.store(guest, pointer, this.#future.value);
    return Copy.COMPLETED;
  }

  cancelRead() {
    if (!this.#pending) throw new Error("no read to cancel");
    this.#pending = null;
    this.withdraw();
    return Copy.CANCELLED;
  }

  drop() {
    if (this.#pending) this.cancelRead();
    this.join(null);
    this.#future.cancel();
  }

  dispose() {
    this.drop();
  }
}

/** The writable end in the guest's hands. */
export class FutureWriter extends Waitable {
  #future;
  #pending = null;

  constructor(future) {
    super();
    this.#future = future;
    future.writer = this;
  }

  write(guest, pointer) {
    if (this.#pending) throw new Error("a future is being written already");
    if (this.#future.cancelled || this.#future.element !== undefined) return this.#copy(guest, pointer);
    this.#pending = { guest, pointer };
    return BLOCKED;
  }

  /** The host took the reader, or the guest dropped it. */
  resume() {
    if (!this.#pending || this.notified) return;
    this.notify(() => {
      const { guest, pointer } = this.#pending;
      this.#pending = null;
      return [Event.FUTURE_WRITE, this.handle, this.#copy(guest, pointer)];
    });
  }

  #copy(guest, pointer) {
    if (this.#future.cancelled) return Copy.DROPPED;
    this.#future.settle(this.#future.element?.load(guest, pointer));
    return Copy.COMPLETED;
  }

  cancelWrite() {
    if (!this.#pending) throw new Error("no write to cancel");
    this.#pending = null;
    this.withdraw();
    return Copy.CANCELLED;
  }

  drop() {
    if (!this.#future.settled && !this.#future.cancelled) {
      throw new Error("a future was dropped before it was written");
    }
    this.join(null);
  }

  /** The guest is gone. */
  dispose(error) {
    this.#future.fail(error);
  }
}
