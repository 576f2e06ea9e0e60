// The conversation: its turns, and the answer that is being streamed.
import { shared } from '../../store.js';
import { saidIn } from './answer.js';
import { keepOnLeaving, restored } from './kept.js';
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
/** The unsent question. */
export const draft = shared(before.draft);
keepOnLeaving(() => ({ turns: turns.get(), system: system.get(), draft: draft.get() }));

/** The next id. It starts at the time, because turns from before a reload keep their ids. */
let next = Date.now();
/** Aborts the answer that is being streamed. */
let control = null;

export const stop = () => control?.abort();

export function clear() {
  stop();
  turns.set([]);
}

/** Adds a question and requests its answer. */
export function ask({ text, pictures, model, key }) {
  turns.set([...turns.get(), { id: next++, role: 'user', text, pictures }]);
  return answer({ model, key });
}

/** Replaces the last answer by a new one. */
export function regenerate({ model, key }) {
  stop();
  turns.set(turns.get().slice(0, turns.get().findLastIndex(({ role }) => role === 'user') + 1));
  return answer({ model, key });
}

/** Changes the text of a question, removes later turns, and requests an answer. */
export function askAgain(id, { text, model, key }) {
  stop();
  const at = turns.get().findIndex((turn) => turn.id === id);
  turns.set([...turns.get().slice(0, at), { ...turns.get()[at], text }]);
  return answer({ model, key });
}

/** Returns the request for the conversation, without thinking and without empty answers. */
export function requestFor(history, { model, system: instruction }) {
  const messages = history.map((turn) => (turn.role === 'user' ? question(turn) : { role: 'assistant', content: saidIn(turn.text) }))
    .filter(({ content }) => content.length > 0);
  if (instruction.trim()) messages.unshift({ role: 'system', content: instruction.trim() });
  return { model, messages, stream_options: { include_usage: true } };
}

function question({ text, pictures }) {
  if (pictures.length === 0) return { role: 'user', content: text };
  const parts = pictures.map(({ url }) => ({ type: 'image_url', image_url: { url } }));
  return { role: 'user', content: text ? [{ type: 'text', text }, ...parts] : parts };
}

async function answer({ model, key }) {
  const body = requestFor(turns.get(), { model, system: system.get() });
  const turn = { id: next++, role: 'assistant', text: '', state: 'waiting', model, events: [], firstMs: null, totalMs: null, usage: null, requestId: null, error: null };
  const mine = new AbortController();
  control = mine;
  const show = () => turns.set(turns.get().map((each) => (each.id === turn.id ? { ...turn } : each)));
  turns.set([...turns.get(), turn]);
  let timer = null;
  const start = performance.now();
  const since = () => performance.now() - start;
  const onChunk = (delta, raw) => {
    turn.events.push({ at: since(), raw });
    if (delta !== '') {
      turn.firstMs ??= since();
      turn.text += delta;
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
