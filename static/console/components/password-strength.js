// Estimates how hard a password is to guess. It is a hint for the operator, not a proof.

/** Lengths that the gateway accepts, in characters (`src/crypto/password_hash.rs`). */
export const MIN_CHARS = 8;
export const MAX_CHARS = 256;

/** Words that attackers try first; each counts as one character. */
const COMMON = /pass(word|wort|phrase)?|admin(istrator)?|grok(2api)?|qwert(yuiop|y|z)?|asdf(ghjkl|gh)?|letmein|welcome|iloveyou|secret|root|user|test|login|dragon|monkey|abc123|woaini|mima/g;
/** Bits that withstand guessing at five attempts in 15 minutes, and guessing from a stolen hash. */
const FAIR_BITS = 36;
const STRONG_BITS = 60;
/** Upper bound of bits for each character: people do not choose characters at random. */
const MAX_BITS_EACH = 5;

const CLASSES = [[/\p{Ll}/u, 26], [/\p{Lu}/u, 26], [/\p{Nd}/u, 10], [/[!-/:-@[-`{-~ ]/, 33], [/[^\p{Ll}\p{Lu}\p{Nd}!-~ ]/u, 200]];

/** Rates a password. @param {string} password @returns {0 | 1 | 2 | 3} too easy, weak, fair, strong */
export function strength(password) {
  const pool = CLASSES.reduce((sum, [some, size]) => sum + (some.test(password) ? size : 0), 0);
  const bits = surprises(password.toLowerCase().replace(COMMON, '*')) * Math.min(Math.log2(Math.max(pool, 2)), MAX_BITS_EACH);
  if (bits < FAIR_BITS / 2) return 0;
  if (bits < FAIR_BITS) return 1;
  return bits < STRONG_BITS ? 2 : 3;
}

/** Counts the characters that do not continue a sequence such as `aaaa`, `1234` or `fedc`. */
function surprises(text) {
  const codes = [...text].map((character) => character.codePointAt(0));
  const follows = (at) => at > 1 && Math.abs(codes[at] - codes[at - 1]) <= 1 && codes[at] - codes[at - 1] === codes[at - 1] - codes[at - 2];
  const seen = new Set(codes);
  return Math.min(codes.filter((_, at) => !follows(at)).length, seen.size * 2);
}
