// Lifting and lowering on a memory of our own, without a guest.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Handles, Memory, Resource } from "./memory.mjs";
import * as t from "./types.mjs";

/** Just enough of a guest: a memory that hands out space from 1024 on. */
function guest() {
  let free = 1024;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const realloc = (old, oldSize, align, size) => {
    const at = Math.ceil(free / align) * align;
    free = at + size;
    while (free > memory.buffer.byteLength) memory.grow(1);
    new Uint8Array(memory.buffer).copyWithin(at, old, old + oldSize);
    return at;
  };
  return { memory: new Memory(memory, realloc), handles: new Handles(), raw: memory };
}

/** Stores a value, loads it again. */
function roundTrip(type, value) {
  const host = guest();
  type.store(host, 64, value);
  return type.load(host, 64);
}

test("scalars keep their range and sign", () => {
  for (const [type, value] of [
    [t.bool, true],
    [t.u8, 255],
    [t.s8, -1],
    [t.u16, 65535],
    [t.s16, -2],
    [t.u32, 4294967295],
    [t.s32, -3],
    [t.u64, 2n ** 64n - 1n],
    [t.s64, -(2n ** 63n)],
    [t.f32, 0.5],
    [t.f64, Math.PI],
    [t.char, "ü"],
  ]) {
    assert.equal(roundTrip(type, value), value);
  }
});

test("arguments arrive signed and are lifted to what they mean", () => {
  const lift = (type, ...core) => type.lift(guest(), new t.Flat(core));
  assert.equal(lift(t.u32, -1), 4294967295);
  assert.equal(lift(t.u8, 511), 255);
  assert.equal(lift(t.u64, -1n), 2n ** 64n - 1n);
  assert.equal(lift(t.bool, 1), true);
});

test("text and bytes, also beyond the memory there was", () => {
  for (const text of ["", "é", "😀", "héllo ✓", "hello 😀", "你好 Grok"]) assert.equal(roundTrip(t.string, text), text);
  assert.equal(roundTrip(t.string, "half \ud83d of a pair"), "half \ufffd of a pair");
  assert.equal(roundTrip(t.string, "é".repeat(100_000)).length, 100_000);
  assert.equal(roundTrip(t.string, "x".repeat(200_000)).length, 200_000);
  assert.deepEqual(roundTrip(t.list(t.u8), new Uint8Array([1, 2, 255])), new Uint8Array([1, 2, 255]));
  assert.deepEqual(roundTrip(t.list(t.u8), "ab"), new Uint8Array([97, 98]));
});

test("lifted bytes are a copy: the guest reuses its memory", () => {
  const host = guest();
  t.list(t.u8).store(host, 64, new Uint8Array([1, 2]));
  const lifted = t.list(t.u8).load(host, 64);
  host.memory.bytes.fill(9);
  assert.deepEqual(lifted, new Uint8Array([1, 2]));
});

const value = t.variant(
  [16, 8, 1, 8, "ili"],
  [["integer", t.s64], ["real", t.f64], ["text", t.string], ["null", null]],
);

test("lists of variants, records, tuples, options, enumerations", () => {
  const rows = [
    { tag: "integer", value: -5n },
    { tag: "real", value: 0.25 },
    { tag: "text", value: "x" },
    { tag: "null", value: undefined },
  ];
  assert.deepEqual(roundTrip(t.list(value), rows), rows);
  const pair = t.tuple([24, 8], [[0, t.u32], [8, value]]);
  assert.deepEqual(roundTrip(pair, [7, rows[0]]), [7, rows[0]]);
  const option = t.option([12, 4, 1, 4, "iii"], t.string);
  assert.equal(roundTrip(option, null), null);
  assert.equal(roundTrip(option, undefined), null);
  assert.equal(roundTrip(option, ""), "");
  const record = t.record([16, 4], [["name", 0, option], ["code", 12, t.u16]]);
  assert.deepEqual(roundTrip(record, { name: "n", code: 3 }), { name: "n", code: 3 });
  assert.equal(roundTrip(t.enumeration([1, 1], ["a", "b"]), "b"), "b");
});

test("a case in a wider argument slot keeps only its low half", () => {
  // As in task.return of result<response, error-code>: the slot is i64, the case holds a pointer.
  const wide = t.variant([16, 8, 1, 8, "il"], [["number", t.u64], ["small", t.u32], ["half", t.f32]]);
  const lift = (...core) => wide.lift(guest(), new t.Flat(core)).value;
  assert.equal(lift(0, 2n ** 40n), 2n ** 40n);
  assert.equal(lift(1, 0x7fff_0000_0000_0007n), 7);
  assert.equal(lift(2, 0x3f00_0000n), 0.5);
});

test("slots after a small case are skipped", () => {
  const both = t.tuple([20, 4], [[0, t.option([12, 4, 1, 4, "iii"], t.string)], [12, t.u32]]);
  assert.deepEqual(both.lift(guest(), new t.Flat([0, 99, 98, 5])), [null, 5]);
});

test("a tag that no case has is a trap, either way", () => {
  assert.throws(() => value.lift(guest(), new t.Flat([4, 0n, 0])), /no case 4/);
  assert.throws(() => value.store(guest(), 64, { tag: "bool" }), /no case bool/);
});

test("a result without payloads is one number", () => {
  const plain = t.result([1, 1, 1, 1, "i"], null, null);
  assert.equal(plain.lower(guest(), { tag: "ok" }), 0);
  assert.equal(plain.lower(guest(), { tag: "err" }), 1);
});

test("handles are given once, taken once, and of one kind", () => {
  const host = guest();
  const thing = {};
  const handle = t.own("thing").lower(host, thing);
  assert.notEqual(handle, 0);
  const flat = () => new t.Flat([handle]);
  assert.equal(t.borrow("thing").lift(host, flat()), thing);
  assert.throws(() => t.borrow("other").lift(host, flat()), /is a thing, not a other/);
  assert.equal(t.own("thing").lift(host, flat()), thing);
  assert.throws(() => t.own("thing").lift(host, flat()), /is not a Resource/);
  assert.equal(host.handles.add(new Resource("next", {})), handle, "free handles are used again");
});
