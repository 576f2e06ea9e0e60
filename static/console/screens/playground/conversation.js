// The conversation: its turns, and the answer that is being streamed.
import { shared } from '../../store.js';
import { keepOnLeaving, restored } from './kept.js';
import { collect, messagesOf, nothing } from './message.js';
import { streamChat } from './stream.js';

/** Milliseconds between draws of a streamed answer; a longer text is drawn less often, because drawing it takes longer. */
const drawnEvery = ({ length }) => Math.max(50, length / 1_000);

/**
 * @typedef {object} Turn
 * @property {number} id
 * @property {'user' | 'assistant'} role
 * @property {string} text
 * @property {import('./pictures.js').Attached[]} [pictures] questions only
 * @property {'waiting' | 'writing' | 'done' | 'stopped' | 'failed'} [state] answers only, like all properties below
 * @property {string} [model]
 * @property {string} [reasoning] thinking outside of the text
 * @property {string} [refusal]
 * @property {import('./message.js').Call[]} [calls]
 * @property {boolean} [areAnswered] whether the results of the calls are part of the conversation
 * @property {import('./message.js').Cited[]} [sources]
 * @property {boolean} [isJson] whether the text was requested as JSON
 * @property {{ at: number, raw: string }[] | null} [events] events of the stream with their milliseconds since the request; null after a reload of the page
 * @property {number | null} [firstMs] milliseconds from the request to the first text
 * @property {number | null} [totalMs]
 * @property {object | null} [usage]
 * @property {string | null} [requestId]
 * @property {import('./stream.js').ChatError | null} [error]
 */

const before = restored();
/** @type {ReturnType<typeof shared<Turn[]>>} */
export const turns = shared(before.turns);
export const system = shared(before.system);
export const options = shared(before.options);
/** The unsent question. */
export const draft = shared(before.draft);
keepOnLeaving(() => ({ turns: turns.get(), system: system.get(), options: options.get(), draft: draft.get() }));

/** The next id. It starts at the time, because turns from before a reload keep their ids. */
let next = Date.now();
/** Aborts the answer that is being streamed. */
let control = null;

export const stop = () => control?.abort();

export function clear() {
  stop();
  turns.set([]);
}

/**
 * What a request is made with.
 * @typedef {{ model: string, key: string, fields: object }} Settings `fields` are those of the options
 */

/** Adds a question and requests its answer. */
export function ask({ text, pictures, ...settings }) {
  turns.set([...turns.get(), { id: next++, role: 'user', text, pictures }]);
  return answer(settings);
}

/** Replaces the last answer by a new one. @param {Settings} settings */
export function regenerate(settings) {
  stop();
  turns.set(turns.get().slice(0, -1));
  return answer(settings);
}

/** Changes the text of a question, removes later turns, and requests an answer. */
export function askAgain(id, { text, ...settings }) {
  stop();
  turns.set(upTo(id, { text }));
  return answer(settings);
}

/** Writes the result of a call of an answer. */
export function writeResult(id, index, result) {
  turns.set(turns.get().map((turn) => (turn.id === id
    ? { ...turn, calls: turn.calls.map((call, at) => (at === index ? { ...call, result } : call)) } : turn)));
}

/** Adds the results of an answer's calls to the conversation, and requests the next answer. @param {Settings} settings */
export function answerCalls(id, settings) {
  turns.set(upTo(id, { areAnswered: true }));
  return answer(settings);
}

/** Opens the results of an answer's calls for a change, and removes later turns. */
export function changeResults(id) {
  stop();
  turns.set(upTo(id, { areAnswered: false }));
}

/** Returns the turns up to one, which is changed. */
function upTo(id, changed) {
  const at = turns.get().findIndex((turn) => turn.id === id);
  return [...turns.get().slice(0, at), { ...turns.get()[at], ...changed }];
}

/** Returns the request for the conversation, without thinking and without empty answers. */
export function requestFor(history, { model, system: instruction, fields }) {
  const messages = history.flatMap((turn) => (turn.role === 'user' ? [question(turn)] : messagesOf(turn)));
  if (instruction.trim()) messages.unshift({ role: 'system', content: instruction.trim() });
  const request = { model, messages, ...fields, stream_options: { include_usage: true } };
  // A call that must come would come again after its result, without end.
  if (history.at(-1).role === 'assistant' && request.tool_choice !== 'none') delete request.tool_choice;
  return request;
}

function question({ text, pictures }) {
  if (pictures.length === 0) return { role: 'user', content: text };
  const parts = pictures.map(({ url }) => ({ type: 'image_url', image_url: { url } }));
  return { role: 'user', content: text ? [{ type: 'text', text }, ...parts] : parts };
}

async function answer({ model, key, fields }) {
  const body = requestFor(turns.get(), { model, system: system.get(), fields });
  const turn = { id: next++, role: 'assistant', ...nothing(), isJson: fields.response_format !== undefined, areAnswered: false, state: 'waiting', model,
    events: [], firstMs: null, totalMs: null, usage: null, requestId: null, error: null };
  const mine = new AbortController();
  control = mine;
  const show = () => turns.set(turns.get().map((each) => (each.id === turn.id ? { ...turn } : each)));
  turns.set([...turns.get(), turn]);
  let timer = null;
  const start = performance.now();
  const since = () => performance.now() - start;
  const onChunk = (delta, raw) => {
    turn.events.push({ at: since(), raw });
    if (collect(turn, delta)) {
      turn.firstMs ??= since();
      turn.state = 'writing';
    }
    timer ??= setTimeout(() => { timer = null; show(); }, drawnEvery(turn.text));
  };
  const { finishReason, usage, error, requestId } = await streamChat({ key, body, signal: mine.signal, onChunk });
  clearTimeout(timer);
  const state = error ? 'failed' : finishReason === 'aborted' ? 'stopped' : 'done';
  Object.assign(turn, { state, usage, error, requestId, totalMs: since() });
  if (control === mine) control = null;
  show();
}
