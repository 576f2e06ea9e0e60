// The part of Cloudflare's API that `cargo xtask deploy cloudflare` and wrangler use, as a table: method, path below the
// account, the permission it takes, and the answer.
// Source: https://developers.cloudflare.com/api/ and packages/wrangler in cloudflare/workers-sdk.
import { randomUUID } from 'node:crypto';
import { Refusal } from './refusal.mjs';

const D1 = 'D1';
const KV = 'Workers KV Storage';
const SCRIPTS = 'Workers Scripts';

const json = (request) => request.json();

async function createDatabase({ account, request }) {
  const { name, primary_location_hint } = await json(request);
  if (account.databases.some((database) => database.name === name)) {
    throw new Refusal(400, 7502, `Database with name '${name}' already exists, please choose another name`);
  }
  const database = { uuid: randomUUID(), name, location: primary_location_hint };
  await account.machine.addDatabase(database.uuid);
  account.databases.push(database);
  return database;
}

async function createNamespace({ account, request }) {
  const { title } = await json(request);
  if (account.namespaces.some((namespace) => namespace.title === title)) {
    throw new Refusal(400, 10014, 'a namespace with this account ID and title already exists');
  }
  const namespace = { id: randomUUID().replaceAll('-', ''), title };
  account.namespaces.push(namespace);
  return namespace;
}

async function query({ account, parts: [id], request }) {
  const database = account.databases.find(({ uuid }) => uuid === id);
  if (!database) throw new Refusal(404, 7404, `The database ${id} could not be found`);
  const { sql, params } = await json(request);
  account.statements.push(sql);
  try {
    const { meta, ...answer } = await account.machine.query(id, sql, params);
    return [{ ...answer, meta: { ...meta, served_by_region: database.location?.toUpperCase() } }];
  } catch (error) {
    throw new Refusal(400, 7500, error.message);
  }
}

const settings = ({ account, parts: [name] }) => ({ ...account.workers.get(name).settings });
const subdomain = { enabled: true, previews_enabled: true };

/** Lists answer in pages of ten, whatever size is requested: the caller must count what it got. */
const page = (items, url) => {
  const at = Number(url.searchParams.get('page') ?? 1);
  return { items: items.slice((at - 1) * 10, at * 10), info: { page: at, per_page: 10, total_count: items.length } };
};

export const ROUTES = [
  ['GET', '/d1/database', D1, ({ account, url }) => page(account.databases, url)],
  ['POST', '/d1/database', D1, createDatabase],
  ['GET', '/d1/database/:id', D1, ({ account, parts: [id] }) => {
    const found = account.databases.find(({ uuid }) => uuid === id);
    if (!found) throw new Refusal(404, 7404, `The database ${id} could not be found`);
    return found;
  }],
  ['POST', '/d1/database/:id/query', D1, query],
  ['GET', '/storage/kv/namespaces', KV, ({ account, url }) => page(account.namespaces, url)],
  ['POST', '/storage/kv/namespaces', KV, createNamespace],
  ['GET', '/workers/subdomain', SCRIPTS, ({ account }) => {
    if (!account.subdomain) throw new Refusal(404, 10007, 'workers.api.error.subdomain_not_found');
    return { subdomain: account.subdomain };
  }],
  ['GET', '/workers/placement/regions', SCRIPTS, ({ account }) => ({
    providers: Object.entries(account.regions).map(([id, regions]) => ({ id, regions: regions.map((region) => ({ id: region })) })) })],
  ['GET', '/workers/services/:name', SCRIPTS, ({ account, parts: [name] }) => {
    const worker = account.workers.get(name);
    return { default_environment: { environment: 'production', script: { tag: worker.name, tags: null, last_deployed_from: 'wrangler' } } };
  }],
  ['GET', '/workers/scripts/:name/deployments', SCRIPTS, ({ account, parts: [name] }) => {
    const { version } = account.workers.get(name);
    return { deployments: [{ id: version, source: 'wrangler', versions: [{ version_id: version, percentage: 100 }] }] };
  }],
  ['POST', '/workers/scripts/:name/deployments', SCRIPTS, () => ({ id: randomUUID() })],
  ['GET', '/workers/scripts/:name/secrets', SCRIPTS, ({ account, parts: [name] }) => (
    [...account.workers.get(name).secrets.keys()].map((secret) => ({ name: secret, type: 'secret_text' })))],
  ['PUT', '/workers/scripts/:name', SCRIPTS, ({ account, parts: [name], request }) => account.workers.upload(name, request)],
  ['POST', '/workers/scripts/:name/versions', SCRIPTS, ({ account, parts: [name], request }) => {
    account.workers.get(name);
    return account.workers.upload(name, request);
  }],
  ['GET', '/workers/scripts/:name/versions/:id', SCRIPTS, () => ({ resources: { bindings: [] } })],
  ['GET', '/workers/scripts/:name/settings', SCRIPTS, settings],
  ['GET', '/workers/scripts/:name/script-settings', SCRIPTS, settings],
  ['PATCH', '/workers/scripts/:name/script-settings', SCRIPTS, settings],
  ['POST', '/workers/scripts/:name/assets-upload-session', SCRIPTS, async ({ account, request }) => account.workers.openAssets((await json(request)).manifest)],
  ['GET', '/workers/scripts/:name/subdomain', SCRIPTS, () => subdomain],
  ['POST', '/workers/scripts/:name/subdomain', SCRIPTS, () => subdomain],
  ['PUT', '/workers/scripts/:name/schedules', SCRIPTS, async ({ account, parts: [name], request }) => {
    account.workers.get(name).crons = (await json(request)).map(({ cron }) => cron);
    return { schedules: account.workers.get(name).crons };
  }],
];

/** The route for a path, with its variable parts. */
export function match(method, path) {
  for (const [verb, pattern, permission, answer] of ROUTES) {
    const found = verb === method && new RegExp(`^${pattern.replace(/:\w+/g, '([^/]+)')}$`).exec(path);
    if (found) return { permission, answer, parts: found.slice(1), name: `${verb} ${pattern}` };
  }
  throw new Refusal(404, 7000, `No route for that URI: ${method} ${path}`);
}
