// Formats JSON for reading: numbers keep all their digits, and members their order.

/** Levels that are indented. Deeper ones stay at this level, so that the text does not grow without end. */
const MAX_LEVELS = 32;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Returns JSON with a line for each member and two spaces a level, or null if `text` is not JSON. */
export function indented(text) {
  try { JSON.parse(text); } catch { return null; }
  const tokens = text.match(TOKEN);
  let level = 0;
  const line = () => `\n${'  '.repeat(Math.min(level, MAX_LEVELS))}`;
  return tokens.map((token, at) => {
    switch (token) {
      case '{': case '[':
        level += 1;
        return /^[}\]]$/.test(tokens[at + 1]) ? token : token + line();
      case '}': case ']':
        level -= 1;
        return /^[{[]$/.test(tokens[at - 1]) ? token : line() + token;
      case ',': return token + line();
      case ':': return ': ';
      default: return token;
    }
  }).join('');
}
