// An answer's text taken apart: what was thought, and what was said.

/**
 * @param {string} text as it has come so far
 * @returns {{ thinking: boolean, text: string, open?: boolean }[]} in order; `open`: the thinking has not ended yet
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

/** What was said, without what was thought. */
export const saidIn = (text) => split(text).filter(({ thinking }) => !thinking).map((part) => part.text).join('\n');

/** Without the beginning of a tag at the end, whose rest may still be on its way. */
function withoutHalf(text, tag) {
  for (let length = tag.length - 1; length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return text.slice(0, -length);
  }
  return text;
}
