// The scripted Grok itself: receives calls, records them, and answers each as defaults, prompt, token and rules say.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Accounts } from './account.mjs';
import { asset, upload } from './assets.mjs';
import { control } from './control.mjs';
import { conversationOptions, converse, sendFailure } from './conversation.mjs';
import { promptOptions, tokenName, tokenOptions, uuid } from './options.mjs';

const KINDS = {
  'POST /rest/app-chat/conversations/new': 'chat',
  'POST /rest/rate-limits': 'limits',
  'POST /rest/app-chat/upload-file': 'upload',
  'POST /rest/media/post/create': 'post',
};
const KEPT_CALLS = 20_000;

/** The session token in a Cookie header, or "". */
export function cookieToken(cookie) {
  return /(?:^|;)\s*sso=([^;]*)/.exec(cookie ?? '')?.[1] ?? '';
}

async function readBody(req) {
  const parts = [];
  for await (const part of req) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function parse(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

class Grok {
  calls = [];
  rules = [];
  accounts = new Accounts();
  #next = 0;
  #server;

  constructor(pace) { this.pace = pace; }

  /** Every call to one of the service's routes, newest last; `kind` narrows. */
  of(kind) { return this.calls.filter((call) => call.kind === kind); }

  /** How many conversations each token was asked for. */
  get tokens() {
    const counts = new Map();
    for (const call of this.of('chat')) counts.set(call.token, (counts.get(call.token) ?? 0) + 1);
    return counts;
  }

  /** From now on calls matching `rule` { kind?, token?, contains?, times? } get `options` (an object, or a function of the call). */
  script(rule, options) {
    const entry = { kind: 'chat', left: rule.times ?? Infinity, ...rule, options };
    this.rules.push(entry);
    return entry;
  }

  limit(token, limits) { this.accounts.overrides.set(token, limits); }

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

  #scripted(call) {
    const message = String(call.body?.message ?? '');
    const found = {};
    for (const rule of this.rules) {
      const named = rule.token === undefined || rule.token === call.token || rule.token === call.tokenName;
      if (rule.kind !== call.kind || !named || rule.left <= 0) continue;
      if (rule.contains !== undefined && !message.includes(rule.contains)) continue;
      rule.left -= 1;
      Object.assign(found, typeof rule.options === 'function' ? rule.options(call) : rule.options);
    }
    return found;
  }

  #record(req, path) {
    const token = cookieToken(req.headers.cookie);
    const kind = KINDS[`${req.method} ${path}`] ?? (/^\/(users|post)\//.test(path) ? 'asset' : 'other');
    const call = { id: this.#next++, kind, method: req.method, path, token, tokenName: tokenName(token), headers: req.headers,
      at: Date.now(), headAt: null, endedAt: null, aborted: false, frames: 0, bytes: 0 };
    this.calls.push(call);
    if (this.calls.length > KEPT_CALLS) this.calls.shift();
    return call;
  }

  async #handle(req, res) {
    const url = new URL(req.url, 'http://grok.invalid');
    if (url.pathname.startsWith('/__control/')) return control(this, url, parse(await readBody(req)), res);
    const call = this.#record(req, url.pathname);
    call.done = new Promise((resolve) => {
      res.on('close', () => {
        call.endedAt = Date.now();
        call.aborted = !res.writableFinished && !call.cut;
        resolve(call);
      });
    });
    call.text = await readBody(req);
    call.body = parse(call.text);
    if (call.text.length > 1 << 16) call.text = `${call.text.length} characters`;
    await this.#answer(call, res, url);
  }

  async #answer(call, res, url) {
    const userId = uuid(`user of ${call.token}`);
    const scripted = this.#scripted(call);
    if (call.token === '') return sendFailure(res, call.kind === 'asset' ? 'empty_403' : 'dead');
    if (call.kind === 'chat') {
      const options = conversationOptions(call.body, promptOptions(String(call.body?.message ?? '')), tokenOptions(call.token), scripted);
      // A stream that the script itself breaks was not left by the client.
      call.cut = options.cut !== undefined || options.reset;
      await converse(call, res, options, { pace: this.pace, assetsUrl: this.url, userId });
      if (res.statusCode === 200 && call.frames > 2 && !options.inband) this.accounts.spend(call.token, call.body);
      return;
    }
    if (scripted.first > 0) await sleep(scripted.first);
    if (scripted.hang === 0) return;
    if (scripted.error) return sendFailure(res, scripted.error);
    const json = (value) => (value ? res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value)) : sendFailure(res, 'invalid'));
    if (call.kind === 'limits') {
      const { error } = this.accounts.limitsOf(call.token);
      return error ? sendFailure(res, error) : json(this.accounts.answer(call.token, call.body));
    }
    if (call.kind === 'upload') return json(upload(call, userId));
    if (call.kind === 'post') return json({ post: { id: uuid(`post-${call.id}-${call.at}`) } });
    if (call.kind === 'asset' && ['GET', 'HEAD'].includes(call.method)) return asset(call, res, userId, scripted);
    res.writeHead(404, { 'content-type': 'application/json' }).end(`{"error":{"code":5,"message":"no route ${url.pathname}"}}`);
  }

  async listen(port) {
    this.#server = createServer((req, res) => {
      res.socket?.setNoDelay(true);
      this.#handle(req, res).catch((error) => {
        console.error(`fake Grok: ${error.stack}`);
        res.destroy();
      });
    });
    this.#server.keepAliveTimeout = 60_000;
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
  }

  async stop() {
    const over = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await over;
  }
}

/** Starts a scripted Grok on 127.0.0.1. `pace`: milliseconds between frames when nothing else is asked for. */
export async function startGrok({ port = 0, pace = 0 } = {}) {
  const grok = new Grok(pace);
  await grok.listen(port);
  return grok;
}
