// Events to WebSocket messages: numbered, paced, glued, fragmented, broken off.
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const GLUED = 3;
const BATCH = 64;
const PONG_LIMIT_MS = 5_000;
const STOPS = ['cut', 'hang', 'ended', 'close'];
/** After it clients may leave at once: the turn must be counted by then. */
const isEnd = ({ type }) => type === 'response.done' || type === 'response.completed';

export class Outgoing {
  #prefix = randomBytes(16).toString('hex');
  #sent = 0;
  #glued = [];
  /** Set when the server ends the connection, and not the client. */
  ending = false;
  /** Resolves the wait for a pong. */
  ponged = () => {};

  constructor(ws, tcp) {
    this.ws = ws;
    this.tcp = tcp;
    this.closed = new Promise((resolve) => ws.once('close', resolve));
  }

  get open() { return this.ws.readyState === WebSocket.OPEN; }

  /** Returns an event in its envelope. */
  envelope({ type, ...fields }, sessionId) {
    const session = sessionId === undefined ? {} : { session_id: sessionId };
    return JSON.stringify({ ...session, event: { type, event_id: `evt_${this.#prefix}_${this.#sent++}`, ...fields } });
  }

  /** Sends one event at once. */
  event(event, sessionId) { return this.message(this.envelope(event, sessionId)); }

  /** Sends one message, in fragments of `split` bytes if asked; resolves when the kernel has it. */
  message(text, split = 0) {
    if (!this.open) return Promise.resolve(false);
    if (!(split > 0)) return this.#write(text, {});
    const bytes = Buffer.from(text);
    let last;
    for (let at = 0; at < bytes.length; at += split) last = this.#write(bytes.subarray(at, at + split), { binary: false, fin: at + split >= bytes.length });
    return last;
  }

  #write(data, options) {
    return new Promise((resolve) => { this.ws.send(data, options, (error) => resolve(!error)); });
  }

  binary(bytes) { return this.#write(bytes, { binary: true }); }

  destroy() {
    this.ending = true;
    // What was written before is delivered; a client sees its connection end without a close frame.
    this.tcp.destroySoon();
  }

  close(code, reason = '') {
    this.ending = true;
    if (this.open) this.ws.close(code, reason);
  }

  /** Sends a ping of the protocol or of WebSocket itself and waits for its answer. */
  async #pinged(level, sessionId) {
    const answered = new Promise((resolve) => { this.ponged = () => resolve(true); });
    if (level === 'frame') {
      this.ws.once('pong', this.ponged);
      this.ws.ping();
    } else await this.event({ type: 'ping' }, sessionId);
    if (await Promise.race([answered, sleep(PONG_LIMIT_MS, false, { ref: false }), this.closed.then(() => false)])) return;
    this.close(1008, 'no pong');
    await this.closed;
  }

  /**
   * Sends a turn. `call.frames` and `call.bytes` say how far it came; events leave together until a pause or a stop.
   * `finished(complete)` is called when the answer, or the error in its place, has been handed to the kernel.
   */
  async turn(source, { call, options, sessionId, pause, finished }) {
    let after = false;
    this.tcp.cork();
    try {
      if (await this.#stops(call, options, sessionId)) return;
      for (const item of source) {
        if (!this.open) return;
        if (item.order) {
          const text = item.order === 'bare' ? JSON.stringify(item.value) : item.text;
          if (text !== undefined) this.#count(call, text);
          if (item.order === 'finished') after = true;
          if (await this.#order(item, text, { call, options, sessionId, finished })) return;
          continue;
        }
        const text = this.envelope(item, sessionId);
        if (options.truncate === call.frames + 1) return await this.#torn(text, options);
        this.#count(call, text);
        const sending = this.#out(text, options);
        const paced = pause > 0 && !after && !isEnd(item);
        if (paced || call.frames % BATCH === 0 || STOPS.some((way) => options[way] === call.frames)) await this.#flush(sending);
        if (await this.#stops(call, options, sessionId)) return;
        if (paced) await sleep(pause);
      }
      await this.#flush(this.#pour());
      if (after && options.glue) finished(true);
    } finally { this.tcp.uncork(); }
  }

  #count(call, text) {
    call.frames += 1;
    call.bytes += Buffer.byteLength(text);
  }

  /** With `glue` a message holds several objects. */
  #out(text, options) {
    if (!options.glue && !options.concat) return this.message(text, options.split);
    this.#glued.push(text);
    return this.#glued.length >= GLUED ? this.#pour(options.split) : Promise.resolve(true);
  }

  #pour(split) {
    const texts = this.#glued.splice(0);
    return texts.length > 0 ? this.message(texts.join(''), split) : Promise.resolve(true);
  }

  async #flush(sending) {
    this.tcp.uncork();
    await sending;
    this.tcp.cork();
  }

  async #torn(text, options) {
    await this.#flush(this.#pour());
    await this.#flush(this.message(text.slice(0, Math.ceil(text.length / 2)), options.split));
    this.close(1000);
  }

  /** Does what a turn orders. Returns true when nothing follows. */
  async #order(item, text, { options, sessionId, finished }) {
    // Glued, the end and what comes after it share a message.
    if (item.order === 'finished' && options.glue) return false;
    await this.#flush(this.#pour());
    switch (item.order) {
      case 'hold':
        finished(false);
        return true;
      case 'close':
        this.close(item.code);
        return true;
      case 'finished':
        finished(true);
        return false;
      case 'binary': await this.#flush(this.binary(item.bytes)); return false;
      case 'await-pong':
        this.tcp.uncork();
        await this.#pinged(item.level, sessionId);
        this.tcp.cork();
        return false;
      case 'raw':
        await this.#flush(this.message(text));
        this.close(1000);
        return true;
      default: await this.#flush(this.message(text)); return false;
    }
  }

  /** Breaks the turn off where an option asks for it by the number of events. Returns true when it did. */
  async #stops(call, options, sessionId) {
    const way = STOPS.find((name) => options[name] === call.frames);
    if (!way) return false;
    await this.#flush(this.#pour());
    if (way === 'cut') this.destroy();
    if (way === 'ended') await this.#flush(this.event({ type: 'session.ended' }, sessionId));
    if (way === 'close') this.close(options.close_code ?? 1011);
    if (way === 'ended') this.ending = true;
    if (way === 'hang' && options.nopong) call.silent = true;
    return true;
  }
}
