// The conversation: what was asked and answered, and the answer that is being written.
import { shared } from '../../store.js';
import { saidIn } from './answer.js';
import { keepOnLeaving, restored } from './kept.js';
import { streamChat } from './stream.js';

/** An answer is drawn this often while it is written, for each of its tokens would be too often; a long one, which takes long to draw, less often. */
const drawnEvery = ({ length }) => Math.max(50, length / 1_000);

/**
 * @typedef {object} Turn
 * @property {number} id
 * @property {'user' | 'assistant'} role
 * @property {string} text
 * @property {import('./pictures.js').Attached[]} [pictures] of a question
 * @property {'waiting' | 'writing' | 'done' | 'stopped' | 'failed'} [state] of an answer, as all below
 * @property {string} [model]
 * @property {{ at: number, raw: string }[] | null} [events] every event of the stream, with its milliseconds since the start; null after a reload
 * @property {number | null} [firstMs] when the first text came
 * @property {number | null} [totalMs]
 * @property {object | null} [usage]
 * @property {string | null} [requestId]
 * @property {import('./stream.js').ChatError | null} [error]
 */

const before = restored();
/** @type {ReturnType<typeof shared<Turn[]>>} */
export const turns = shared(before.turns);
export const system = shared(before.system);
/** What is being typed. */
export const draft = shared(before.draft);
keepOnLeaving(() => ({ turns: turns.get(), system: system.get(), draft: draft.get() }));

/** Not from 1: those of before a reload have theirs. */
let next = Date.now();
/** Ends the answer that is being written. */
let control = null;

export const stop = () => control?.abort();

export function clear() {
  stop();
  turns.set([]);
}

/** Asks, and has it answered. */
export function ask({ text, pictures, model, key }) {
  turns.set([...turns.get(), { id: next++, role: 'user', text, pictures }]);
  return answer({ model, key });
}

/** Has the last question answered anew. */
export function regenerate({ model, key }) {
  stop();
  turns.set(turns.get().slice(0, turns.get().findLastIndex(({ role }) => role === 'user') + 1));
  return answer({ model, key });
}

/** Puts another text into a question and has it answered; what came after it is gone. */
export function askAgain(id, { text, model, key }) {
  stop();
  const at = turns.get().findIndex((turn) => turn.id === id);
  turns.set([...turns.get().slice(0, at), { ...turns.get()[at], text }]);
  return answer({ model, key });
}

/** The request for what has been said, without what was thought and without answers that brought nothing. */
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
