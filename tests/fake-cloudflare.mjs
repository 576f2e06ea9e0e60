// A scripted Cloudflare: the REST API that deploying uses, with real D1 and the uploaded Worker really running behind it.
//
//   const cloudflare = await startCloudflare();              // CLOUDFLARE_API_BASE_URL=cloudflare.url
//   cloudflare.script('POST /d1/database', { status: 500 }); // what the next calls of a route get instead
//
// Tokens are what `tokens` says: a name, and the permissions it has.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { Machine } from './fake-cloudflare/machine.mjs';
import { Refusal } from './fake-cloudflare/refusal.mjs';
import { ROUTES, match } from './fake-cloudflare/routes.mjs';
import { Workers } from './fake-cloudflare/workers.mjs';

const ALL = ['D1', 'Workers KV Storage', 'Workers Scripts'];

class Cloudflare {
  id = randomBytes(16).toString('hex');
  databases = [];
  namespaces = [];
  subdomain = 'example';
  tokens = { good: ALL, poor: ['Workers KV Storage', 'Workers Scripts'] };
  /** Cloud regions that Workers can be placed beside. */
  regions = { aws: ['us-east-1', 'us-west-2', 'eu-central-1'], gcp: ['us-west1'], azure: ['westus2'] };
  machine = new Machine();
  workers = new Workers(this);
  /** Routes that were called, and statements that were sent, in order. */
  calls = [];
  statements = [];
  #rules = [];
  #server = createServer((req, res) => this.#serve(req, res));

  async start() {
    await this.machine.start();
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}/client/v4`;
    return this;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.machine.stop();
  }

  /**
   * After `skip` calls of a route, the next `times` (all of them without it) are refused with `status`, or, with `after`,
   * done and then left without an answer, once `after` is through.
   */
  script(name, { times = Infinity, skip = 0, ...rule }) {
    if (!ROUTES.some(([verb, path]) => name === `${verb} ${path}`)) throw new Error(`unknown route ${name}`);
    this.#rules.push({ name, times, skip, ...rule });
  }

  reset() {
    this.#rules = [];
    this.calls = [];
    this.statements = [];
  }

  /** Returns what the account holds, for a comparison. */
  get holdings() {
    return { databases: this.databases.map(({ name }) => name), namespaces: this.namespaces.map(({ title }) => title), workers: [...this.workers.all.keys()] };
  }

  #rule(name) {
    const rule = this.#rules.find((entry) => entry.name === name && entry.times > 0);
    if (!rule) return null;
    if (rule.skip > 0) {
      rule.skip -= 1;
      return null;
    }
    rule.times -= 1;
    return rule;
  }

  async #serve(req, res) {
    const url = new URL(req.url, 'http://api');
    const path = url.pathname.replace('/client/v4', '');
    const body = ['GET', 'HEAD'].includes(req.method) ? undefined : req;
    const request = new Request(url, { method: req.method, headers: req.headers, body, duplex: 'half' });
    const reply = (status, value, headers = {}) => {
      res.writeHead(status, { 'content-type': 'application/json', ...headers });
      res.end(JSON.stringify({ errors: [], messages: [], success: status < 300, ...value }));
    };
    try {
      const value = await this.#answer(request, url, path);
      if (value === undefined) res.destroy();
      else reply(200, value);
    } catch (error) {
      if (!(error instanceof Refusal)) console.error('fake Cloudflare:', error);
      reply(error.status ?? 500, { result: null, errors: [{ code: error.code ?? 0, message: error.message }] }, error.headers);
    }
  }

  async #answer(request, url, path) {
    const token = (request.headers.get('authorization') ?? '').replace('Bearer ', '');
    if (path.endsWith('/workers/assets/upload')) {
      return { result: await this.workers.takeAssets(token, request) };
    }
    if (path.endsWith('/tokens/verify')) {
      if (!(token in this.tokens)) throw new Refusal(401, 1000, 'Invalid API Token');
      return { result: { status: 'active' } };
    }
    if (!(token in this.tokens)) throw new Refusal(401, 10000, 'Authentication error');
    if (path === '/accounts') return { result: [{ id: this.id, name: 'example' }] };
    const [, account, below] = /^\/accounts\/([^/]+)(\/.*)$/.exec(path) ?? [];
    if (account !== this.id) throw new Refusal(403, 10000, 'Authentication error');
    const route = match(request.method, below);
    this.calls.push(route.name);
    if (!this.tokens[token].includes(route.permission)) throw new Refusal(403, 10000, 'Authentication error');
    const rule = this.#rule(route.name);
    if (rule?.status) throw new Refusal(rule.status, rule.code ?? 0, rule.message ?? 'scripted', rule.headers);
    const result = await route.answer({ account: this, request, url, parts: route.parts });
    if (rule?.after) {
      await rule.after();
      return undefined;
    }
    return result?.items ? { result: result.items, result_info: result.info } : { result };
  }
}

export const startCloudflare = () => new Cloudflare().start();
