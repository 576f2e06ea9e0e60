// What is answered to a request: thoughts, searches, calls, text. Nothing of it is a fixed answer to one test.
import { SEARCH_RESULTS, pieces, scriptedText } from '../fake-grok/answer.mjs';
import { choose } from '../fake-grok/choice.mjs';
import { Source, fill } from '../fake-grok/filling.mjs';
import { question } from '../fake-grok/options.mjs';
import { textOf } from './input.mjs';

const THOUGHTS = 'The question is clear. I look at what was asked, and then I write the answer.';
const REFUSAL = "I can't help with that.";
const POSTS = [{ title: 'Redwoods on X', url: 'https://x.com/i/status/1790000000000000001' }, { title: 'An arborist on X', url: 'https://x.com/i/status/1790000000000000002' }];

const isUser = ({ type, role }) => type === 'message' && role === 'user';

/** Returns the last message of the user, which has the directives. */
export const lastMessage = (items) => textOf(items.filter(isUser).at(-1)?.content);

function pleasant(asked) {
  if (/[\u4e00-\u9fff]/.test(asked)) {
    return `您好！您的问题是：“${asked}”。\n\n这是项目自带的**模拟 xAI API** 的回答：先思考，再逐词作答 🌲。\n\n换成真实服务：在控制台添加 xAI 密钥，并让 \`xai_base_url\` 指向 https://api.x.ai/v1。`;
  }
  return `Hello! You asked: “${asked || 'nothing yet'}”.\n\nThis answer comes from the **scripted xAI API** that ships with the project. Like the real service it thinks first `
    + 'and then writes its answer word by word 🌲.\n\nTo talk to the real one, add your xAI keys in the console and let `xai_base_url` point at https://api.x.ai/v1.';
}

/** Returns what has been called and found since the user's last message. */
function exchanged(items) {
  const since = items.slice(items.findLastIndex(isUser) + 1);
  return {
    calls: since.filter(({ type }) => type === 'function_call').map(({ name, arguments: input }) => ({ name, input })),
    results: since.filter(({ type }) => type === 'function_call_output').map(({ output }) => textOf(output)),
  };
}

const spoilt = { invalid: () => '{"this is": not JSON', misfit: () => '{"no_such_member":[]}', cut: (text) => text.slice(0, Math.floor(text.length * 0.6)) };

function spoil(how, text) {
  if (how === undefined) return text;
  if (!Object.hasOwn(spoilt, how)) throw new Error(`the directive garble does not know ${how}`);
  return spoilt[how](text);
}

function callsOf({ body, functions, options, asked, found }) {
  if (Array.isArray(options.calls)) return options.calls.map(({ name, arguments: input }) => ({ name, input: typeof input === 'string' ? input : JSON.stringify(input) }));
  if (functions.length === 0 || body.tool_choice === 'none' || options.nocalls) return [];
  const rules = { tools: functions.map(({ name, description }) => ({ name, description: description ?? '' })), single: body.parallel_tool_calls === false,
    must: body.tool_choice === 'required' || Boolean(body.tool_choice?.name), named: body.tool_choice?.name };
  const chosen = choose(rules, asked, found.calls);
  const parameters = ({ name }) => functions.find((each) => each.name === name).parameters ?? { type: 'object' };
  return chosen.map(({ tool, nth }) => ({ name: tool.name, input: spoil(options.garble, JSON.stringify(fill(parameters(tool), new Source(asked, found.results, nth)))) }));
}

function searchesOf({ tools, options, asked }) {
  const has = (type) => tools.some((tool) => tool.type === type);
  const query = asked.slice(0, 80) || 'tallest tree';
  const wanted = (option, words) => (option === undefined ? Number(words.test(asked)) : Number(option));
  const of = (type, count, found) => Array.from({ length: has(type) ? count : 0 }, () => ({ type, query, found }));
  return [...of('web_search', wanted(options.web, /\b(search|find|news|look up|latest)\b|搜|新闻/i), SEARCH_RESULTS),
    ...of('x_search', wanted(options.x, /\b(posts?|tweets?|on X)\b|帖/), POSTS)];
}

function form(body, asked, found) {
  const format = body.text?.format;
  if (format?.type === 'json_schema') return JSON.stringify(fill(format.schema, new Source(asked, found.results)));
  if (format?.type === 'json_object') return JSON.stringify({ answer: asked });
  return undefined;
}

function said({ body, items, options, asked, found }) {
  const scripted = scriptedText(options, lastMessage(items));
  if (scripted !== undefined) return scripted;
  if (options.recite) return items.map((item) => textOf(item.content ?? item.output)).filter(Boolean).join('\n');
  const json = form(body, asked, found);
  if (json !== undefined) return spoil(options.garble, json);
  return found.results.length > 0 ? `That is what I found: ${found.results.join('; ')}` : pleasant(question(lastMessage(items)));
}

/** Adds what was found to a text: `[[1]](address)` behind it, and an annotation each. */
function cited(text, searches, { options, body }) {
  const sources = searches.flatMap(({ found }) => found).filter(({ url }, n, all) => all.findIndex((each) => each.url === url) === n);
  const inline = options.cite !== false && body.text?.format?.type !== 'json_schema' && !body.include?.includes('no_inline_citations');
  let whole = text;
  const annotations = sources.map(({ title, url }, n) => {
    const mark = `[[${n + 1}]](${url})`;
    const start = inline ? [...whole].length : 0;
    if (inline) whole += mark;
    return { type: 'url_citation', url, title, start_index: start, end_index: inline ? [...whole].length : 0 };
  });
  return { text: whole, annotations, citations: sources.map(({ url }) => url) };
}

/** Returns the plan of an answer: { thoughts, searches, calls, refusal, preface, pieces, annotations, citations }. */
export function plan({ body, items, tools, functions, model, options }) {
  const asked = lastMessage(items).replace(/\[\[[^\]]*\]\]/g, '').trim();
  const found = exchanged(items);
  const given = { body, items, tools, functions, options, asked, found };
  const thinks = model.thinks && body.reasoning?.effort !== 'none' && options.think !== 0;
  const thoughts = thinks ? (options.think > 0 ? Array.from({ length: options.think }, (_, n) => `thought${n}`).join(' ') : THOUGHTS) : null;
  const none = { thoughts, searches: [], calls: [], pieces: [], annotations: [], citations: [] };
  if (options.refuse) return { ...none, refusal: typeof options.refuse === 'string' ? options.refuse : REFUSAL };
  const calls = callsOf(given);
  if (calls.length > 0) return { ...none, calls, preface: options.preface };
  const searches = searchesOf(given);
  const { text, ...marks } = cited(said(given), searches, given);
  return { ...none, searches, ...marks, pieces: pieces(searches.length > 0 ? { ...options, tokens: undefined } : options, text) };
}
