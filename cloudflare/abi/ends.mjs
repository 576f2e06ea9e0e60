// The base of the four kinds of stream and future ends that a guest owns. An end has at most one copy in progress; the copy
// may wait, and can be cancelled until its event is delivered.

import { BLOCKED, Copy, Waitable } from "./tasks.mjs";

export class End extends Waitable {
  #event;
  #copying;
  /** Guest, pointer and length of a waiting copy. */
  #pending = null;

  /**
   * @param {number} event the code of the event that reports a finished copy
   * @param {string} copying for errors: "a stream is being read"
   */
  constructor(event, copying) {
    super();
    this.#event = event;
    this.#copying = copying;
  }

  get waits() {
    return this.#pending !== null;
  }

  assertIdle() {
    if (this.#pending) throw new Error(`${this.#copying} already`);
  }

  /** @param {any[]} place as `copy` takes it */
  waitWith(...place) {
    this.#pending = place;
    return BLOCKED;
  }

  /** Resumes the waiting copy. */
  resume() {
    if (!this.#pending || this.notified) return;
    this.notify(() => {
      const place = this.#pending;
      this.#pending = null;
      return [this.#event, this.handle, this.copy(...place)];
    });
  }

  /** @returns {number} the code of a finished copy */
  copy(...place) {
    throw new Error(`copy(${place}) is not implemented`);
  }

  /** Cancels the waiting copy. Nothing is lost: the next copy gets the data. */
  cancelCopy() {
    if (!this.#pending) throw new Error("no copy to cancel");
    this.#pending = null;
    this.withdraw();
    return Copy.CANCELLED;
  }

  /** Detaches the end. */
  leave() {
    if (this.#pending) this.cancelCopy();
    this.join(null);
  }
}
