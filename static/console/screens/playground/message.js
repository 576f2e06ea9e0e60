// An answer in the form of the API: collected from the chunks of a stream, and sent again as messages.
import { saidIn } from './answer.js';

/**
 * @typedef {object} Call a call of a tool
 * @property {string} id
 * @property {string} name
 * @property {string} input the arguments as JSON, or the text for a custom tool
 * @property {boolean} isCustom
 * @property {string} result written by hand
 *
 * @typedef {{ url: string, title: string, start: number }} Cited a source, and the character at which the text links to it
 */

/** Returns the parts of an answer of which nothing has arrived. @returns {{ text: string, reasoning: string, refusal: string, calls: Call[], sources: Cited[] }} */
export const nothing = () => ({ text: '', reasoning: '', refusal: '', calls: [], sources: [] });

/** Adds the delta of a chunk to an answer. @returns {boolean} whether it brought something to show */
export function collect(answer, { content, reasoning_content: reasoning, refusal, tool_calls: calls, annotations }) {
  answer.text += content ?? '';
  answer.reasoning += reasoning ?? '';
  answer.refusal += refusal ?? '';
  for (const piece of calls ?? []) collectCall(answer.calls, piece);
  for (const { url_citation: cited } of annotations ?? []) {
    if (cited) answer.sources.push({ url: cited.url, title: cited.title, start: cited.start_index });
  }
  return Boolean(content || reasoning || refusal || calls?.length || annotations?.length);
}

/** Adds a piece of a call. The first one has id, type and name. */
function collectCall(calls, { index, id, function: called, custom }) {
  calls[index] ??= { id: '', name: '', input: '', isCustom: custom !== undefined, result: '' };
  const call = calls[index];
  const piece = custom ?? called ?? {};
  call.id ||= id ?? '';
  call.name ||= piece.name ?? '';
  call.input += piece.arguments ?? piece.input ?? '';
}

/** Returns what an answer says, without thinking. JSON is left as it is: a tag in it is part of a value. */
export const said = ({ text, isJson }) => (isJson ? text : saidIn(text));

/** Returns calls as an assistant's message has them. @param {Call[]} calls */
export const asToolCalls = (calls) => calls.map(({ id, name, input, isCustom }) => (isCustom
  ? { id, type: 'custom', custom: { name, input } }
  : { id, type: 'function', function: { name, arguments: input } }));

/** Returns the messages of an answer: none if it is empty, and one for each result. Calls without results are left out. */
export function messagesOf(answer) {
  const text = said(answer);
  const calls = answer.areAnswered ? answer.calls : [];
  if (text === '' && answer.refusal === '' && calls.length === 0) return [];
  const message = { role: 'assistant', content: text || null };
  if (answer.refusal !== '') message.refusal = answer.refusal;
  if (calls.length > 0) message.tool_calls = asToolCalls(calls);
  return [message, ...calls.map(({ id, result }) => ({ role: 'tool', tool_call_id: id, content: result }))];
}
