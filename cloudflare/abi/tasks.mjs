// Waitables, subtasks, and the loop that drives a callback-style export.

export const BLOCKED = -1;
/** The result of a stream or future copy; streams add `count << 4`. */
export const Copy = { COMPLETED: 0, DROPPED: 1, CANCELLED: 2 };
export const Event = { NONE: 0, SUBTASK: 1, STREAM_READ: 2, STREAM_WRITE: 3, FUTURE_READ: 4, FUTURE_WRITE: 5, TASK_CANCELLED: 6 };

/** @typedef {[code: number, handle: number, payload: number]} EventTuple */

/** A base class for everything that a guest can wait for. */
export class Waitable {
  /** @type {WaitableSet | null} */
  #set = null;
  /** @type {(() => EventTuple) | null} */
  #event = null;
  handle = 0;

  /**
   * Announces an event. `event` runs when the event is delivered, so it writes to guest memory as late as possible, and
   * never after a cancellation.
   * @param {() => EventTuple} event
   */
  notify(event) {
    this.#event = event;
    this.#set?.add(this);
  }

  get notified() {
    return this.#event !== null;
  }

  /** @returns {EventTuple} */
  deliver() {
    const event = this.#event;
    this.withdraw();
    return event();
  }

  /** Takes an undelivered event back. */
  withdraw() {
    this.#event = null;
    this.#set?.delete(this);
  }

  /** @param {WaitableSet | null} set */
  join(set) {
    this.#set?.delete(this);
    this.#set = set;
    if (this.#event) set?.add(this);
  }
}

/** A set of waitables; keeps their events in order of arrival. */
export class WaitableSet {
  #ready = new Set();
  #wake = null;

  add(waitable) {
    this.#ready.add(waitable);
    this.#wake?.();
  }

  delete(waitable) {
    this.#ready.delete(waitable);
  }

  /** @returns {EventTuple | null} */
  poll() {
    for (const waitable of this.#ready) return waitable.deliver();
    return null;
  }

  /** Resolves when an event can be polled, or at `interrupt`. */
  wait() {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
    });
  }

  interrupt() {
    this.#wake?.();
  }

  get empty() {
    return this.#ready.size === 0;
  }
}

/** The subtask states of the canonical ABI that this shim uses. */
export const Subtasks = { STARTED: 1, RETURNED: 2, CANCELLED: 4 };

/** A running host operation, with a function that ends it early. */
export class Pending {
  /** @param {Promise<any>} promise @param {() => void} cancel */
  constructor(promise, cancel) {
    this.promise = promise;
    this.cancel = cancel;
  }
}

/** An asynchronous import call that did not finish immediately. */
export class Subtask extends Waitable {
  #finish = null;
  #done = false;
  #cancel;

  /** @param {Pending} pending @param {(value: any) => void} store writes the result to the guest */
  constructor(pending, store) {
    super();
    this.#cancel = pending.cancel;
    const settle = (finish) => {
      if (this.#done) return;
      this.#finish = finish;
      this.notify(() => [Event.SUBTASK, this.handle, this.#return()]);
    };
    pending.promise.then(
      (value) => settle(() => store(value)),
      (error) => settle(() => { throw error; }),
    );
  }

  #return() {
    this.#done = true;
    this.#finish();
    return Subtasks.RETURNED;
  }

  /** Cancels the call and returns its state; a result that has arrived still counts. */
  cancel() {
    this.withdraw();
    if (this.#finish && !this.#done) return this.#return();
    this.#done = true;
    this.#cancel();
    return Subtasks.CANCELLED;
  }

  /** Ends the operation, and disposes a result that did not reach the guest: a response's body, an open socket. */
  dispose() {
    if (!this.#done) this.#cancel();
    this.#done = true;
    this.withdraw();
  }
}

const Callback = { EXIT: 0, YIELD: 1, WAIT: 2 };
/** Lets timers and sockets run while a guest yields repeatedly. */
const YIELDS_IN_A_ROW = 16;

/**
 * Runs an async-lifted export to its end.
 * @param {import("./guest.mjs").Guest} guest
 * @param {(...core: number[]) => number} start
 * @param {(event: number, handle: number, payload: number) => number} callback
 * @param {number[]} params
 */
export async function drive(guest, start, callback, params) {
  let code = guest.enter(() => start(...params));
  for (let yields = 1; ; yields++) {
    const action = code & 0xf;
    if (action === Callback.EXIT) return;
    let poll = () => [Event.NONE, 0, 0];
    if (action === Callback.WAIT) {
      poll = await nextEvent(guest, guest.handles.get(code >>> 4, WaitableSet));
      yields = 0;
    } else if (action !== Callback.YIELD) {
      throw new Error(`a callback returned the unknown code ${action}`);
    } else if (yields % YIELDS_IN_A_ROW === 0) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    code = guest.enter(() => {
      const [event, handle, payload] = poll();
      return callback(event, handle, payload);
    });
  }
}

/** Waits for an event of the set. A cancellation comes first, once, and only if the guest has not returned. */
async function nextEvent(guest, set) {
  const isCancelled = () => guest.cancelling && !guest.returned.settled;
  guest.waitsFor = set;
  while (set.empty && !isCancelled()) await set.wait();
  guest.waitsFor = null;
  if (!isCancelled()) return () => set.poll();
  guest.cancelling = false;
  return () => [Event.TASK_CANCELLED, 0, 0];
}
