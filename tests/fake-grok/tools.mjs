// How the scripted Grok follows instructions about tools and formats: it reads the declarations, the marks and the rules in the
// message, as a model would, and answers with calls, JSON or prose. Nothing here is a fixed answer.
import { choose } from './choice.mjs';
import { Source, fill } from './filling.mjs';

/** The schema of JSON without a schema. */
const ANY = { type: 'object' };
const LABEL = /^(系统|用户|grok|tool|function)：/;

/** Returns the messages of a dialogue as [{ role, text }]. */
export function messagesOf(dialogue) {
  const messages = [];
  for (const line of dialogue.split('\n')) {
    const label = LABEL.exec(line);
    if (label) messages.push({ role: label[1], text: line.slice(label[0].length) });
    else if (messages.length > 0) messages.at(-1).text += `\n${line}`;
    else messages.push({ role: '用户', text: line });
  }
  return messages;
}

function json(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

/** Returns the tools declared below a heading each: { name, description, schema }, without `schema` for plain text. */
function declared(text) {
  const tools = [];
  let rest = '';
  for (const section of text.split(/^## /m).slice(1)) {
    rest += (rest && '## ') + section;
    // A heading inside of a description does not declare a tool.
    if (!/^(Schema: |Input: plain text)/m.test(rest)) continue;
    const [name] = rest.split('\n', 1);
    const schema = json(/^Schema: (.*)$/m.exec(rest)?.[1]);
    const description = rest.slice(name.length).split(/^(?:Schema: |Input: plain text)/m)[0].trim();
    tools.push({ name: name.trim(), description, ...(schema ? { schema } : {}) });
    rest = '';
  }
  return tools;
}

/** Returns the schema that a text has somewhere, such as a client's own words about the form of the answer. */
function schemaIn(text) {
  for (const { index } of text.matchAll(/\{/g)) {
    for (let end = text.lastIndexOf('}'); end > index; end = text.lastIndexOf('}', end - 1)) {
      const value = json(text.slice(index, end + 1));
      if (value?.properties) return value;
    }
  }
  return undefined;
}

/** Returns what a system's message says about tools and the form of the answer, or null. */
function rulesOf(text) {
  const [before, form] = text.split(/^# Form of the answer$/m);
  const tools = /^# Tools$/m.test(before) ? declared(before.replace(/^[\s\S]*?^# Tools$/m, '')) : [];
  if (tools.length === 0 && form === undefined) return null;
  return {
    tools,
    call: /<(tool_call_[a-z0-9]+) name="/.exec(before)?.[1],
    refusal: /<(refusal_[a-z0-9]+)>/.exec(text)?.[1],
    single: /^- One call at most/m.test(before),
    must: /must call a tool/.test(before) || /must call `/.test(before),
    named: /must call `([^`]+)`/.exec(before)?.[1],
    format: form === undefined ? null : json(/^Schema `[^`]*`.*?: (\{.*\})$/m.exec(form)?.[1]) ?? ANY,
  };
}

const unquoted = (text) => text.replace(/^\| ?/gm, '');

/** Returns the calls and results of the messages as [{ name, input }] and [text]. */
function exchanged(messages, call) {
  const mark = call?.replace('tool_call_', '') ?? '[a-z0-9]+';
  const blocks = (kind, text) => [...text.matchAll(new RegExp(`<tool_${kind}_${mark}([^>]*)>\\n?([\\s\\S]*?)\\n?</tool_${kind}_${mark}>`, 'g'))];
  const calls = messages.filter(({ role }) => role === 'grok').flatMap(({ text }) => blocks('call', text))
    .map(([, attributes, input]) => ({ name: /name="([^"]*)"/.exec(attributes)?.[1] ?? '', input }));
  const results = messages.filter(({ role }) => role !== 'grok').flatMap(({ text }) => blocks('result', text)).map(([, , text]) => unquoted(text));
  return { calls, results };
}

/** Reads what was sent: rules, the last question, what was called and found since, and whether this is a second try. */
export function read(message, files = []) {
  const older = files.filter(({ name }) => name === 'dialogue.txt').flatMap(({ bytes }) => messagesOf(String(bytes)));
  const messages = [...older, ...messagesOf(message)];
  const found = messages.filter(({ role }) => role === '系统').map(({ text }) => rulesOf(text)).filter(Boolean);
  // The file has in full what is shortened in the message.
  const rules = found.find(({ tools, format }) => tools.length > 0 || format) ?? null;
  if (rules?.format === ANY) rules.format = messages.filter(({ role }) => role === '系统').map(({ text }) => schemaIn(text)).find(Boolean) ?? ANY;
  const isRepair = ({ role, text }) => role === '用户' && text.startsWith('Your last answer cannot be used');
  const repaired = messages.some(isRepair);
  const at = messages.findLastIndex((each) => each.role === '用户' && !isRepair(each));
  const question = (messages[at]?.text ?? '').replace(/\[\[[^\]]*\]\]/g, '').trim();
  const { calls, results } = exchanged(messages.slice(at + 1), rules?.call);
  return { rules, question, repaired, results, calls: calls.filter((call) => isValid(call, rules)) };
}

/** Returns whether a call of the dialogue was one: what a second try is asked for must be called again. */
function isValid({ name, input }, rules) {
  const schema = rules?.tools.find((tool) => tool.name === name)?.schema;
  const value = schema ? json(input) : {};
  return value !== undefined && !(schema?.required ?? []).some((member) => value[member] === undefined);
}

const block = (rules, { name, input }) => `<${rules.call} name="${name}">\n${input}\n</${rules.call}>`;

/** Spoils an answer in the way of the directive `garble`. A second try is spoilt only by the ways that say so. */
function garbled(how, text, { rules, repaired, isCall }) {
  const [way, always] = how.split('_always');
  if (repaired && always === undefined) return text;
  switch (way) {
    case 'fenced': return `\`\`\`${isCall ? 'xml' : 'json'}\n${text}\n\`\`\``;
    case 'prose': return isCall ? `I will look that up.\n\n${text}` : `Here is the JSON:\n\n${text}\n\nI hope this helps.`;
    case 'cut': return text.slice(0, Math.floor(text.length * 0.6));
    case 'invalid': return text.replace(/\{[\s\S]*\}/, '{"this is": not JSON');
    case 'misfit': return text.replace(/\{[\s\S]*\}/, '{"no_such_member": []}');
    case 'refuse': return `<${rules.refusal}>I can't help with that.</${rules.refusal}>`;
    case 'none': return 'I would rather talk about trees.';
    default: throw new Error(`the directive garble does not know ${how}`);
  }
}

/** Returns an answer that follows the instructions in a message, or null if it has none. */
export function followed(options, message, files) {
  const { rules, question, repaired, calls, results } = read(message, files);
  if (!rules && calls.length === 0 && results.length === 0) return null;
  const garble = (text, isCall) => (options.garble ? garbled(options.garble, text, { rules, repaired, isCall }) : text);
  const source = (n = 0) => new Source(question, results, n);
  const chosen = rules ? choose(rules, question, calls) : [];
  if (chosen.length > 0) {
    const inputOf = ({ tool, nth }) => (tool.schema ? JSON.stringify(fill(tool.schema, source(nth))) : `for ${tool.name}: ${question}`);
    return garble(chosen.map((choice) => block(rules, { name: choice.tool.name, input: inputOf(choice) })).join('\n'), true);
  }
  if (rules?.format) return garble(JSON.stringify(fill(rules.format, source())), false);
  if (results.length > 0) return `That is what I found: ${results.join('; ')}`;
  return null;
}
