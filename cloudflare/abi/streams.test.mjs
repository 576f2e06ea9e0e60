// Streams and futures: what guest and host see of each other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Future, FutureReader, FutureWriter } from "./futures.mjs";
import { held, Memory } from "./memory.mjs";
import { Items, Pipe, StreamReader, StreamWriter } from "./streams.mjs";
import { BLOCKED, Copy, Event } from "./tasks.mjs";
import * as t from "./types.mjs";

const guest = () => ({
  memory: new Memory(new WebAssembly.Memory({ initial: 8 }), () => {
    throw new Error("nothing here allocates");
  }),
});

const completed = (count) => (count << 4) | Copy.COMPLETED;
const byteReader = (pipe) => new StreamReader(pipe, t.u8);

/** A pipe whose reader the host has taken. */
function opened() {
  const pipe = new Pipe();
  const writer = new StreamWriter(pipe);
  byteReader(pipe).handOver(t.u8);
  return { pipe, writer };
}

test("items are stored in order, then the stream is dropped", () => {
  const host = guest();
  const reader = new StreamReader(new Items([1, 2, 3]), t.u16);
  assert.equal(reader.read(host, 0, 2), completed(2));
  assert.equal(host.memory.view.getUint16(2, true), 2);
  assert.equal(reader.read(host, 0, 2), completed(1));
  assert.equal(reader.read(host, 0, 2), Copy.DROPPED);
});

test("a write waits until the host holds the reader", () => {
  const host = guest();
  const pipe = new Pipe();
  const writer = new StreamWriter(pipe);
  host.memory.bytes.set([5, 6], 100);
  assert.equal(writer.write(host, 100, 2), BLOCKED);
  byteReader(pipe).handOver(t.u8);
  assert.deepEqual(writer.deliver(), [Event.STREAM_WRITE, 0, completed(2)]);
  assert.deepEqual([...pipe.take(Infinity)], [5, 6]);
});

test("writes run ahead to a mark, and reading makes room", () => {
  const host = guest();
  const { pipe, writer } = opened();
  assert.equal(writer.write(host, 0, 400_000), completed(256 * 1024));
  assert.equal(writer.write(host, 0, 10), BLOCKED);
  assert.equal(writer.notified, false);
  assert.equal(pipe.take(Infinity).length, 256 * 1024);
  assert.deepEqual(writer.deliver(), [Event.STREAM_WRITE, 0, completed(10)]);
});

test("small writes are taken as one; parts leave the rest", () => {
  const host = guest();
  const { pipe, writer } = opened();
  host.memory.bytes.set([1, 2, 3, 4], 0);
  writer.write(host, 0, 2);
  writer.write(host, 2, 2);
  assert.deepEqual([...pipe.take(1)], [1]);
  assert.deepEqual([...pipe.take(Infinity)], [2, 3, 4]);
  assert.equal(pipe.take(Infinity), undefined);
  writer.drop();
  assert.equal(pipe.take(Infinity), null);
});

test("the host leaves: waiting and later writes are dropped", () => {
  const host = guest();
  const { pipe, writer } = opened();
  writer.write(host, 0, 100_000);
  assert.equal(writer.write(host, 0, 1), BLOCKED);
  pipe.cancel();
  assert.deepEqual(writer.deliver(), [Event.STREAM_WRITE, 0, Copy.DROPPED]);
  assert.equal(writer.write(host, 0, 1), Copy.DROPPED);
});

test("a cancelled write is not delivered, and the next one works", () => {
  const host = guest();
  const { pipe, writer } = opened();
  writer.write(host, 0, 100_000);
  assert.equal(writer.write(host, 0, 1), BLOCKED);
  pipe.take(Infinity);
  assert.equal(writer.notified, true);
  assert.equal(writer.cancelCopy(), Copy.CANCELLED);
  assert.equal(writer.notified, false);
  assert.equal(pipe.take(Infinity), undefined);
  assert.equal(writer.write(host, 0, 1), completed(1));
});

test("a writer whose guest is gone fails the pipe, an ended not", () => {
  const host = guest();
  const cut = opened();
  cut.writer.write(host, 0, 5);
  cut.writer.dispose(new Error("gone"));
  assert.throws(() => cut.pipe.take(1), /gone/);
  const whole = opened();
  whole.writer.drop();
  assert.equal(whole.pipe.take(1), null);
});

test("a stream that the guest passes back is the one it was given", () => {
  const items = new Items([]);
  assert.equal(new StreamReader(items, t.u8).handOver(t.u8), items);
});

test("what cannot be done is refused with a sentence", () => {
  const host = guest();
  assert.throws(() => byteReader(new Pipe()).read(host, 0, 1), /cannot read its own stream/);
  assert.throws(() => new StreamReader(new Pipe(), t.u32).handOver(t.u32), /only byte streams/);
  const { writer } = opened();
  assert.throws(() => writer.cancelCopy(), /no copy to cancel/);
});

test("queued bytes are counted and let go", () => {
  const before = held.queued;
  const host = guest();
  const { pipe, writer } = opened();
  writer.write(host, 0, 300);
  assert.equal(held.queued, before + 300);
  pipe.cancel();
  assert.equal(held.queued, before);
});

test("a future is read at once, later, or cancelled", () => {
  const host = guest();
  assert.equal(new FutureReader(Future.of(7), t.u32).read(host, 8), Copy.COMPLETED);
  assert.equal(host.memory.view.getUint32(8, true), 7);
  const future = new Future();
  const reader = new FutureReader(future, t.u32);
  assert.equal(reader.read(host, 8), BLOCKED);
  assert.equal(reader.cancelCopy(), Copy.CANCELLED);
  assert.equal(reader.read(host, 8), BLOCKED);
  future.settle(9);
  assert.deepEqual(reader.deliver(), [Event.FUTURE_READ, 0, Copy.COMPLETED]);
  assert.equal(host.memory.view.getUint32(8, true), 9);
});

test("a future that the guest writes reaches the host that took it", async () => {
  const host = guest();
  const future = new Future();
  const writer = new FutureWriter(future);
  host.memory.view.setUint32(8, 11, true);
  assert.equal(writer.write(host, 8), BLOCKED);
  assert.equal(new FutureReader(future, undefined).handOver(t.u32), future);
  assert.deepEqual(writer.deliver(), [Event.FUTURE_WRITE, 0, Copy.COMPLETED]);
  assert.equal(await future.wait(), 11);
});

test("a future dropped without a value is an error", async () => {
  assert.throws(() => new FutureWriter(new Future()).drop(), /before it was written/);
  const future = new Future();
  const waiting = future.wait();
  new FutureWriter(future).dispose(new Error("gone"));
  await assert.rejects(waiting, /gone/);
});

test("a future that has no reader notifies its writer", () => {
  const host = guest();
  const future = new Future();
  const writer = new FutureWriter(future);
  assert.equal(writer.write(host, 0), BLOCKED);
  new FutureReader(future, undefined).drop();
  assert.deepEqual(writer.deliver(), [Event.FUTURE_WRITE, 0, Copy.DROPPED]);
});
