// The scripted Grok itself: receives calls, records them, and answers each as defaults, prompt, token and rules say.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { Accounts } from './account.mjs';
import { asset } from './assets.mjs';
import { control } from './control.mjs';
import { conversationOptions, converse, sendFailure } from './conversation.mjs';
import { identity } from './identity.mjs';
import { editFault, pools } from './imagine.mjs';
import { promptOptions, ruleOptions } from './directives.mjs';
import { UnknownDirective } from './legend.mjs';
import { cookies, tokenName, tokenOptions, userIdOf, uuid } from './options.mjs';
import { modes, subscriptions } from './plans.mjs';
import { acceptSockets } from './socket.mjs';
import { certificates } from './tls.mjs';
import { MAX_UPLOAD, Uploads, readForm } from './uploads.mjs';

const KINDS = {
  'POST /rest/app-chat/conversations/new': 'chat',
  'POST /rest/rate-limits': 'limits',
  'GET /rest/subscriptions': 'subscriptions',
  'POST /rest/modes': 'modes',
  'POST /rest/app-chat/upload-file': 'upload',
  'POST /http/upload-file-v2/direct': 'upload',
  'GET /rest/app-chat/upload-file-v2/status': 'upload_status',
  'POST /rest/media/post/create': 'post',
  'POST /rest/media/imagine/quota_info': 'media_quota',
  'GET /api/auth/session': 'identity',
  'GET /': 'identity',
};
/** What an account is asked about: calls that a test may make the service want signed. */
const ABOUT_ACCOUNT = ['limits', 'subscriptions', 'modes', 'media_quota'];
const KEPT_CALLS = 20_000;
/** Longer bodies and messages are not kept as they came. */
const LONGEST_KEPT = 1 << 16;
/** The most characters of a message. */
const LONGEST_PROMPT = 40_000;
/** The page signs these; without a signature the service takes the caller for a robot. */
const SIGNED = /^\/rest\/(app-chat\/|media\/post\/create$)/;

async function readBody(req) {
  const parts = [];
  let size = 0;
  for await (const part of req) {
    size += part.length;
    // What is beyond is read and dropped, so that the refusal arrives.
    if (size <= MAX_UPLOAD) parts.push(part);
  }
  return size <= MAX_UPLOAD ? Buffer.concat(parts) : null;
}

function parse(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

export class Grok {
  calls = [];
  rules = [];
  /** Unknown directives and options that calls asked for: `stop` fails with them. */
  mistakes = [];
  uploads = new Uploads();
  #next = 0;
  #server;
  #sockets;

  constructor({ pace = 0, strict = true, lenient = false, enforce } = {}) {
    Object.assign(this, { pace, strict, lenient });
    this.accounts = new Accounts({ enforce });
  }

  /** Every call to one of the service's routes, newest last; `kind` narrows. */
  of(kind) { return this.calls.filter((call) => call.kind === kind); }

  /** Returns how many conversations each token was asked for. */
  get tokens() {
    const counts = new Map();
    for (const call of this.of('chat')) counts.set(call.token, (counts.get(call.token) ?? 0) + 1);
    return counts;
  }

  /**
   * Everything that came in, as it was sent: addresses, all headers, bodies, and the messages of sockets. For what is longer
   * than 64 KiB it has the length.
   */
  get received() { return this.calls.flatMap((call) => call.received).join('\n'); }

  /** From now on calls matching `rule` { kind?, token?, path?, contains?, times? } get `options` (an object, or a function of the call). */
  script(rule, options) {
    if (typeof options !== 'function') ruleOptions(rule.kind ?? 'chat', options);
    const entry = { kind: 'chat', left: rule.times ?? Infinity, ...rule, options };
    this.rules.push(entry);
    return entry;
  }

  /** Returns whether a message is longer than the service takes. */
  refusesLength(message) { return this.strict && message.length > LONGEST_PROMPT && [...message].length > LONGEST_PROMPT; }

  /** Returns the options that the directives of a message ask for. */
  directives(message) { return this.#read(() => promptOptions(message, { lenient: this.lenient })); }

  /** Notes an unknown name before the call fails with it: what a test sees of the gateway then may hide the cause. */
  #read(read) {
    try {
      return read();
    } catch (error) {
      if (error instanceof UnknownDirective) this.mistakes.push(error.message);
      throw error;
    }
  }

  /** Sets the limits of a token, its user, or with '*' of all; README.md lists them. */
  limit(token, limits) { this.accounts.limit(token, limits); }

  /** Returns the quotas of the token's user by mode: { remaining, total, window }, and `wait` where nothing is left. */
  quotas(token) { return this.accounts.quotas(token); }

  /** Lets time pass for the windows of the quotas. */
  turnClock({ pass }) { this.accounts.windows.turn(pass); }

  reset() {
    this.calls = [];
    this.rules = [];
    this.accounts.reset();
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

  /**
   * Returns the options of all rules that match, later ones over earlier ones, and counts each match. A turn on the socket is matched
   * twice: its handshake (`early`) by rules without `contains`, which are put into `seen`; then the turn, which does not count those again.
   */
  scripted(call, seen = new Set(), early = false) {
    const message = String(call.body?.message ?? '');
    const found = {};
    for (const rule of this.rules) {
      if (!seen.has(rule)) {
        const named = rule.token === undefined || rule.token === call.token || rule.token === call.tokenName;
        if (rule.kind !== call.kind || !named || rule.left <= 0) continue;
        if (rule.path !== undefined && rule.path !== call.path) continue;
        if (rule.contains !== undefined && (early || !message.includes(rule.contains))) continue;
        rule.left -= 1;
        if (early) seen.add(rule);
      }
      const { options } = rule;
      Object.assign(found, typeof options === 'function' ? this.#read(() => ruleOptions(rule.kind, options(call))) : options);
    }
    return found;
  }

  /** Adds a call to the record and returns it. */
  record({ kind, method, path, headers, transport = 'http' }) {
    const token = cookies(headers.cookie).get('sso') ?? '';
    const call = { id: this.#next++, kind, method, path, transport, token, tokenName: tokenName(token), headers,
      at: Date.now(), headAt: null, endedAt: null, aborted: false, frames: 0, bytes: 0 };
    const received = [];
    Object.defineProperties(call, { received: { value: received, enumerable: false },
      receive: { value: (...texts) => { received.push(...texts.map((text) => (text.length > LONGEST_KEPT ? `${text.length} long` : String(text)))); }, enumerable: false } });
    this.calls.push(call);
    if (this.calls.length > KEPT_CALLS) this.calls.shift();
    return call;
  }

  async #handle(req, res) {
    const url = new URL(req.url, 'http://grok.invalid');
    const path = url.pathname;
    if (path.startsWith('/__control/')) return control(this, url, parse(String(await readBody(req))), res);
    const kind = KINDS[`${req.method} ${path}`] ?? (/^\/(users|post)\//.test(path) ? 'asset' : 'other');
    const call = this.record({ kind, method: req.method, path, headers: req.headers });
    call.receive(req.url, ...req.rawHeaders);
    call.done = new Promise((resolve) => {
      res.on('close', () => {
        call.endedAt = Date.now();
        call.status = res.headersSent ? res.statusCode : null;
        call.aborted = !res.writableFinished && !call.cut;
        resolve(call);
      });
    });
    const body = await readBody(req);
    if (body === null) return sendFailure(res, 'too_large');
    call.receive(body);
    if (path === '/http/upload-file-v2/direct') await readForm(call, body);
    else {
      call.text = body.toString('utf8');
      call.body = parse(call.text);
      if (call.text.length > LONGEST_KEPT) call.text = `${call.text.length} characters`;
    }
    await this.#answer(call, res, url);
  }

  async #answer(call, res, url) {
    const userId = userIdOf(call.token);
    const scripted = this.scripted(call);
    if (call.kind === 'identity') return this.#identity(call, res, userId, scripted);
    if (call.token === '') return sendFailure(res, call.kind === 'asset' ? 'empty_403' : 'dead');
    if (this.strict && call.method === 'POST' && SIGNED.test(call.path) && !call.headers['x-statsig-id']) return sendFailure(res, 'anti_bot');
    if (call.kind === 'chat') return this.#chat(call, res, userId, scripted);
    if (scripted.first > 0) await sleep(scripted.first);
    if (scripted.hang === 0) return;
    if (scripted.error) return sendFailure(res, scripted.error);
    const json = (value, otherwise = 'invalid') => (value
      ? void res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value)) : sendFailure(res, otherwise));
    if (ABOUT_ACCOUNT.includes(call.kind)) return this.#aboutAccount(call, res, scripted, json);
    if (call.kind === 'upload') return json(call.path.startsWith('/http/') ? this.uploads.multipart(call, userId, scripted) : this.uploads.json(call, userId));
    if (call.kind === 'upload_status') return json(this.uploads.status(userId, url.searchParams.get('uploadId')));
    if (call.kind === 'post') return json({ post: { id: uuid(`post-${call.id}-${call.at}`) } });
    if (call.kind === 'asset' && ['GET', 'HEAD'].includes(call.method)) return asset(call, res, userId, scripted, this.uploads);
    res.writeHead(404, { 'content-type': 'application/json' }).end(`{"error":{"code":5,"message":"no route ${url.pathname}"}}`);
  }

  /** Answers what is asked about an account. */
  #aboutAccount(call, res, scripted, json) {
    const limits = this.accounts.limitsOf(call.token);
    if ((scripted.signed ?? limits.signed) && !call.headers['x-statsig-id']) return sendFailure(res, 'anti_bot');
    if (limits.error) return sendFailure(res, limits.error);
    if (scripted.body) return json(scripted.body);
    if (call.kind === 'limits') return json(this.accounts.answer(call.token, call.body), 'model_not_found');
    if (call.kind === 'media_quota') return json(pools(limits));
    if (call.kind === 'subscriptions') return json(subscriptions(limits, this.accounts.windows.now));
    return json(modes(call.body, (mode) => this.accounts.allows(call.token, mode)));
  }

  async #chat(call, res, userId, scripted) {
    const options = conversationOptions(call.body, this.directives(String(call.body?.message ?? '')), tokenOptions(call.token), scripted);
    if (call.body?.mediaGenInput && editFault(call.body, userId, this.uploads)) return sendFailure(res, 'invalid');
    // A stream that the script itself breaks was not left by the client.
    call.cut = options.cut !== undefined || options.reset;
    const counted = this.accounts.begin(call.token, call.body);
    if (counted.refusal) options.error ??= counted.refusal;
    if (this.refusesLength(String(call.body?.message ?? ''))) options.error ??= 'prompt_too_long';
    const files = this.uploads.files(call.body?.fileAttachments);
    try {
      await converse(call, res, options, { pace: this.pace, assetsUrl: this.url, userId, files });
    } finally { counted.end(res.statusCode === 200 && call.frames > 2 && !options.inband); }
  }

  async #identity(call, res, userId, scripted) {
    const options = { ...tokenOptions(call.token).identity, ...scripted };
    if (options.first > 0) await sleep(options.first);
    if (options.hang === 0) return;
    identity(call, res, userId, options);
  }

  async listen(port = 0, tls = false, name = '127.0.0.1') {
    const handle = (req, res) => {
      res.socket?.setNoDelay(true);
      this.#handle(req, res).catch((error) => {
        console.error(`scripted Grok: ${error.stack}`);
        res.destroy();
      });
    };
    const chain = tls ? await certificates() : null;
    this.scheme = tls ? 'https' : 'http';
    this.ca = chain?.ca;
    this.#server = chain ? createTlsServer({ key: chain.key, cert: chain.cert }, handle) : createServer(handle);
    this.#server.keepAliveTimeout = 60_000;
    this.#sockets = acceptSockets(this, this.#server);
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    this.port = this.#server.address().port;
    this.url = `${this.scheme}://${name}:${this.port}`;
  }

  async stop() {
    const over = new Promise((resolve) => this.#server.close(resolve));
    this.#sockets.end();
    this.#server.closeAllConnections();
    await over;
    if (this.mistakes.length > 0) throw new Error(`the scripted Grok was asked for what it does not know:\n${this.mistakes.join('\n')}`);
  }
}

/**
 * Starts a scripted Grok on 127.0.0.1. `pace`: milliseconds between frames when nothing else is asked for. `strict: false` answers
 * the routes that the page signs without `x-statsig-id` too. `enforce: true` refuses a mode of which an account has nothing left.
 * `tls: true` serves https with a chain of its own, whose CA is `grok.ca`; `name` is the host in `grok.url`: 127.0.0.1, localhost or
 * grok.test. `lenient: true` ignores unknown directives.
 */
export async function startGrok({ port, tls, name, ...options } = {}) {
  const grok = new Grok(options);
  await grok.listen(port, tls, name);
  return grok;
}
