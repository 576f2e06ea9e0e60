// wasi:random, with the platform's cryptographic generator for all functions.

/** The most bytes that one call of the platform returns. */
const LARGEST = 65_536;

function bytes(_, length) {
  const filled = new Uint8Array(Number(length));
  if (filled.length <= LARGEST) return crypto.getRandomValues(filled);
  for (let at = 0; at < filled.length; at += LARGEST) {
    crypto.getRandomValues(filled.subarray(at, at + LARGEST));
  }
  return filled;
}

const number = () => crypto.getRandomValues(new BigUint64Array(1))[0];

export const random = { "get-random-bytes": bytes, "get-random-u64": number };

export const insecureSeed = {
  "insecure-seed": () => [number(), number()],
  "get-insecure-seed": () => [number(), number()],
};
