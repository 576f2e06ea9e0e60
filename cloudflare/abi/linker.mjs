// Builds the import table of a core module, once per isolate; every instance uses it. The generated signatures describe
// each import.

import { Future, FutureReader, FutureWriter } from "./futures.mjs";
import { current } from "./guest.mjs";
import { Resource } from "./memory.mjs";
import { Pipe, StreamReader, StreamWriter } from "./streams.mjs";
import { Pending, Subtask, Subtasks, Waitable, WaitableSet } from "./tasks.mjs";
import { Flat, WitError } from "./types.mjs";

const none = () => {};

/** Returns new ends in the guest's format: the writer in the high half, the reader in the low half. */
function pair(guest, reader, writer) {
  reader.handle = guest.handles.add(reader);
  writer.handle = guest.handles.add(writer);
  return (BigInt(writer.handle) << 32n) | BigInt(reader.handle);
}

/** Stores an event as two numbers. @returns {number} the event's code, 0 without an event */
function deliver(guest, set, pointer) {
  const [code, handle, payload] = set.poll() ?? [0, 0, 0];
  guest.memory.view.setUint32(pointer, handle, true);
  guest.memory.view.setInt32(pointer + 4, payload, true);
  return code;
}

/** The canonical ABI's built-ins. They need no types, because each end has its own. */
const builtins = {
  "stream.new"(guest) {
    const pipe = new Pipe();
    return pair(guest, new StreamReader(pipe), new StreamWriter(pipe));
  },
  "stream.read": (guest, end, pointer, length) =>
    guest.handles.get(end, StreamReader).read(guest, pointer >>> 0, length >>> 0),
  "stream.write": (guest, end, pointer, length) =>
    guest.handles.get(end, StreamWriter).write(guest, pointer >>> 0, length >>> 0),
  "stream.cancel-read": (guest, end) => guest.handles.get(end, StreamReader).cancelCopy(),
  "stream.cancel-write": (guest, end) => guest.handles.get(end, StreamWriter).cancelCopy(),
  "stream.drop-readable": (guest, end) => guest.handles.remove(end, StreamReader).drop(),
  "stream.drop-writable": (guest, end) => guest.handles.remove(end, StreamWriter).drop(),
  "future.new"(guest) {
    const future = new Future();
    return pair(guest, new FutureReader(future), new FutureWriter(future));
  },
  "future.read": (guest, end, pointer) => guest.handles.get(end, FutureReader).read(guest, pointer >>> 0),
  "future.write": (guest, end, pointer) => guest.handles.get(end, FutureWriter).write(guest, pointer >>> 0),
  "future.cancel-read": (guest, end) => guest.handles.get(end, FutureReader).cancelCopy(),
  "future.cancel-write": (guest, end) => guest.handles.get(end, FutureWriter).cancelCopy(),
  "future.drop-readable": (guest, end) => guest.handles.remove(end, FutureReader).drop(),
  "future.drop-writable": (guest, end) => guest.handles.remove(end, FutureWriter).drop(),
  "waitable-set.new": (guest) => guest.handles.add(new WaitableSet()),
  "waitable-set.poll": (guest, set, pointer) =>
    deliver(guest, guest.handles.get(set, WaitableSet), pointer >>> 0),
  "waitable-set.wait"(guest, handle, pointer) {
    const set = guest.handles.get(handle, WaitableSet);
    // Blocking inside a call would stop the isolate, so the event would never arrive.
    if (set.empty) throw new Error("waitable-set.wait would block, which Workers do not support");
    return deliver(guest, set, pointer >>> 0);
  },
  "waitable-set.drop": (guest, set) => void guest.handles.remove(set, WaitableSet),
  "waitable.join": (guest, waitable, set) =>
    guest.handles.get(waitable, Waitable).join(set === 0 ? null : guest.handles.get(set, WaitableSet)),
  "subtask.cancel": (guest, task) => guest.handles.get(task, Subtask).cancel(),
  "subtask.drop": (guest, task) => guest.handles.remove(task, Subtask).dispose(),
  "context.get": (guest) => guest.context,
  "context.set": (guest, value) => void (guest.context = value),
  "task.cancel": (guest) => guest.returned.fail(new Error("the guest cancelled its task")),
  "thread.yield": () => 0,
  // An instance has one request at a time in any case.
  "backpressure.inc": none,
  "backpressure.dec": none,
};

/**
 * @param {{ imports: Record<string, Record<string, any>>, exports: Record<string, any> }} signatures
 * @param {Record<string, Record<string, Function>>} hosts by interface, then by the function's WIT name
 * @returns {WebAssembly.Imports}
 */
export function link(signatures, hosts) {
  const table = {};
  for (const [module, names] of Object.entries(signatures.imports)) {
    table[module] = {};
    for (const [name, meaning] of Object.entries(names)) {
      table[module][name] = importOf(meaning, hosts);
    }
  }
  return table;
}

function importOf(meaning, hosts) {
  if (typeof meaning === "string") {
    const builtin = builtins[meaning];
    if (!builtin) throw new Error(`the shim has no built-in ${meaning}`);
    // None takes more than three arguments. An array of them would take longer than most calls.
    return (a, b, c) => builtin(current(), a, b, c);
  }
  switch (meaning.op) {
    case "resource.drop":
      return (handle) => {
        const { handles } = current();
        handles.resource(handle, meaning.resource);
        handles.remove(handle, Resource).dispose();
      };
    case "task.return":
      return (...args) => {
        const guest = current();
        guest.returned.settle(meaning.result?.lift(guest, new Flat(args)));
      };
    default: {
      const host = hosts[meaning.interface]?.[meaning.name];
      if (!host) throw new Error(`the shim does not offer ${meaning.interface} ${meaning.name}`);
      return meaning.op === "call" ? call(meaning, host) : callAsync(meaning, host);
    }
  }
}

const lift = ({ params, spilled }, guest, args) =>
  spilled ? params.load(guest, args[0] >>> 0) : params.lift(guest, new Flat(args));

/** Returns a function's error as `err` if its WIT result has that side; any other error traps. */
const failable = (type) => type?.fails === true;

function err(error) {
  if (error instanceof WitError) return { tag: "err", value: error.value };
  throw error;
}

function call(signature, host) {
  const { result, pointer } = signature;
  const fails = failable(result);
  return (...args) => {
    const guest = current();
    let value;
    try {
      value = host(guest, ...lift(signature, guest, args));
      if (fails) value = { tag: "ok", value };
    } catch (error) {
      if (!fails) throw error;
      value = err(error);
    }
    if (!pointer) return result?.lower(guest, value);
    result.store(guest, args.at(-1) >>> 0, value);
  };
}

function callAsync(signature, host) {
  const { result, pointer } = signature;
  const fails = failable(result);
  const ok = fails ? (value) => ({ tag: "ok", value }) : (value) => value;
  return (...args) => {
    const guest = current();
    const target = pointer ? args.at(-1) >>> 0 : 0;
    const store = (value) => result?.store(guest, target, value);
    let outcome;
    try {
      outcome = host(guest, ...lift(signature, guest, args));
      if (outcome instanceof Promise) outcome = new Pending(outcome, none);
      if (!(outcome instanceof Pending)) {
        store(ok(outcome));
        return Subtasks.RETURNED;
      }
    } catch (error) {
      if (!fails) throw error;
      store(err(error));
      return Subtasks.RETURNED;
    }
    const settled = outcome.promise.then(ok, fails ? err : undefined);
    const subtask = new Subtask(new Pending(settled, outcome.cancel), store);
    subtask.handle = guest.handles.add(subtask);
    return (subtask.handle << 4) | Subtasks.STARTED;
  };
}
