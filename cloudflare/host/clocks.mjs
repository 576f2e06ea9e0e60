// wasi:clocks. Workers stop the clock while code runs: time advances only with I/O.
//
// `performance.now()` is not an independent clock there: its origin is 0, and it returns the same as `Date.now()`.
// https://developers.cloudflare.com/workers/runtime-apis/performance/

import { Pending } from "../abi/tasks.mjs";

const MILLISECOND = 1_000_000n;
/** The longest delay of setTimeout in ms, about 24 days. */
const LONGEST = 2n ** 31n - 1n;

/** The last value of the monotonic clock, and its lead over the wall clock, in milliseconds. */
let last = 0;
let ahead = 0;

/** Returns the wall clock without its backward steps: a duration across one is too short, but never negative. */
function now() {
  const wall = Date.now();
  if (wall + ahead < last) ahead = last - wall;
  last = wall + ahead;
  return BigInt(last) * MILLISECOND;
}

function sleep(nanoseconds) {
  const milliseconds = (nanoseconds + MILLISECOND - 1n) / MILLISECOND;
  let timer;
  const passed = new Promise((resolve) => {
    timer = setTimeout(resolve, Number(milliseconds > LONGEST ? LONGEST : milliseconds));
  });
  return new Pending(passed, () => clearTimeout(timer));
}

function instant() {
  const time = Date.now();
  const seconds = Math.floor(time / 1000);
  return { seconds: BigInt(seconds), nanoseconds: (time - seconds * 1000) * 1e6 };
}

export const monotonicClock = {
  now,
  "get-resolution": () => MILLISECOND,
  "wait-for": (_, duration) => (duration === 0n ? undefined : sleep(duration)),
  "wait-until"(_, mark) {
    const left = mark - now();
    return left <= 0n ? undefined : sleep(left);
  },
};

export const systemClock = { now: instant, "get-resolution": () => MILLISECOND };

/** The 0.2 clock, which std reads. */
export const wallClock = { now: instant, resolution: () => ({ seconds: 0n, nanoseconds: 1e6 }) };
