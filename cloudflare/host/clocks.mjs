// wasi:clocks. Workers stop the clock while code runs: time passes only with I/O.

import { Pending } from "../abi/tasks.mjs";

const MILLISECOND = 1_000_000n;
/** The longest wait that setTimeout can do, about 24 days. */
const LONGEST = 2n ** 31n - 1n;

const now = () => BigInt(Date.now()) * MILLISECOND;

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

/** The 0.2 clock that std reads. */
export const wallClock = { now: instant, resolution: () => ({ seconds: 0n, nanoseconds: 1e6 }) };
