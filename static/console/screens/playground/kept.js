// The conversation over a reload of the page: in this tab's storage, beside its key and no longer than that. The events of
// its streams are left behind for their size.
import { keyIsKept } from './key.js';
import { ChatError } from './stream.js';

const STORED = 'playground-conversation';

/**
 * @typedef {{ turns: import('./conversation.js').Turn[], system: string, draft: { text: string, pictures: import('./pictures.js').Attached[] } }} Conversation
 * @returns {Conversation} of before the reload, or an empty one
 */
export function restored() {
  try {
    const { turns, ...rest } = JSON.parse(sessionStorage.getItem(STORED));
    return { turns: turns.map(revived), ...rest };
  } catch {
    return { turns: [], system: '', draft: { text: '', pictures: [] } };
  }
}

/** The request ended with the page that made it. */
function revived({ error, ...turn }) {
  const state = ['waiting', 'writing'].includes(turn.state) ? 'stopped' : turn.state;
  return { ...turn, state, events: null, error: error ? new ChatError(error.status, error, error.retryAfter) : null };
}

const plain = ({ status, code, message, field, retryAfter }) => ({ status, code, message, field, retryAfter });

/** Keeps what `read` gives whenever the page is left. What does not fit, such as many pictures, is asked about. @param {() => Conversation} read */
export function keepOnLeaving(read) {
  const keep = () => {
    const { turns, system, draft: { text, pictures } } = read();
    if (turns.length + system.length + text.length + pictures.length === 0) return sessionStorage.removeItem(STORED);
    return sessionStorage.setItem(STORED, JSON.stringify({ system, draft: { text, pictures }, turns: turns.map(({ events, error, ...turn }) => ({ ...turn, error: error && plain(error) })) }));
  };
  addEventListener('beforeunload', (event) => {
    if (!keyIsKept()) return;
    try { keep(); } catch { event.preventDefault(); }
  });
  addEventListener('pagehide', () => {
    if (!keyIsKept()) return;
    // What was kept before would come back in its place.
    try { keep(); } catch { sessionStorage.removeItem(STORED); }
  });
}
