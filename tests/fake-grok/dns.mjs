// A DNS-over-HTTPS resolver (RFC 8484) on plain http://127.0.0.1 that answers from a table and fails on request.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import packet from 'dns-packet';

const PATH = '/dns-query';
const TYPE = 'application/dns-message';
/** Response codes of RFC 1035, by the way that asks for them. */
const RCODES = { servfail: 2, nxdomain: 3, refused: 5 };

class Dns {
  /** Every query in order: { name, type, id, method, headers, at }. */
  queries = [];
  #ways = [];
  #server;

  constructor({ answers, ttl }) { Object.assign(this, { answers, ttl }); }

  /**
   * From now on matching queries go wrong: `way` is an HTTP status, `nxdomain`, `servfail`, `refused`, `empty` (no record), `garbage`, `html`,
   * `truncated`, `wrong_name` or `silence`. `match`: { name?, type?, times? }.
   */
  fail(way, match = {}) { this.#ways.push({ way, left: match.times ?? Infinity, ...match }); }

  /** Forgets queries and failures. */
  reset() {
    this.queries = [];
    this.#ways = [];
  }

  of(type) { return this.queries.filter((query) => query.type === type); }

  #way(query) {
    const found = this.#ways.find(({ left, name, type }) => left > 0 && (name ?? query.name) === query.name && (type ?? query.type) === query.type);
    if (found) found.left -= 1;
    return found?.way;
  }

  async handle(req, res) {
    const url = new URL(req.url, 'http://dns.invalid');
    const parts = [];
    for await (const part of req) parts.push(part);
    if (url.pathname !== PATH) return void res.writeHead(404).end();
    if (!['GET', 'POST'].includes(req.method)) return void res.writeHead(405, { allow: 'GET, POST' }).end();
    if (req.method === 'POST' && req.headers['content-type'] !== TYPE) return void res.writeHead(415).end();
    const bytes = req.method === 'POST' ? Buffer.concat(parts) : Buffer.from(url.searchParams.get('dns') ?? '', 'base64url');
    let asked;
    try { asked = packet.decode(bytes); } catch { /* refused below */ }
    if (asked?.type !== 'query' || asked.questions.length !== 1) return void res.writeHead(400).end();
    const [question] = asked.questions;
    const query = { name: question.name.toLowerCase(), type: question.type, id: asked.id, method: req.method, headers: req.headers, at: Date.now() };
    this.queries.push(query);
    this.#answer(res, query, question, asked.id);
  }

  #answer(res, query, question, id) {
    const way = this.#way(query);
    const send = (body, type = TYPE) => void res.writeHead(200, { 'content-type': type, 'cache-control': `max-age=${this.ttl}` }).end(body);
    if (way === 'silence') return;
    if (Number.isInteger(way)) return void res.writeHead(way).end();
    if (way === 'garbage') return send(Buffer.alloc(40, 0xff));
    if (way === 'html') return send('<!DOCTYPE html><title>Sign in to the network</title>', 'text/html');
    const table = this.answers[query.name];
    const rcode = RCODES[way] ?? (table ? 0 : RCODES.nxdomain);
    const addresses = rcode === 0 && way !== 'empty' ? table[query.type.toLowerCase()] ?? [] : [];
    const name = way === 'wrong_name' ? 'elsewhere.test' : question.name;
    // An alias comes first when the table has one.
    const alias = table?.cname && addresses.length > 0 ? [{ type: 'CNAME', name, ttl: this.ttl, data: table.cname }] : [];
    const answers = addresses.map((data) => ({ type: query.type, name: table?.cname ?? name, ttl: this.ttl, data }));
    const body = packet.encode({ type: 'response', id, flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | rcode,
      questions: [question], answers: [...alias, ...answers] });
    send(way === 'truncated' ? body.subarray(0, body.length - 3) : body);
  }

  async listen() {
    this.#server = createServer((req, res) => { this.handle(req, res).catch(() => res.destroy()); });
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    this.url = `http://127.0.0.1:${this.#server.address().port}${PATH}`;
  }

  async stop() {
    const over = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await over;
  }
}

/** Starts a resolver. `answers`: { name: { a: [addresses], aaaa: [addresses], cname? } }; other names do not exist. `ttl` in seconds. */
export async function startDns({ answers = {}, ttl = 60 } = {}) {
  const dns = new Dns({ answers, ttl });
  await dns.listen();
  return dns;
}
