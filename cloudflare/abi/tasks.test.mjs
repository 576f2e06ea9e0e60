// Waitables, subtasks and the callback loop.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Handles } from "./memory.mjs";
import { drive, Event, Pending, Subtask, Subtasks, Waitable, WaitableSet } from "./tasks.mjs";

const never = new Promise(() => {});

/** A guest of JavaScript functions. */
const guest = () => ({ handles: new Handles(), enter: (run) => run() });

test("a set gives events in the order they came, each once", () => {
  const set = new WaitableSet();
  const [first, second] = [new Waitable(), new Waitable()];
  second.notify(() => [Event.SUBTASK, 2, 0]);
  first.join(set);
  second.join(set);
  first.notify(() => [Event.SUBTASK, 1, 0]);
  assert.deepEqual(set.poll(), [Event.SUBTASK, 2, 0]);
  assert.deepEqual(set.poll(), [Event.SUBTASK, 1, 0]);
  assert.equal(set.poll(), null);
});

test("a waitable that leaves takes its event along", () => {
  const [one, other] = [new WaitableSet(), new WaitableSet()];
  const waitable = new Waitable();
  waitable.join(one);
  waitable.notify(() => [Event.SUBTASK, 1, 0]);
  waitable.join(other);
  assert.equal(one.empty, true);
  assert.deepEqual(other.poll(), [Event.SUBTASK, 1, 0]);
  waitable.notify(() => [Event.SUBTASK, 1, 0]);
  waitable.withdraw();
  assert.equal(other.poll(), null);
});

test("a result is stored when it is delivered, not before", async () => {
  const stored = [];
  const subtask = new Subtask(new Pending(Promise.resolve(5), () => {}), (value) => stored.push(value));
  await setImmediate();
  assert.deepEqual(stored, []);
  assert.deepEqual(subtask.deliver(), [Event.SUBTASK, 0, Subtasks.RETURNED]);
  assert.deepEqual(stored, [5]);
});

test("a cancel ends the operation; an existing result counts", async () => {
  let cancelled = 0;
  const stored = [];
  const waiting = new Subtask(new Pending(never, () => cancelled++), (value) => stored.push(value));
  assert.equal(waiting.cancel(), Subtasks.CANCELLED);
  assert.equal(cancelled, 1);
  const done = new Subtask(new Pending(Promise.resolve(6), () => cancelled++), (value) => stored.push(value));
  await setImmediate();
  assert.equal(done.cancel(), Subtasks.RETURNED);
  assert.deepEqual([cancelled, stored], [1, [6]]);
  assert.equal(done.notified, false);
});

test("an operation that fails traps at delivery", async () => {
  const subtask = new Subtask(new Pending(Promise.reject(new Error("broken")), () => {}), () => {});
  await setImmediate();
  assert.throws(() => subtask.deliver(), /broken/);
});

test("a guest that goes ends what it waits for", () => {
  let cancelled = 0;
  new Subtask(new Pending(never, () => cancelled++), () => {}).dispose();
  assert.equal(cancelled, 1);
});

test("a result that never reached a guest ends with it", async () => {
  let cancelled = 0;
  const subtask = new Subtask(new Pending(Promise.resolve(7), () => cancelled++), () => {});
  await setImmediate();
  subtask.dispose();
  assert.equal(cancelled, 1);
  const delivered = new Subtask(new Pending(Promise.resolve(8), () => cancelled++), () => {});
  await setImmediate();
  delivered.deliver();
  delivered.dispose();
  assert.equal(cancelled, 1);
});

test("a cancellation comes once, first, and not after the return", async () => {
  const host = Object.assign(guest(), { cancelling: false, waitsFor: null, returned: { settled: false } });
  const set = new WaitableSet();
  const wait = (host.handles.add(set) << 4) | 2;
  const seen = [];
  const waitable = new Waitable();
  waitable.join(set);
  setTimeout(() => {
    host.cancelling = true;
    host.waitsFor.interrupt();
    waitable.notify(() => [Event.SUBTASK, 1, 2]);
  }, 5);
  const callback = (...event) => {
    seen.push(event);
    if (seen.length === 1) return wait;
    host.cancelling = true;
    host.returned.settled = true;
    waitable.notify(() => [Event.SUBTASK, 3, 4]);
    return seen.length < 3 ? wait : 0;
  };
  await drive(host, () => wait, callback, []);
  assert.deepEqual(seen, [[Event.TASK_CANCELLED, 0, 0], [Event.SUBTASK, 1, 2], [Event.SUBTASK, 3, 4]]);
});

test("the loop hands events over until the guest exits", async () => {
  const host = guest();
  const set = new WaitableSet();
  const handle = host.handles.add(set);
  const waitable = new Waitable();
  waitable.join(set);
  const seen = [];
  setTimeout(() => waitable.notify(() => [Event.STREAM_READ, 3, 16]), 5);
  const answers = [1, (handle << 4) | 2, 0];
  await drive(host, () => answers.shift(), (...event) => (seen.push(event), answers.shift()), []);
  assert.deepEqual(seen, [[Event.NONE, 0, 0], [Event.STREAM_READ, 3, 16]]);
});

test("a guest that yields without end lets timers run", async () => {
  let fired = false;
  setTimeout(() => (fired = true), 1);
  let yields = 0;
  await drive(guest(), () => 1, () => (++yields < 100_000 && !fired ? 1 : 0), []);
  assert.equal(fired, true);
});

test("a trap ends the loop", async () => {
  const trap = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  await assert.rejects(drive(guest(), () => 1, trap, []), /unreachable/);
  await assert.rejects(drive(guest(), () => 7, trap, []), /unknown code 7/);
});
