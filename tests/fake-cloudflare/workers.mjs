// Workers as the API keeps them: uploads with bindings and secrets, assets, versions, cron.
import { randomUUID } from 'node:crypto';
import { Refusal } from './refusal.mjs';

const MODULES = { 'application/javascript+module': 'ESModule', 'application/wasm': 'CompiledWasm' };

/** Reads an upload: its metadata and its modules, the main one first. */
async function read(request) {
  const form = await request.formData();
  const metadata = JSON.parse(await textOf(form.get('metadata')));
  const modules = [];
  for (const [name, file] of form) {
    const type = MODULES[file.type?.split(';')[0]];
    if (type) modules.push({ type, path: name, contents: new Uint8Array(await file.arrayBuffer()) });
  }
  modules.sort((a, b) => Number(b.path === metadata.main_module) - Number(a.path === metadata.main_module));
  if (modules[0]?.path !== metadata.main_module) throw new Refusal(400, 10021, `No such module: ${metadata.main_module}`);
  return { metadata, modules };
}

const textOf = (part) => (typeof part === 'string' ? part : part.text());

export class Workers {
  all = new Map();
  #assets = new Set();
  #sessions = new Map();

  constructor(account) { this.account = account; }

  get(name) {
    const worker = this.all.get(name);
    if (!worker) throw new Refusal(404, 10007, 'This Worker does not exist on your account.');
    return worker;
  }

  /** Puts an upload in the place of what was there; secrets stay only when the upload says so, as at Cloudflare. */
  async upload(name, request) {
    const { metadata, modules } = await read(request);
    const before = this.all.get(name);
    const keeps = metadata.keep_bindings ?? [];
    const secrets = new Map(keeps.includes('secret_text') ? before?.secrets : []);
    const vars = new Map(keeps.includes('plain_text') ? before?.vars : []);
    const ids = { d1: {}, kv: {} };
    for (const binding of metadata.bindings ?? []) this.#bind(binding, { secrets, vars, ids });
    const [provider, region] = metadata.placement?.region?.split(':') ?? [];
    if (provider && !this.account.regions[provider]?.includes(region)) throw new Refusal(400, 10021, `invalid placement region: ${metadata.placement.region}`);
    if (metadata.assets && !this.#sessions.has(metadata.assets.jwt)) throw new Refusal(400, 10021, 'unknown assets');
    const worker = { ...before, name, secrets, vars, metadata, modules, version: randomUUID(), uploads: (before?.uploads ?? 0) + 1,
      assets: this.#sessions.get(metadata.assets?.jwt) };
    this.all.set(name, worker);
    await this.account.machine.deploy({ modules, vars: Object.fromEntries([...vars, ...secrets]), ...ids,
      compatibilityDate: metadata.compatibility_date, compatibilityFlags: metadata.compatibility_flags });
    return { id: worker.version, deployment_id: worker.version.replaceAll('-', ''), startup_time_ms: 1, resources: { script: { etag: 'e' } } };
  }

  #bind({ type, name, ...binding }, { secrets, vars, ids }) {
    if (type === 'secret_text') secrets.set(name, binding.text);
    else if (type === 'plain_text') vars.set(name, binding.text);
    else if (type === 'd1') {
      if (!this.account.databases.some(({ uuid }) => uuid === binding.id)) throw new Refusal(400, 10021, `binding ${name} of type d1 must have a valid \`id\` specified`);
      ids.d1[name] = binding.id;
    } else if (type === 'kv_namespace') {
      if (!this.account.namespaces.some(({ id }) => id === binding.namespace_id)) throw new Refusal(400, 10041, `KV namespace '${binding.namespace_id}' not found.`);
      ids.kv[name] = binding.namespace_id;
    } else if (type !== 'assets') throw new Refusal(400, 10021, `binding ${name} has the type ${type}`);
  }

  /** Returns which of these files are not there yet; the session's token stands for all of them. */
  openAssets(manifest) {
    const jwt = `session.${randomUUID()}.x`;
    const missing = [...new Set(Object.values(manifest).map(({ hash }) => hash))].filter((hash) => !this.#assets.has(hash));
    this.#sessions.set(jwt, Object.keys(manifest));
    return { jwt, buckets: missing.length > 0 ? [missing] : [] };
  }

  async takeAssets(jwt, request) {
    if (!this.#sessions.has(jwt)) throw new Refusal(401, 10000, 'Authentication error');
    for (const hash of (await request.formData()).keys()) this.#assets.add(hash);
    return { jwt };
  }
}
