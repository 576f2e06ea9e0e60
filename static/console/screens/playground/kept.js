// Keeps the conversation over a reload of the page: in this tab's storage, as long as its key. Events of the streams are
// not kept, because they are large.
import { keyIsKept } from './key.js';
import { nothing } from './message.js';
import { DEFAULTS } from './options.js';
import { ChatError } from './stream.js';

const STORED = 'playground-conversation';

/**
 * Restores the conversation.
 * @typedef {{ turns: import('./conversation.js').Turn[], system: string, options: typeof DEFAULTS, draft: { text: string, pictures: import('./pictures.js').Attached[] } }} Conversation
 * @returns {Conversation} the one before the reload, or an empty one
 */
export function restored() {
  try {
    const { turns, options, ...rest } = JSON.parse(sessionStorage.getItem(STORED));
    return { turns: turns.map(revived), options: { ...DEFAULTS, ...options }, ...rest };
  } catch {
    return { turns: [], system: '', options: DEFAULTS, draft: { text: '', pictures: [] } };
  }
}

/** Restores a turn; an unfinished request ended with its page. */
function revived({ error, ...turn }) {
  if (turn.role === 'user') return turn;
  const state = ['waiting', 'writing'].includes(turn.state) ? 'stopped' : turn.state;
  // An earlier release kept fewer parts.
  return { ...nothing(), ...turn, state, events: null, error: error ? new ChatError(error.status, error, error.retryAfter) : null };
}

const isDefault = (options) => Object.keys(DEFAULTS).every((name) => options[name] === DEFAULTS[name]);
const plain = ({ status, code, message, field, retryAfter }) => ({ status, code, message, field, retryAfter });

/** Saves the conversation when the page is left; asks first if it does not fit, for example many pictures. @param {() => Conversation} read */
export function keepOnLeaving(read) {
  const keep = () => {
    const { turns, system, options, draft: { text, pictures } } = read();
    if (turns.length + system.length + text.length + pictures.length === 0 && isDefault(options)) return sessionStorage.removeItem(STORED);
    return sessionStorage.setItem(STORED, JSON.stringify({ system, options, draft: { text, pictures }, turns: turns.map(({ events, error, ...turn }) => ({ ...turn, error: error && plain(error) })) }));
  };
  addEventListener('beforeunload', (event) => {
    if (!keyIsKept()) return;
    try { keep(); } catch { event.preventDefault(); }
  });
  addEventListener('pagehide', () => {
    if (!keyIsKept()) return;
    // Otherwise an older conversation would be restored.
    try { keep(); } catch { sessionStorage.removeItem(STORED); }
  });
}
