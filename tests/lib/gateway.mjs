// One gateway under test: the real component on a real host, with its own data folder and its own scripted Grok.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jwt, startGrok } from '../fake-grok.mjs';
import { startHost } from './hosts.mjs';
import { after, before } from './suite.mjs';

export { jwt };
export const PASSWORD = 'correct horse battery';
/** Variables of a gateway that encrypts what it stores. */
export const ENCRYPTED = { encryption_key: 'a key of the suite, long enough' };
const CALL_LIMIT_MS = 60_000;

/** Asks until `test` gives something truthy; fails, saying what it waited for, after `ms`. */
export async function until(test, what, ms = 10_000) {
  for (const end = performance.now() + ms; ;) {
    const value = await test();
    if (value) return value;
    assert.ok(performance.now() < end, `${what}: not within ${ms} ms`);
    await sleep(20);
  }
}

/** Runs `work` over `items`, at most `width` at once, and gives the results in order. */
export async function pooled(items, width, work) {
  const results = new Array(items.length);
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at], at);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}

async function answerOf(response) {
  const text = await response.text();
  let body = text;
  try { body = JSON.parse(text); } catch { /* pages and streams are not JSON */ }
  return { status: response.status, headers: response.headers, body, text };
}

class Gateway {
  session = null;
  key = null;

  get url() { return this.host.url; }

  /** Starts the host and signs in; see [`startGateway`] for the options. */
  async start({ vars = {}, fresh = false, reads = false, dataDir, grok, ...hostOptions } = {}) {
    this.ownsGrok = grok === undefined;
    this.grok = grok ?? await startGrok();
    this.dataDir = dataDir ?? await mkdtemp(join(tmpdir(), 'grok2api-'));
    const all = { grok_base_url: this.grok.url, grok_assets_url: this.grok.url, ...(fresh ? {} : { admin_password: PASSWORD }), ...vars };
    try {
      this.host = await startHost({ dataDir: this.dataDir, vars: all, ...hostOptions });
    } catch (error) {
      if (this.ownsGrok) await this.grok.stop();
      throw error;
    }
    if (fresh) return;
    await this.signIn();
    this.key = (await this.ok('POST', '/keys/add', { name: 'suite' })).key;
    // Accounts are what a test makes of them, and Grok gets no calls besides.
    if (!reads) await this.settings({ read_accounts: false });
  }

  /** A plain request. `body` that is not a string goes out as JSON. */
  fetch(method, path, { body, headers = {}, signal, ...more } = {}) {
    const json = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array) && !(body instanceof ReadableStream);
    return fetch(this.url + path, { method, redirect: 'manual', headers: { ...(json ? { 'content-type': 'application/json' } : {}), ...headers },
      body: json ? JSON.stringify(body) : body, signal: signal ?? AbortSignal.timeout(CALL_LIMIT_MS), ...more });
  }

  async call(method, path, options) { return answerOf(await this.fetch(method, path, options)); }

  /** An admin call in the session of `signIn`. */
  api(method, path, body, headers = {}) {
    return this.call(method, `/api${path}`, { body, headers: { ...(this.session ? { authorization: `Bearer ${this.session}` } : {}), ...headers } });
  }

  /** Makes an admin call that must succeed; returns `data`. */
  async ok(method, path, body) {
    const { status, body: answer } = await this.api(method, path, body);
    assert.equal(status, 200, `${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    assert.equal(answer.success, true, `${method} ${path}: ${JSON.stringify(answer)}`);
    return answer.data;
  }

  /** A POST to the admin API that must fail with this status, and name this field where one is given. */
  async refused(path, body, status, field) {
    const answer = await this.api('POST', path, body);
    assert.equal(answer.status, status, `${path} ${JSON.stringify(body)}: ${answer.text}`);
    assert.equal(answer.body.success, false);
    if (field) assert.equal(answer.body.field, field, answer.text);
  }

  async signIn(password = PASSWORD, username = 'admin') {
    const { status, body } = await this.call('POST', '/api/login', { body: { username, password } });
    assert.equal(status, 200, `login: ${status} ${JSON.stringify(body)}`);
    this.session = body.token ?? body.data?.token;
    return body;
  }

  addTokens(names, token_type = 'sso') {
    return this.ok('POST', '/tokens/add', { tokens: names.map((name) => jwt(name)), token_type });
  }

  tokens() { return this.ok('GET', '/tokens'); }

  /** Replaces the pool: a test starts with exactly these tokens, all of them fresh. */
  async pool(names, token_type = 'sso') {
    for (let rows = await this.tokens(); rows.length > 0; rows = await this.tokens()) {
      await this.ok('POST', '/tokens/delete', { tokens: rows.map((row) => row.id) });
    }
    if (names.length > 0) await this.addTokens(names, token_type);
    this.grok.reset();
  }

  settings(grok_config, global_config = {}) { return this.ok('POST', '/settings', { global_config, grok_config }); }

  logs() { return this.ok('GET', '/logs?limit=1000'); }

  /** Waits for `count` log rows: they are written after the answer. */
  logged(count) {
    return until(async () => { const rows = await this.logs(); return rows.length >= count && rows; }, `${count} log rows`);
  }

  /** One chat, collected unless `stream`; gives the raw response. */
  chatRaw(content, { key = this.key, signal, headers = {}, ...fields } = {}) {
    const messages = Array.isArray(content) ? content : [{ role: 'user', content }];
    return this.fetch('POST', '/v1/chat/completions', { body: { model: 'grok-4-fast', messages, ...fields },
      headers: { authorization: `Bearer ${key}`, ...headers }, signal });
  }

  async chat(content, options) { return answerOf(await this.chatRaw(content, options)); }

  /** Lets time pass: at once, where the gateway was started with `clock` on a host whose clock a test can turn. */
  async pass(ms) {
    if (this.host.turnClock) await this.host.turnClock({ pass: ms });
    else await sleep(ms);
  }

  /** Makes time run `speed` times faster from now on, where the test can turn the clock. */
  async hurry(speed) { await this.host.turnClock?.({ speed }); }

  async stop() {
    try {
      await this.host.stop();
      if (this.ownsGrok) await this.grok.stop();
    } finally {
      await rm(this.dataDir, { recursive: true, force: true });
    }
  }
}

/**
 * Starts a gateway and signs in. `vars` are the component's variables; `fresh: true` leaves the first-run password alone
 * and does not sign in; `reads: true` lets it read accounts from Grok by itself; `dataDir` keeps the data of an earlier start.
 */
export async function startGateway(options) {
  const gateway = new Gateway();
  await gateway.start(options);
  return gateway;
}

/**
 * Returns the gateway of a test file: it starts before the file's tests and stops after them. `options` are those of
 * [`startGateway`], or a function that returns them when the file's turn comes.
 */
export function gatewayForFile(options) {
  const gateway = new Gateway();
  before(async () => gateway.start(typeof options === 'function' ? await options() : options));
  after(() => gateway.host && gateway.stop());
  return gateway;
}
