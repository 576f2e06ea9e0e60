// Lifting and lowering: converts each WIT type between JavaScript and the guest. The generated signatures build their types
// from these constructors and contain every size and offset.
//
// JavaScript side: records are objects, variants and results `{tag, value}`,
// options the value or null, `list<u8>` a Uint8Array (or text, when lowering),
// 64-bit integers BigInt, resources the host's own objects.
//
// A type has `flat` (its core types: i, l, f, d), `size`, `align` and
//   load(guest, pointer)          reads a value from memory
//   store(guest, pointer, value)  writes a value to memory
//   lift(guest, flat)             reads a value from call arguments
//   lower(guest, value)           returns the core value, for types with a single one

import { FutureReader } from "./futures.mjs";
import { Resource } from "./memory.mjs";
import { StreamReader } from "./streams.mjs";

/**
 * An error that the WIT defines: the `err` side of a function's result. It is not an `Error`, because nothing reads its stack,
 * which takes longer to write than most calls.
 */
export class WitError {
  /** @param {any} [value] @example throw new WitError({ tag: "io", value: "no such table" }) */
  constructor(value) {
    this.value = value;
  }
}

/** A reader of call arguments. */
export class Flat {
  #at = 0;

  constructor(values) {
    this.values = values;
  }

  next() {
    return this.values[this.#at++];
  }

  /** Takes the next `count` values as a new reader. */
  part(count) {
    this.#at += count;
    return this.values.slice(this.#at - count, this.#at);
  }
}

/** Returns a type of one core value; `access` is a DataView method without `get` or `set`. */
const scalar = (flat, size, access, toJs = (x) => x, toCore = (x) => x) => ({
  flat,
  size,
  align: size,
  load: (guest, pointer) => toJs(guest.memory.view[`get${access}`](pointer, true)),
  store: (guest, pointer, value) => guest.memory.view[`set${access}`](pointer, toCore(value), true),
  lift: (_, values) => toJs(values.next()),
  lower: (_, value) => toCore(value),
});

export const bool = scalar("i", 1, "Uint8", (x) => x !== 0, Number);
export const u8 = scalar("i", 1, "Uint8", (x) => x & 0xff);
export const u16 = scalar("i", 2, "Uint16", (x) => x & 0xffff);
export const u32 = scalar("i", 4, "Uint32", (x) => x >>> 0);
export const u64 = scalar("l", 8, "BigUint64", (x) => BigInt.asUintN(64, x));
export const s8 = scalar("i", 1, "Int8");
export const s16 = scalar("i", 2, "Int16");
export const s32 = scalar("i", 4, "Int32");
export const s64 = scalar("l", 8, "BigInt64");
export const f32 = scalar("f", 4, "Float32");
export const f64 = scalar("d", 8, "Float64");
export const char = scalar("i", 4, "Uint32", String.fromCodePoint, (x) => x.codePointAt(0));

/** Returns a type that is a pointer and a length, in memory or as two arguments. */
const sequence = (take, give) => ({
  flat: "ii",
  size: 8,
  align: 4,
  load(guest, pointer) {
    const view = guest.memory.view;
    return take(guest, view.getUint32(pointer, true), view.getUint32(pointer + 4, true));
  },
  store(guest, pointer, value) {
    const [start, length] = give(guest, value);
    const view = guest.memory.view;
    view.setUint32(pointer, start, true);
    view.setUint32(pointer + 4, length, true);
  },
  lift: (guest, values) => take(guest, values.next() >>> 0, values.next() >>> 0),
});

export const string = sequence(
  (guest, pointer, length) => guest.memory.text(pointer, length),
  (guest, value) => guest.memory.store(value),
);

const bytes = sequence(
  (guest, pointer, length) => guest.memory.copy(pointer, length),
  (guest, value) => guest.memory.store(value),
);

export function list(element) {
  if (element === u8) return bytes;
  return sequence(
    (guest, pointer, length) =>
      Array.from({ length }, (_, at) => element.load(guest, pointer + at * element.size)),
    (guest, values) => {
      const pointer = guest.memory.allocate(values.length * element.size, element.align);
      values.forEach((value, at) => element.store(guest, pointer + at * element.size, value));
      return [pointer, values.length];
    },
  );
}

/** @param {[size: number, align: number]} layout @param {[name: string, offset: number, type: object][]} fields */
export function record([size, align], fields) {
  return {
    flat: fields.map(([, , type]) => type.flat).join(""),
    size,
    align,
    load: (guest, pointer) =>
      Object.fromEntries(fields.map(([name, offset, type]) => [name, type.load(guest, pointer + offset)])),
    store(guest, pointer, value) {
      for (const [name, offset, type] of fields) type.store(guest, pointer + offset, value[name]);
    },
    lift: (guest, values) => Object.fromEntries(fields.map(([name, , type]) => [name, type.lift(guest, values)])),
  };
}

/** @param {[size: number, align: number]} layout @param {[offset: number, type: object][]} fields */
export function tuple([size, align], fields) {
  return {
    flat: fields.map(([, type]) => type.flat).join(""),
    size,
    align,
    load: (guest, pointer) => fields.map(([offset, type]) => type.load(guest, pointer + offset)),
    store(guest, pointer, value) {
      fields.forEach(([offset, type], at) => type.store(guest, pointer + offset, value[at]));
    },
    lift: (guest, values) => fields.map(([, type]) => type.lift(guest, values)),
    /** Lowers export parameters, one core value each. */
    lowerAll: (guest, value) => fields.map(([, type], at) => type.lower(guest, value[at])),
  };
}

/**
 * @param {[size: number, align: number, tag: number, payload: number, flat: string]} layout
 * @param {[name: string, type: object | null][]} cases
 */
export function variant([size, align, tagSize, payload, flat], cases) {
  const tag = { 1: u8, 2: u16, 4: u32 }[tagSize];
  const numbers = new Map(cases.map(([name], number) => [name, number]));
  const caseAt = (number) => {
    if (number >= cases.length) throw new Error(`a variant has no case ${number}`);
    return cases[number];
  };
  const numberOf = (value) => {
    const number = numbers.get(value.tag);
    if (number === undefined) throw new Error(`a variant has no case ${value.tag}`);
    return number;
  };
  return {
    flat,
    size,
    align,
    load(guest, pointer) {
      const [name, type] = caseAt(tag.load(guest, pointer));
      return { tag: name, value: type?.load(guest, pointer + payload) };
    },
    store(guest, pointer, value) {
      const number = numberOf(value);
      tag.store(guest, pointer, number);
      cases[number][1]?.store(guest, pointer + payload, value.value);
    },
    lift(guest, values) {
      const [name, type] = caseAt(values.next());
      const slots = values.part(flat.length - 1);
      if (type === null) return { tag: name, value: undefined };
      return { tag: name, value: type.lift(guest, new Flat(unjoin(slots, flat, type.flat))) };
    },
    lower: (_, value) => numberOf(value),
  };
}

/** Reads a case's arguments. Cases share slots, so a slot may be wider than the case's own type. */
function unjoin(slots, joined, own) {
  return [...own].map((want, at) => {
    const have = joined[at + 1];
    if (have === want) return slots[at];
    // The value is in the low 32 bits of a wider slot.
    if (have === "l" && want === "i") return Number(BigInt.asIntN(32, slots[at]));
    const wide = new DataView(new ArrayBuffer(8));
    if (have === "l") wide.setBigInt64(0, slots[at], true);
    else wide.setInt32(0, slots[at], true);
    return want === "d" ? wide.getFloat64(0, true) : wide.getFloat32(0, true);
  });
}

export const result = (layout, ok, err) => ({ ...variant(layout, [["ok", ok], ["err", err]]), fails: true });

export function option(layout, some) {
  const inner = variant(layout, [["none", null], ["some", some]]);
  const none = { tag: "none" };
  return {
    ...inner,
    load: (guest, pointer) => inner.load(guest, pointer).value ?? null,
    store: (guest, pointer, value) => inner.store(guest, pointer, value == null ? none : { tag: "some", value }),
    lift: (guest, values) => inner.lift(guest, values).value ?? null,
  };
}

export function enumeration([size], names) {
  const inner = variant([size, size, size, size, "i"], names.map((name) => [name, null]));
  return {
    ...inner,
    load: (guest, pointer) => inner.load(guest, pointer).tag,
    store: (guest, pointer, value) => inner.store(guest, pointer, { tag: value }),
    lift: (guest, values) => inner.lift(guest, values).tag,
    lower: (guest, value) => inner.lower(guest, { tag: value }),
  };
}

/** Returns a type that is passed as a handle. */
const handle = (take, give) => ({
  flat: "i",
  size: 4,
  align: 4,
  load: (guest, pointer) => take(guest, guest.memory.view.getUint32(pointer, true)),
  store: (guest, pointer, value) => guest.memory.view.setUint32(pointer, give(guest, value), true),
  lift: (guest, values) => take(guest, values.next() >>> 0),
  lower: give,
});

export const own = (name) =>
  handle(
    (guest, number) => {
      const value = guest.handles.resource(number, name);
      guest.handles.remove(number, Resource);
      return value;
    },
    (guest, value) => guest.handles.add(new Resource(name, value)),
  );

/** Returns a borrowed handle's type. The host lends nothing to the gateway, so borrows are only lifted. */
export const borrow = (name) =>
  handle(
    (guest, number) => guest.handles.resource(number, name),
    () => {
      throw new Error(`the host cannot lend a ${name}`);
    },
  );

export const stream = (element) =>
  handle(
    (guest, number) => guest.handles.remove(number, StreamReader).handOver(element),
    (guest, value) => StreamReader.give(guest, value, element),
  );

export const future = (element) =>
  handle(
    (guest, number) => guest.handles.remove(number, FutureReader).handOver(element),
    (guest, value) => FutureReader.give(guest, value, element),
  );
