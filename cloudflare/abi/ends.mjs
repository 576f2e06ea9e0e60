// What the four ends of streams and futures in the guest's hands share: at most one copy is under way, it may
// wait, and it can be cancelled until its event is delivered.

import { BLOCKED, Copy, Waitable } from "./tasks.mjs";

export class End extends Waitable {
  #event;
  #copying;
  /** Guest, pointer and length of a copy that waits. */
  #pending = null;

  /**
   * @param {number} event what tells the guest that its copy is done
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

  /** Now `copy` can go on. */
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

  /** Nothing was copied yet, and nothing is lost: the next copy gets it. */
  cancelCopy() {
    if (!this.#pending) throw new Error("no copy to cancel");
    this.#pending = null;
    this.withdraw();
    return Copy.CANCELLED;
  }

  /** Takes no part in anything any more. */
  leave() {
    if (this.#pending) this.cancelCopy();
    this.join(null);
  }
}
