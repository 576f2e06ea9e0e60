// Lets requests into the runtime. It answers them on one thread, each in many steps, so with thousands inside every answer is late.
// Only a limited number may wait for their response heads inside; the others wait here, where they need little.

import { setTimeout as sleep } from "node:timers/promises";

/** A request that is inside for this long does not need the thread, if that is free: Grok or the request's own client is slow. */
const LONG_MS = 100;

export class Gate {
  #limits;
  #isPrompt;
  /** When each request that counts was let in. @type {Map<object, number>} */
  #inside = new Map();
  /** What to call for each request that waits. @type {Map<object, () => void>} */
  #waiting = new Map();
  #isWatching = false;

  /**
   * @param {{ inside: number, waiting: number }} limits how many requests may be where
   * @param {() => Promise<boolean>} isPrompt whether the runtime's thread is free
   */
  constructor(limits, isPrompt) {
    this.#limits = limits;
    this.#isPrompt = isPrompt;
  }

  /**
   * Calls `go` as soon as there is room inside. Returns false if too many requests wait.
   * @param {object} request for which `leave` must be called @param {() => void} go
   */
  enter(request, go) {
    if (this.#inside.size < this.#limits.inside) {
      this.#inside.set(request, performance.now());
      go();
      return true;
    }
    if (this.#waiting.size >= this.#limits.waiting) return false;
    this.#waiting.set(request, go);
    if (!this.#isWatching) this.#watch();
    return true;
  }

  /** Makes room: the head of the response has arrived, or the request has ended. */
  leave(request) {
    this.#waiting.delete(request);
    if (this.#inside.delete(request)) this.#letIn();
  }

  #letIn() {
    for (const [request, go] of this.#waiting) {
      if (this.#inside.size >= this.#limits.inside) return;
      this.#waiting.delete(request);
      this.#inside.set(request, performance.now());
      go();
    }
  }

  /** While requests wait, those that are inside for long stop to count whenever the thread is free. */
  async #watch() {
    this.#isWatching = true;
    while (this.#waiting.size > 0) {
      await sleep(LONG_MS, undefined, { ref: false });
      const before = performance.now() - LONG_MS;
      if (!(await this.#isPrompt())) continue;
      for (const [request, since] of this.#inside) if (since <= before) this.#inside.delete(request);
      this.#letIn();
    }
    this.#isWatching = false;
  }
}
