// One instance of the component, for one request.

import { Future } from "./futures.mjs";
import { Handles, Memory } from "./memory.mjs";
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
  /** The set that the guest waits for. @type {import("./tasks.mjs").WaitableSet | null} */
  waitsFor = null;
  /** Work of the host that continues after the guest's, such as sending a body. */
  #background = [];

  /** @param {Program} program @param {Record<string, any>} env the Worker's bindings */
  constructor(program, env) {
    this.env = env;
    this.signatures = program.exports;
    const instance = new WebAssembly.Instance(program.module, program.imports);
    this.exports = instance.exports;
    this.memory = new Memory(instance.exports.memory, instance.exports.cabi_realloc);
    this.enter(() => instance.exports._initialize?.());
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
    try {
      await drive(this, this.exports[start], this.exports[callback], types.lowerAll(this, params));
    } catch (trap) {
      error = trap;
      throw trap;
    } finally {
      this.returned.fail(error);
      this.handles.dispose(error);
      this.memory.release();
    }
  }

  /**
   * Asks the task to end, unless it has returned. Rust's bindings then drop the task's futures and everything spawned, which
   * ends the operations on the host that they wait for.
   */
  cancel() {
    this.cancelling = true;
    this.waitsFor?.interrupt();
  }

  /** @param {Promise<void>} work */
  background(work) {
    this.#background.push(work);
  }

  async backgroundDone() {
    while (this.#background.length > 0) await this.#background.shift();
  }
}
