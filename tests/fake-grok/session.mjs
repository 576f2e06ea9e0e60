// One conversation on the socket: what a client may send, in which order, and what it gets for everything else.
import { setTimeout as sleep } from 'node:timers/promises';
import { MODES } from './account.mjs';
import { conversationOptions } from './conversation.mjs';
import { tokenOptions, uuid } from './options.mjs';
import { turnEvents } from './turn.mjs';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const FLAGS = ['use_chunk', 'accept_interleaved_phases', 'enable_side_by_side', 'force_side_by_side', 'enable_image_generation', 'disable_text_follow_ups',
  'disable_artifact', 'force_concise', 'keep_context', 'is_temporary', 'disable_memory', 'load_existing', 'needs_history'];
const COMMANDS = [{ name: 'imagine', description: 'Draw a picture' }];

class Refused extends Error {
  constructor(code, message) { super(message); this.code = code; }
}

const demand = (condition, message, code = 3) => { if (!condition) throw new Refused(code, message); };
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Checks the options of `session.create` and returns them. */
function sessionOptions({ session }, sessionId) {
  demand(isObject(session), 'session is missing');
  demand(MODES.includes(session.model), `session.model ${JSON.stringify(session.model)} is not a mode`);
  const options = session.x_grok;
  demand(isObject(options), 'session.x_grok is missing');
  const { protocol_capabilities: capabilities } = options;
  demand(Array.isArray(capabilities) && capabilities.includes('conversation_attached'), 'protocol_capabilities lacks conversation_attached');
  for (const flag of FLAGS) demand(options[flag] === undefined || typeof options[flag] === 'boolean', `x_grok.${flag} is not a boolean`);
  const count = options.image_generation_count;
  demand(count === undefined || (Number.isInteger(count) && count >= 0 && count <= 4), 'x_grok.image_generation_count is not a count');
  demand(sessionId === undefined && options.conversation_id === undefined, 'Conversation not found', 'conversation_not_found');
  return options;
}

/** Checks a user's message and returns its parts. `owns` says whether the account uploaded a file. */
function userItem({ item, file_attachment_ids: onEvent }, owns) {
  demand(isObject(item) && item.type === 'message' && item.role === 'user', 'item is not a message of the user');
  const { client_message_id: id, input_chunks: chunks } = item.x_grok ?? {};
  demand(UUID.test(id ?? ''), 'client_message_id is not a UUID');
  demand(Array.isArray(chunks) && chunks.length > 0, 'input_chunks is empty');
  const texts = [];
  const files = [];
  for (const chunk of chunks) {
    demand(isObject(chunk) && Object.keys(chunk).length === 1, 'an input chunk holds one of text and mention');
    if (chunk.text) {
      demand(typeof chunk.text.text === 'string', 'a text chunk without text');
      texts.push(chunk.text.text);
    } else {
      const file = chunk.mention?.target?.file_mention?.file_id;
      demand(typeof file === 'string', 'a mention without target.file_mention.file_id');
      demand(owns(file), `file ${file} is not known`, 'attachment_not_found');
      files.push(file);
    }
  }
  for (const [where, ids] of [['item', item.file_attachment_ids], ['event', onEvent]]) {
    demand(same(ids ?? [], files), `${where}.file_attachment_ids differs from the mentions`);
  }
  return { clientMessageId: id, message: texts.join(''), files, chunks: chunks.map((chunk) => Object.keys(chunk)[0]) };
}

/**
 * The session of one connection. `socketCall` is the record of its handshake, `early` the options that were known then,
 * `seen` the rules they came from.
 */
export class Session {
  #state = 'fresh';
  #item = null;
  #turn = null;
  #turns = 0;

  constructor(grok, { socketCall, early, seen, out, userId }) {
    Object.assign(this, { grok, socketCall, early, seen, out, userId });
    this.id = uuid(`session-${socketCall.id}-${socketCall.at}`);
  }

  /** Returns the turn under way or the last one. */
  get call() { return this.#turn; }

  async receive(data, binary) {
    let message;
    try { message = binary ? null : JSON.parse(data); } catch { /* refused below */ }
    const event = message?.event;
    this.socketCall.events.push({ type: event?.type ?? '?', at: Date.now() });
    if (this.early.silent || this.#turn?.silent) return;
    try {
      demand(isObject(event) && typeof event.type === 'string', 'not an event');
      await this.#dispatch(event, message.session_id);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.socketCall.refused.push(error.message);
      const session = this.#state === 'fresh' ? undefined : this.id;
      await this.out.event({ type: 'error', client_event_id: event?.event_id, error: { code: error.code, message: error.message } }, session);
    }
  }

  async #dispatch(event, sessionId) {
    if (event.type === 'ping') return this.early.nopong ? undefined : this.out.event({ type: 'pong' }, sessionId);
    if (event.type === 'pong') return this.out.ponged();
    if (event.type === 'session.create') return this.#create(event, sessionId);
    demand(this.#state !== 'fresh', 'no session: session.create comes first', 'session_not_found');
    const turn = ['conversation.item.create', 'response.create'].includes(event.type);
    if (this.#state === 'created' && turn) {
      this.socketCall.dropped += 1;
      return;
    }
    demand(sessionId === this.id, `session ${sessionId} is not known`, 'session_not_found');
    switch (event.type) {
      case 'conversation.item.create':
        this.#item = userItem(event, (file) => this.grok.uploads.owns(this.userId, file));
        return;
      case 'response.create': return this.#respond(event);
      case 'presence.update': return;
      default: throw new Refused(3, `unknown event ${event.type}`);
    }
  }

  async #create(event, sessionId) {
    demand(this.#state === 'fresh', 'this connection has its session');
    this.options = sessionOptions(event, sessionId);
    this.mode = event.session.model;
    Object.assign(this.socketCall, { session: event.session, sessionId: this.id });
    if (this.early.create_error) return this.out.event({ type: 'error', client_event_id: event.event_id, error: this.early.create_error });
    if (this.early.close_early !== undefined) return this.out.close(this.early.close_early);
    this.#state = 'created';
    const echo = this.early.noid ? {} : { client_event_id: event.event_id };
    const created = { type: 'session.created', ...echo, session: event.session };
    const attached = { type: 'conversation.attached', conversation: { id: this.early.wrong_conversation ? uuid('another') : this.id,
      object: 'realtime.conversation' }, mode: 'new' };
    if (this.early.glue && !this.early.unattached) {
      await this.out.message([created, attached].map((each) => this.out.envelope(each, this.id)).join(''));
    } else {
      await this.out.event(created, this.id);
      if (this.early.unattached) return;
      if (this.early.attach > 0) await sleep(this.early.attach);
      // Before the event is out: over TLS its answer may be here sooner than the word that it was sent.
      this.#state = 'attached';
      await this.out.event(attached, this.id);
    }
    this.#state = 'attached';
    // The service sends the list of commands to some clients only.
    if (this.early.commands ?? this.socketCall.id % 2 === 1) await this.out.event({ type: 'conversation.commands.updated', commands: COMMANDS }, this.id);
  }

  /** Starts the turn; further events are read while it runs. */
  #respond(event) {
    demand(this.#turn === null || this.#turn.endedAt !== null, 'a response is in progress', 9);
    demand(event.item === undefined, 'response.create takes no item: conversation.item.create comes first');
    demand(this.#item !== null, 'no message to answer');
    const call = this.#record(this.#item);
    this.#item = null;
    this.#turn = call;
    this.#answer(call).catch((error) => {
      console.error(`scripted Grok: ${error.stack}`);
      this.out.destroy();
    });
  }

  /** Records the turn as an HTTP chat is recorded. */
  #record({ message, files, clientMessageId, chunks }) {
    const { grok, mode, options, socketCall } = this;
    const call = grok.record({ kind: 'chat', method: 'GET', path: socketCall.path, headers: socketCall.headers, transport: 'websocket' });
    Object.assign(call, { mode, status: 101, socket: socketCall.id, clientMessageId, text: message.length > 1 << 16 ? `${message.length} characters` : message,
      body: { message, mode, fileAttachments: files, chunks, temporary: options.is_temporary === true, transport: 'websocket', x_grok: options } });
    call.done = new Promise((resolve) => {
      call.end = (aborted) => {
        if (call.endedAt !== null) return;
        call.endedAt = Date.now();
        call.aborted = aborted;
        resolve(call);
      };
    });
    Object.defineProperty(call, 'end', { enumerable: false });
    this.#turns += 1;
    socketCall.turns = this.#turns;
    return call;
  }

  async #answer(call) {
    const { grok, out } = this;
    // Rules that the handshake matched have been counted there.
    const seen = this.#turns === 1 ? this.seen : undefined;
    const options = conversationOptions(call.body, grok.directives(call.body.message), tokenOptions(call.token), grok.scripted(call, seen));
    if (options.first > 0) await sleep(options.first);
    if (options.hang === 0 && options.nopong) call.silent = true;
    if (options.hang === 0) return;
    if (options.reset) return out.destroy();
    const ctx = { id: uuid(`answer-${call.id}-${call.at}`), itemId: uuid(`item-${call.id}`), userItemId: uuid(`user-${call.id}`), message: call.body.message,
      files: grok.uploads.files(call.body.fileAttachments), clientMessageId: call.clientMessageId, mode: this.mode, session: this.options, userId: this.userId, assetsUrl: grok.url, time: new Date(call.at).toISOString(),
      allowed: options.freemode ? ['auto', 'fast'].includes(this.mode) : grok.accounts.allows(call.token, this.mode) };
    const counted = grok.accounts.begin(call.token, call.body);
    call.done.then(() => counted.end(false));
    if (counted.refusal) options.error ??= counted.refusal;
    if (grok.refusesLength(call.body.message)) options.error ??= 'user_prompt_too_long';
    let begun = false;
    const source = watched(turnEvents(options, ctx), () => { begun = true; });
    call.headAt = Date.now();
    await out.turn(source, { call, options, sessionId: this.id, pause: options.slow ?? grok.pace, finished: (complete) => {
      counted.end(complete && begun);
      call.end(false);
    } });
  }
}

function* watched(source, begun) {
  for (const item of source) {
    if (item.order === 'begun') begun();
    else yield item;
  }
}
