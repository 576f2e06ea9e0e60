// A small client of Grok's web gateway, for the tests of the scripted Grok: it does each step by itself, so that each can be done wrong.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { jwt, userIdOf } from '../fake-grok.mjs';

const LIMIT_MS = 15_000;

export const MODE_OPTIONS = { protocol_capabilities: ['conversation_attached', 'custom_methods_v1'], use_chunk: true, enable_image_generation: true,
  image_generation_count: 2, keep_context: false, is_temporary: true, disable_memory: true };

export { userIdOf };

/** Returns the address and headers of a good handshake. */
export function handshake(grok, token = jwt('basic-1')) {
  const userId = userIdOf(token);
  return { path: `/ws/mgw/?uid=${userId}`, headers: { cookie: `sso=${token}; sso-rw=${token}; x-userid=${userId}`, origin: 'https://grok.com',
    'user-agent': 'Mozilla/5.0 (suite)' } };
}

/** Opens a socket. Rejects with { status, headers, body } where the service refuses, or with the socket's error. */
export function open(grok, { path, headers }, options = {}) {
  const ws = new WebSocket(grok.url.replace(/^http/, 'ws') + path, { headers, perMessageDeflate: false, maxPayload: 64 << 20, ...options });
  return new Promise((resolve, reject) => {
    ws.once('open', () => resolve(new Client(ws)));
    ws.once('error', reject);
    ws.once('unexpected-response', async (_, res) => {
      const parts = [];
      for await (const part of res) parts.push(part);
      reject({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts).toString() });
    });
  });
}

/** Opens, creates a session and waits until it is attached. */
export async function attached(grok, token, { mode = 'fast', x_grok = {} } = {}) {
  const client = await open(grok, handshake(grok, token));
  client.create(mode, x_grok);
  await client.until('conversation.attached');
  return client;
}

/** Cuts a message that holds several JSON objects. */
export function split(text) {
  const found = [];
  let [depth, start, quoted] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (quoted && c === '\\') at += 1;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === '{' && depth++ === 0) start = at;
    else if (!quoted && c === '}' && --depth === 0) found.push(JSON.parse(text.slice(start, at + 1)));
  }
  return found;
}

class Client {
  /** Every object received, in order; `messages` counts WebSocket messages. */
  received = [];
  messages = 0;
  binaries = 0;
  sessionId;

  constructor(ws) {
    this.ws = ws;
    const late = new Promise((_, reject) => { setTimeout(reject, LIMIT_MS, new Error('the connection was not closed')).unref(); });
    this.closed = Promise.race([once(ws, 'close').then(([code, reason]) => ({ code, reason: reason.toString() })), late]);
    this.closed.catch(() => {});
    ws.on('error', () => {});
    ws.on('message', (data, binary) => {
      if (binary) return void (this.binaries += 1);
      this.messages += 1;
      for (const object of split(data.toString())) {
        this.received.push(object);
        if (object.session_id) this.sessionId ??= object.session_id;
      }
      this.waiting?.();
    });
  }

  /** Every event received, those of a top-level error as { type: 'bare' }. */
  get events() { return this.received.map((object) => object.event ?? { type: 'bare', ...object }); }

  send(event, sessionId = this.sessionId) {
    this.ws.send(JSON.stringify({ ...(sessionId ? { session_id: sessionId } : {}), event: { event_id: `evt_${randomUUID()}`, ...event } }));
  }

  create(model = 'fast', x_grok = {}) {
    this.send({ type: 'session.create', event_id: 'evt_init_1', session: { model, x_grok: { ...MODE_OPTIONS, ...x_grok } } }, null);
  }

  /** Sends a message; `files` are mentioned before it. */
  say(text, files = []) {
    const ids = files.length > 0 ? { file_attachment_ids: files } : {};
    this.send({ type: 'conversation.item.create', ...ids, item: { type: 'message', role: 'user', ...ids, x_grok: { client_message_id: randomUUID(),
      input_chunks: [...files.map((file_id) => ({ mention: { target: { file_mention: { file_id } } } })), { text: { text } }] } } });
    this.send({ type: 'response.create' });
  }

  /** Waits for an event of one of these types (or of one that `test` accepts) and returns it; gives up after `ms` or at the close. */
  async until(test, ms = LIMIT_MS) {
    const wanted = typeof test === 'function' ? test : (event) => [test].flat().includes(event.type);
    const end = Date.now() + ms;
    for (;;) {
      const found = this.events.find(wanted);
      if (found) return found;
      const left = end - Date.now();
      let timer;
      const woken = await Promise.race([new Promise((resolve) => { this.waiting = () => resolve(true); }), this.closed.then(() => false),
        new Promise((resolve) => { timer = setTimeout(resolve, Math.max(0, left), false); })]);
      clearTimeout(timer);
      if (!woken && !this.events.some(wanted)) throw new Error(`no ${test}: got ${this.events.map((event) => event.type).join(' ')}`);
    }
  }

  /** Asks and waits for the end of the answer; leaves the connection open. */
  async ask(text, files) {
    this.say(text, files);
    await this.until(['response.done', 'response.completed']);
    return this;
  }

  close() {
    this.ws.close();
    return this.closed;
  }
}

/** Returns the answer's text as a careful client reads it: chunks of the answer's channel, or deltas, or the text of `done` alone. */
export function said(events) {
  const end = events.findIndex((event) => /^response\.(done|completed)$/.test(event.type));
  const answer = end < 0 ? events : events.slice(0, end);
  const chunks = answer.map((event) => event.chunk?.text).filter((text) => text && (text.channel ?? 'CHANNEL_ASSISTANT_RESPONSE') === 'CHANNEL_ASSISTANT_RESPONSE');
  if (chunks.length > 0) return chunks.map(({ text }) => text).join('');
  const deltas = answer.filter((event) => event.type === 'response.output_text.delta' && !event.x_grok?.is_thinking);
  if (deltas.length > 0) return deltas.map(({ delta }) => delta).join('');
  return answer.find((event) => event.type === 'response.output_text.done')?.text ?? '';
}
