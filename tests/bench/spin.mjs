// The applications that are measured beside the gateway on Spin: the floor and hello, both the component of spin-floor/.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMPONENT = join(ROOT, 'target/spin/bench-floor.wasm');
const GATEWAY = 'source = "target/spin/grok2api.wasm"';
const ALL = 'route = "/..."';

/** A string of JSON is one of TOML. */
const text = (string) => JSON.stringify(string);

const component = (settings) => `
[[trigger.http]]
${ALL}
component = "floor"

[component.floor]
source = ${text(COMPONENT)}
${settings}`;

/** Returns the manifest of the least component, which answers everything with a word. */
export const helloManifest = () => `spin_manifest_version = 2

[application]
name = "hello"
${component('')}`;

/**
 * Returns the manifest of the floor: the gateway's own, in which the gateway has only the paths of the admin API, because it
 * fills the tables.
 * @param {string} gateway spin.toml
 */
export function floorManifest(gateway, { models: { statement, body }, http: { reserve, finish, call } }) {
  for (const line of [GATEWAY, ALL]) if (gateway.split(line).length !== 2) throw new Error(`spin.toml does not have ${line} once`);
  const recorded = text(JSON.stringify({ models: { statement, body }, http: { reserve, finish, call } }));
  const settings = `sqlite_databases = ["default"]\nallowed_outbound_hosts = ["http://127.0.0.1:*"]\nenvironment = { RECORDED = ${recorded} }\n`;
  return gateway.replace(ALL, 'route = "/api/..."').replace(GATEWAY, `source = ${text(join(ROOT, 'target/spin/grok2api.wasm'))}`) + component(settings);
}

/** Writes the application of a variant into a folder. Returns it as `hosts/spin.mjs` starts it; `undefined` is the gateway. */
export async function application({ kind, recorded, folder }) {
  if (kind === 'ours') return undefined;
  const manifest = join(folder, 'spin.toml');
  await writeFile(manifest, kind === 'hello' ? helloManifest() : floorManifest(await readFile(join(ROOT, 'spin.toml'), 'utf8'), recorded));
  return { manifest, component: COMPONENT, path: '/health' };
}
