// Splits the text of an answer into thinking and reply.

/**
 * Splits a text at its `<think>` tags.
 * @param {string} text the answer so far
 * @returns {{ thinking: boolean, text: string, open?: boolean }[]} in order; `open` means that the thinking has not ended
 */
export function split(text) {
  const parts = [];
  let rest = text;
  while (rest !== '') {
    const start = rest.indexOf('<think>');
    const said = start < 0 ? withoutHalf(rest, '<think>') : rest.slice(0, start);
    if (said.trim() !== '') parts.push({ thinking: false, text: said.trim() });
    if (start < 0) break;
    const inside = rest.slice(start + '<think>'.length);
    const end = inside.indexOf('</think>');
    const thought = end < 0 ? withoutHalf(inside, '</think>') : inside.slice(0, end);
    parts.push({ thinking: true, text: thought.trim(), open: end < 0 });
    rest = end < 0 ? '' : inside.slice(end + '</think>'.length);
  }
  return parts;
}

/** Returns the reply without the thinking. */
export const saidIn = (text) => split(text).filter(({ thinking }) => !thinking).map((part) => part.text).join('\n');

/** Removes an incomplete tag from the end, because its rest may still arrive. */
function withoutHalf(text, tag) {
  for (let length = tag.length - 1; length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return text.slice(0, -length);
  }
  return text;
}
