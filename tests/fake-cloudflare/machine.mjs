// What stands behind the scripted API: workerd with real D1 databases, and on it the Worker that was uploaded last, exactly
// as it was uploaded.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { freePort } from '../lib/hosts.mjs';

const EMPTY = [{ type: 'ESModule', path: 'empty.mjs', contents: 'export default { fetch: () => new Response("nothing is deployed", { status: 404 }) }' }];

export class Machine {
  #databases = [];
  #worker = { modules: EMPTY };
  #miniflare = null;

  async start() {
    this.port = await freePort();
    this.folder = await mkdtemp(join(tmpdir(), 'fake-cloudflare-'));
    this.url = `http://127.0.0.1:${this.port}`;
  }

  async stop() {
    await this.#miniflare?.dispose();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Adds a database: it must be known before it is used. */
  async addDatabase(id) {
    this.#databases.push(id);
    await this.#apply();
  }

  /** `worker`: modules of an upload, their variables, and the ids behind its bindings. */
  async deploy(worker) {
    this.#worker = worker;
    await this.#apply();
  }

  /** Rows as objects; a failure carries SQLite's words, as D1's API gives them. */
  async query(id, sql, params = []) {
    const database = await this.#miniflare.getD1Database(`database_${id}`);
    try {
      const { results, meta } = await database.prepare(sql).bind(...params).all();
      return { results, success: true, meta };
    } catch (error) {
      throw new Error(String(error.message).replace(/^D1_ERROR: /, ''));
    }
  }

  async #apply() {
    const { modules, compatibilityDate = '2026-01-01', compatibilityFlags = [], vars = {}, d1 = {}, kv = {} } = this.#worker;
    const options = {
      host: '127.0.0.1', port: this.port, cf: false, log: new Log(LogLevel.NONE), modulesRoot: this.folder,
      modules: modules.map((module) => ({ ...module, path: join(this.folder, module.path) })),
      compatibilityDate, compatibilityFlags, bindings: vars, kvNamespaces: kv,
      d1Databases: { ...Object.fromEntries(this.#databases.map((id) => [`database_${id}`, id])), ...d1 },
      d1Persist: join(this.folder, 'd1'), kvPersist: join(this.folder, 'kv'),
      handleRuntimeStdio: (stdout, stderr) => [stdout, stderr].forEach((stream) => stream.resume()),
    };
    if (this.#miniflare) await this.#miniflare.setOptions(options);
    else this.#miniflare = new Miniflare(options);
    await this.#miniflare.ready;
  }
}
