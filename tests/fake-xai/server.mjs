// The scripted xAI itself: receives calls, records them without their keys, and answers each as the service does.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { UnknownDirective } from '../fake-grok/legend.mjs';
import { uuid } from '../fake-grok/options.mjs';
import { closed, pour } from '../fake-grok/wire.mjs';
import { lastMessage, plan } from './answer.mjs';
import { control } from './control.mjs';
import { promptOptions, ruleOptions } from './directives.mjs';
import { Refused, failure } from './errors.mjs';
import { Answer } from './events.mjs';
import { draw, pictureAt, readImages } from './images.mjs';
import { hashOf, keyIn, keyInfo, keyOptions, masked, teamOf } from './keys.mjs';
import { Limits } from './limits.mjs';
import { catalogue } from './models.mjs';
import { readRequest } from './request.mjs';
import { PromptCache, inputTokens, usageOf } from './usage.mjs';

const ROUTES = [['responses', 'POST', /^\/v1\/responses$/], ['images', 'POST', /^\/v1\/images\/generations$/], ['edits', 'POST', /^\/v1\/images\/edits$/],
  ['key', 'GET', /^\/v1\/api-key$/], ['models', 'GET', /^\/v1\/(models|language-models|image-generation-models)(\/[^/]+)?$/], ['picture', 'GET', /^\/imgen\//]];
const SPENDING = ['responses', 'images', 'edits'];
const LARGEST = 64 << 20;
const LONGEST_KEPT = 1 << 16;
/** What belongs to a browser or to grok.com, and not to a client of the API. */
const FOREIGN = /^(cookie|origin|referer|x-statsig-id|x-userid|sec-ch-ua.*|sec-websocket-.*)$/i;

async function readBody(req) {
  const parts = [];
  let size = 0;
  for await (const part of req) {
    size += part.length;
    // What is beyond is read and dropped, so that the refusal arrives.
    if (size <= LARGEST) parts.push(part);
  }
  return size <= LARGEST ? Buffer.concat(parts) : null;
}

export class Xai {
  calls = [];
  rules = [];
  /** Unknown directives, and what must not reach the service: `stop` fails with them. */
  mistakes = [];
  limits = new Limits();
  cache = new PromptCache();
  /** How many answers are under way, and the most there were at once. */
  open = 0;
  peak = 0;
  #by = new Map();
  #next = 0;
  #server;

  constructor({ pace = 0, lenient = false } = {}) { Object.assign(this, { pace, lenient }); }

  /** Every call of this kind, newest last. */
  of(kind) { return this.calls.filter((call) => call.kind === kind); }

  /** Everything that came in: addresses, headers, bodies, with hashes in place of keys. For what is longer than 64 KiB it has the length. */
  get received() { return this.calls.flatMap((call) => call.received).join('\n'); }

  /** From now on calls matching `rule` { kind?, key?, path?, contains?, times? } get `options` (an object, or a function of the call). */
  script(rule, options) {
    if (typeof options !== 'function') ruleOptions(rule.kind ?? 'responses', options);
    const { key, ...rest } = rule;
    this.rules.push({ kind: 'responses', left: rule.times ?? Infinity, ...rest, ...(key === undefined ? {} : { keyHash: hashOf(key) }), options });
  }

  /** Sets the limits of the team of a key, or with '*' of all; limits.mjs lists them. */
  limit(key, limits) { this.limits.set(key === '*' ? '*' : teamOf(key), limits); }

  /** Returns what the team of a key, or all have spent, in ticks of 10^-10 USD. */
  spent(key) { return key === undefined ? this.limits.total : this.limits.spent(teamOf(key)); }

  /** Returns { open, peak, calls } of one key. */
  state(key) {
    const { open = 0, peak = 0 } = this.#by.get(hashOf(key)) ?? {};
    return { open, peak, calls: this.calls.filter(({ keyHash }) => keyHash === hashOf(key)).length };
  }

  /** Lets time pass for the windows of the limits. */
  turnClock({ pass }) { this.limits.turn(pass); }

  reset() {
    this.calls = [];
    this.rules = [];
    this.limits.reset();
    this.cache.reset();
    this.peak = this.open;
    for (const counts of this.#by.values()) counts.peak = counts.open;
  }

  /** Waits until `test(this)` is truthy and returns it; fails after `ms`. */
  async until(test, ms = 5_000, what = 'the awaited call') {
    for (const end = Date.now() + ms; ;) {
      const value = test(this);
      if (value) return value;
      if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms; ${this.calls.length} calls so far`);
      await sleep(10);
    }
  }

  #read(read) {
    try { return read(); } catch (error) {
      if (error instanceof UnknownDirective) this.mistakes.push(error.message);
      throw error;
    }
  }

  #scripted(call, text) {
    const found = {};
    for (const rule of this.rules) {
      if (rule.kind !== call.kind || rule.left <= 0 || (rule.keyHash !== undefined && rule.keyHash !== call.keyHash)) continue;
      if ((rule.path !== undefined && rule.path !== call.path) || (rule.contains !== undefined && !text.includes(rule.contains))) continue;
      rule.left -= 1;
      Object.assign(found, typeof rule.options === 'function' ? this.#read(() => ruleOptions(rule.kind, rule.options(call))) : rule.options);
    }
    return found;
  }

  /** Returns the options of a call: by the key's name, the directives of the text, and the rules; a later one wins. */
  #options(call, key, text) {
    const { refusal, info, asks, ...byName } = keyOptions(key);
    return { ...(SPENDING.includes(call.kind) ? byName : {}), ...this.#read(() => promptOptions(text, { lenient: this.lenient })), ...this.#scripted(call, text) };
  }

  #record(req, kind, key) {
    const hash = key === undefined ? undefined : hashOf(key);
    const hidden = (text) => (key === undefined ? text : text.replaceAll(key, `key-${hash}`));
    const headers = Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, hidden(String(value))]));
    const call = { id: this.#next++, kind, method: req.method, path: req.url.split('?')[0], key: key && masked(key), keyHash: hash, headers,
      at: Date.now(), headAt: null, endedAt: null, aborted: false, frames: 0, bytes: 0, ticks: 0 };
    const received = [hidden(req.url), ...req.rawHeaders.map(hidden)];
    Object.defineProperties(call, { received: { value: received, enumerable: false },
      receive: { value: (text) => received.push(text.length > LONGEST_KEPT ? `${text.length} long` : hidden(text)), enumerable: false } });
    this.calls.push(call);
    return call;
  }

  /** Notes what an honest client of the API does not send. */
  #watch(call, headers) {
    for (const name of Object.keys(headers).filter((each) => FOREIGN.test(each))) this.mistakes.push(`${call.method} ${call.path} carried the header ${name}`);
    if (/Mozilla/.test(headers['user-agent'] ?? '')) this.mistakes.push(`${call.method} ${call.path} carried a browser's User-Agent`);
    if (call.kind === 'picture' && headers.authorization) this.mistakes.push(`the key was sent to the host of pictures: ${call.path}`);
  }

  #count(hash, by) {
    const counts = this.#by.get(hash) ?? { open: 0, peak: 0 };
    this.#by.set(hash, counts);
    for (const each of [this, counts]) {
      each.open += by;
      each.peak = Math.max(each.peak, each.open);
    }
  }

  async #handle(req, res) {
    const url = new URL(req.url, 'http://xai.invalid');
    if (url.pathname.startsWith('/__control/')) return control(this, url, JSON.parse(String(await readBody(req)) || 'null'), res);
    const route = ROUTES.find(([, , pattern]) => pattern.test(url.pathname));
    const { key, fault } = keyIn(req.headers.authorization);
    const call = this.#record(req, route?.[0] ?? 'other', key);
    this.#watch(call, req.headers);
    const counts = SPENDING.includes(call.kind) && key !== undefined;
    if (counts) this.#count(call.keyHash, 1);
    call.done = new Promise((resolve) => {
      res.on('close', () => {
        if (counts) this.#count(call.keyHash, -1);
        Object.assign(call, { endedAt: Date.now(), status: res.headersSent ? res.statusCode : null, aborted: !res.writableFinished && !call.cut });
        resolve(call);
      });
    });
    const body = await readBody(req);
    const facts = { key: call.key, team: key && teamOf(key) };
    try {
      if (!route) throw new Refused('no_route');
      if (req.method !== route[1]) throw new Refused('wrong_method');
      if (call.kind === 'picture') return await this.#picture(call, res);
      if (fault) throw new Refused(fault);
      const { refusal, asks } = keyOptions(key);
      if (refusal && !(call.method === 'GET' && (asks || call.kind === 'key' && refusal !== 'wrong_key'))) throw new Refused(refusal);
      if (body === null) throw new Refused('too_large');
      if (call.method === 'POST') this.#parse(call, body);
      if (call.kind === 'responses') return await this.#responses(call, res, key, facts);
      if (call.kind === 'images' || call.kind === 'edits') return await this.#images(call, res, key, facts);
      return await this.#list(call, res, key, facts);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      call.refusal = error.refusal;
      if (error.facts.why) call.why = error.facts.why;
      this.#send(res, failure(error.refusal, { ...facts, model: call.body?.model, ...error.facts }), error.headers);
    }
  }

  #parse(call, body) {
    call.receive(String(body));
    if (!/^application\/(\S+\+)?json\b/.test(call.headers['content-type'] ?? '')) throw new Refused('not_json_type');
    try {
      call.body = JSON.parse(String(body));
    } catch (error) {
      throw new Refused('not_json', error.message);
    }
  }

  #send(res, { status, headers, body }, more = {}) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    res.writeHead(status, { 'content-type': 'application/json', 'x-request-id': uuid(`request ${this.#next} ${Date.now()}`), ...headers, ...more });
    res.end(text);
  }

  /** Waits, breaks off or fails as options ask, before anything is answered. Returns true when nothing follows. */
  async #early(call, res, options, facts, more) {
    call.options = options;
    call.cut = options.cut !== undefined || Boolean(options.reset);
    if (options.first > 0) await sleep(options.first);
    if (options.hang === 0) return closed(res).then(() => true);
    if (options.reset) {
      res.destroy();
      return true;
    }
    if (!options.error) return false;
    call.refusal = options.error;
    this.#send(res, failure(options.error, { ...facts, model: call.body?.model }), { ...more, ...options.headers });
    return true;
  }

  #begin(facts, model) {
    const { refusal, after, headers } = this.limits.begin(facts.team, model.id);
    if (refusal) throw Object.assign(new Refused(refusal, undefined, { model: model.id, after }), { headers });
    return headers;
  }

  async #responses(call, res, key, facts) {
    const { body } = call;
    const request = readRequest(body, facts.team);
    const options = this.#options(call, key, lastMessage(request.items));
    const headers = this.#begin(facts, request.model);
    if (await this.#early(call, res, options, facts, headers)) return;
    const tokens = inputTokens({ ...request, instructions: body.instructions });
    const cached = Math.min(tokens, options.cached ?? this.cache.hit(facts.team, request.model, request.items));
    const answer = new Answer({ body, model: request.model, options, plan: plan({ body, ...request, options }), team: facts.team, input: tokens, cached,
      id: uuid(`response ${call.id} ${call.at}`), at: call.at, facts: { ...facts, model: request.model.id } });
    const events = options.events ?? answer.events();
    try {
      if (body.stream === true) await this.#stream(call, res, options, events, headers);
      else this.#collect(call, res, options, events, headers);
    } finally { this.#settle(call, answer); }
  }

  /** What has been written is paid, however the stream ends. */
  #settle(call, { options, model, team, ...answer }) {
    if (options.inband) return;
    call.usage = usageOf(model, { input: answer.input, cached: answer.cached, ...answer.spent });
    call.ticks = call.usage.cost_in_usd_ticks;
    this.limits.charge(team, model.id, call.usage.total_tokens, call.ticks);
  }

  #collect(call, res, options, events, headers) {
    let last;
    for (const event of events) last = event;
    if (last?.type === 'error') return this.#send(res, { status: 500, headers, body: { code: last.code, error: last.message } });
    this.#send(res, { status: 200, headers: { ...headers, ...options.headers }, body: last?.response ?? {} });
  }

  * #texts(events, options) {
    let n = 0;
    for (const event of events) {
      if (options.comments) yield ': keep-alive\n\n';
      if (typeof event === 'string') yield event;
      else {
        const { type, ...rest } = event;
        yield `${options.bare ? '' : `event: ${type}\n`}data: ${JSON.stringify({ sequence_number: n, type, ...rest })}\n\n`;
        n += 1;
      }
    }
    if (!options.no_done_line && !options.nodone && !options.empty && !options.events) yield 'data: [DONE]\n\n';
  }

  async #stream(call, res, options, events, headers) {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-request-id': uuid(`request ${call.id}`), ...headers, ...options.headers });
    res.flushHeaders();
    call.headAt = Date.now();
    if (options.cut === 0) return turn().then(() => res.destroy());
    if (options.nothing) return void res.end();
    if (options.pause > 0) await sleep(options.pause);
    if (await pour(call, res, options, this.#texts(events, options), options.slow ?? this.pace) && !res.destroyed) res.end();
  }

  async #images(call, res, key, facts) {
    const request = readImages(call.body, call.kind === 'edits');
    const options = this.#options(call, key, call.body.prompt);
    const headers = this.#begin(facts, request.model);
    if (await this.#early(call, res, options, facts, headers)) return;
    const { answer, ticks } = draw(call.body, request, options, { id: `${call.id} ${call.at}`, host: options.host ?? this.pictureHost });
    call.ticks = ticks;
    this.limits.charge(facts.team, request.model.id, 0, ticks);
    this.#send(res, { status: 200, headers: { ...headers, ...options.headers }, body: answer });
  }

  async #list(call, res, key, facts) {
    const options = this.#options(call, key, '');
    if (await this.#early(call, res, options, facts)) return;
    const body = options.body ?? (call.kind === 'key' ? keyInfo(key) : catalogue(call.path));
    if (body === undefined || body === false) throw new Refused('no_model', undefined, { model: call.path.split('/').at(-1) });
    this.#send(res, { status: 200, headers: options.headers ?? {}, body });
  }

  async #picture(call, res) {
    const options = this.#scripted(call, '');
    if (await this.#early(call, res, options, {})) return;
    const picture = pictureAt(call.path);
    if (!picture) throw new Refused('no_route');
    const { type, bytes } = picture;
    res.writeHead(200, { 'content-type': type, 'content-length': bytes.length, ...options.headers });
    if (options.cut === undefined) return void res.end(bytes);
    res.write(bytes.subarray(0, options.cut), () => res.destroy());
  }

  async listen(port = 0) {
    this.#server = createServer((req, res) => {
      res.socket?.setNoDelay(true);
      this.#handle(req, res).catch((error) => {
        if (!(error instanceof UnknownDirective)) this.mistakes.push(error.stack);
        res.destroy();
      });
    });
    this.#server.keepAliveTimeout = 60_000;
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    this.port = this.#server.address().port;
    this.origin = `http://127.0.0.1:${this.port}`;
    /** What `xai_base_url` is. */
    this.url = `${this.origin}/v1`;
    /** Where the addresses of pictures lead. */
    this.pictureHost = this.origin;
  }

  async stop() {
    const over = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await over;
    if (this.mistakes.length > 0) throw new Error(`the scripted xAI was asked for what it does not know, or got what it must not get:\n${this.mistakes.join('\n')}`);
  }
}

/**
 * Starts a scripted xAI on 127.0.0.1. `pace`: milliseconds between events when nothing else is asked for. `lenient: true` ignores
 * unknown directives.
 */
export async function startXai({ port, ...options } = {}) {
  const xai = new Xai(options);
  await xai.listen(port);
  return xai;
}
