// Which tools a question is about: by their names, and by words of their descriptions.

const COMMON = new Set(['with', 'from', 'that', 'this', 'when', 'what', 'which', 'return', 'returns', 'given', 'about', 'into', 'have', 'will', 'your', 'user', 'tool',
  'value', 'name', 'call', 'used', 'using', 'current', 'find', 'final', 'result', 'response', 'conversation', 'ends', 'schema', 'correctly', 'extracted', 'required']);
const wordsOf = (text) => text.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
/** Nouns in the plural count as in the singular. */
const stem = (word) => word.replace(/(?<=..)s$/, '');

/** Returns how strongly a question is about a tool: 100 where it names it, else the number of words that both have. */
function score(tool, question) {
  if (new RegExp(`(?<![\\w-])${tool.name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`, 'i').test(question)) return 100;
  const asked = new Set(wordsOf(question).map(stem));
  const names = wordsOf(tool.name.replace(/_/g, ' ')).filter((word) => word.length > 3 && !COMMON.has(word)).map(stem);
  const described = wordsOf(tool.description).filter((word) => word.length > 3 && !COMMON.has(word)).map(stem);
  return 3 * names.filter((word) => asked.has(word)).length + described.filter((word) => asked.has(word)).length;
}

/** Returns the places that "in A and B" or "of A, B" name: a call for each. */
const times = (question) => question.match(/\b(?:in|of|for) (\p{Lu}\p{L}+(?:(?:, | and |, and )\p{Lu}\p{L}+)+)/u)?.[1].split(/, and |, | and /).length ?? 1;

/**
 * Returns the calls to make now as [{ tool, nth }], `nth` counting the calls of one tool. `calls` are those since the question.
 * A question with the word "then" gets one call an answer.
 */
export function choose(rules, question, calls) {
  const one = rules.single || /\bthen\b/i.test(question);
  if (rules.named) return calls.length === 0 ? [{ tool: rules.tools.find(({ name }) => name === rules.named), nth: 0 }].filter(({ tool }) => tool) : [];
  const scored = rules.tools.map((tool) => ({ tool, points: score(tool, question) })).filter(({ points }) => points > 0);
  const isNamed = scored.some(({ points }) => points >= 100);
  const most = Math.max(0, ...scored.map(({ points }) => points));
  const meant = scored.filter(({ points }) => (isNamed ? points >= 100 : points >= Math.max(2, most)));
  const place = ({ tool }) => { const at = question.toLowerCase().indexOf(tool.name.toLowerCase()); return at < 0 ? Infinity : at; };
  meant.sort((a, b) => place(a) - place(b));
  const wanted = meant.flatMap(({ tool }) => Array.from({ length: meant.length === 1 ? times(question) : 1 }, (_, nth) => ({ tool, nth })));
  const made = (name) => calls.filter((call) => call.name === name).length;
  const due = wanted.filter(({ tool, nth }) => nth >= made(tool.name));
  if (due.length > 0) return one ? due.slice(0, 1) : due;
  if (!rules.must) return [];
  // A call is demanded: of a tool that has not been called, the last of which often takes the final answer.
  const rest = rules.tools.filter(({ name }) => made(name) === 0);
  return [{ tool: rest.at(-1) ?? rules.tools.at(-1), nth: 0 }];
}
