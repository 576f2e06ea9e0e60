// One request: everything of it that imports need. Its instance serves others after it.

import { Future } from "./futures.mjs";
import { Handles } from "./memory.mjs";
import { drive } from "./tasks.mjs";

/** The guest whose code is on the stack. Only a guest's code calls imports. */
let running = null;

/** @returns {Guest} */
export function current() {
  return running;
}

/**
 * A component ready to be instantiated.
 * @typedef {{ module: WebAssembly.Module, imports: WebAssembly.Imports, exports: Record<string, any> }} Program
 */

export class Guest {
  handles = new Handles();
  /** The only slot of task-local storage, where the guest's runtime stores its state. */
  context = 0;
  /** The result of the exported function; settles before the task ends. */
  returned = new Future();
  /** Whether the next event is the task's cancellation, unless the task returns before. */
  cancelling = false;
  /** Whether the request was cancelled, or its client or another reader left. */
  interrupted = false;
  /** Whether the request has ended and left nothing, so that its instance can serve another one. */
  isOver = false;
  /** The set that the guest waits for. @type {import("./tasks.mjs").WaitableSet | null} */
  waitsFor = null;
  /** Unlike `interrupted`, not set when another reader has left, such as Grok. */
  #clientLeft = false;
  /** The body of the response. @type {import("./streams.mjs").Stream | null} */
  #body = null;
  /** Work of the host that continues after the guest's, such as sending a body. */
  #background = [];

  /**
   * @param {Program} program
   * @param {import("./pool.mjs").Instance} instance that no other request uses now
   * @param {Record<string, any>} env the Worker's bindings
   */
  constructor(program, instance, env) {
    this.env = env;
    this.signatures = program.exports;
    this.instance = instance;
    this.memory = instance.memory;
  }

  /** @template T @param {() => T} run @returns {T} */
  enter(run) {
    const outer = running;
    running = this;
    try {
      return run();
    } finally {
      running = outer;
    }
  }

  /**
   * Calls an exported function. Its result settles `returned`; the promise settles when the whole task has ended, including
   * everything that the guest spawned.
   * @param {string} name @param {any[]} params
   */
  async run(name, params) {
    const { start, callback, params: types } = this.signatures[name];
    let error = new Error("the guest ended without finishing what it began");
    const { exports } = this.instance;
    try {
      await drive(this, exports[start], exports[callback], types.lowerAll(this, params));
      this.isOver = !this.interrupted && this.returned.settled && this.context === 0 && this.handles.isEmpty;
    } catch (trap) {
      error = trap;
      throw trap;
    } finally {
      this.returned.fail(error);
      this.handles.dispose(error);
      // From here on the instance may belong to another request.
      this.memory = null;
    }
  }

  /**
   * Asks the task to end, unless it has returned. Rust's bindings then drop the task's futures and everything spawned, which
   * ends the operations on the host that they wait for. If the task has returned, its response's body is cancelled.
   */
  cancel() {
    this.cancelling = true;
    this.interrupted = true;
    this.#clientLeft = true;
    this.waitsFor?.interrupt();
    this.#body?.cancel();
  }

  /**
   * Keeps the body of the response, if there is one, to cancel it when the client leaves: the guest then notices it one write
   * earlier than from the stream to the client.
   * @param {import("./streams.mjs").Stream | null} body
   */
  answersWith(body) {
    this.#body = body;
    if (this.#clientLeft) body?.cancel();
  }

  /** @param {Promise<void>} work */
  background(work) {
    this.#background.push(work);
  }

  async backgroundDone() {
    while (this.#background.length > 0) await this.#background.shift();
  }
}
