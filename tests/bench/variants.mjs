// What is compared on each host: hello, the floor and the gateway, with the two ways to Grok.
import { jwt } from '../fake-grok.mjs';
import { PASSWORD, startSpin, startWorkerd } from './hosts.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { load } from './load.mjs';

const ACCOUNTS = 16;
const OURS = 'cloudflare/worker.mjs';
const FLOOR = 'tests/bench/floor.mjs';
const TRANSPORTS = ['http', 'websocket'];
const on = (host, script, name) => TRANSPORTS.map((transport) => ({ name: `${name} ${transport}`, kind: name, host, script, transport }));

const hello = (host, script) => ({ name: 'hello', kind: 'hello', host, script, transport: 'http' });

/**
 * The variants of a host. `kind` `hello` answers everything with a word. Spin's floor has no WebSocket: there it is a component
 * of our own.
 */
export const VARIANTS = {
  workerd: [hello('workerd', 'tests/bench/hello.mjs'), ...on('workerd', FLOOR, 'floor'), ...on('workerd', OURS, 'ours')],
  spin: [hello('spin'), ...on('spin', undefined, 'floor').filter(({ transport }) => transport === 'http'), ...on('spin', undefined, 'ours')],
};

/** Returns whether a variant takes part in a scenario. Only chats differ by their way to Grok. */
export const takesPart = ({ kind, transport }, scenario) => (scenario.chats ? kind !== 'hello' : transport === 'http' && (kind !== 'hello' || scenario === SCENARIOS.health));

async function api(url, session, path, body) {
  const headers = { 'content-type': 'application/json', ...(session ? { authorization: `Bearer ${session}` } : {}) };
  const response = await fetch(`${url}/api${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** Fills the gateway's tables: a key, accounts, settings. Returns the key. */
export async function introduce(url, transport) {
  const { token } = await api(url, null, '/login', { username: 'admin', password: PASSWORD });
  const { data: { key } } = await api(url, token, '/keys/add', { name: 'bench' });
  // The scripted Grok refuses a call of the older stream without any value for it.
  const grok_config = { read_accounts: false, chat_transport: transport, ...(transport === 'http' ? { x_statsig_id: 'of the bench' } : {}) };
  await api(url, token, '/settings', { global_config: {}, grok_config });
  const tokens = Array.from({ length: ACCOUNTS }, (_, n) => jwt(`basic-${n}`));
  await api(url, token, '/tokens/add', { tokens, token_type: 'sso' });
  return key;
}

/** Starts a variant. `recorded` is for the floor, `flags` for Spin. Returns it with `url`, `key`, `pid`, `stop`, and `begun` (ms to its first answer). */
export async function start(variant, { grok, recorded, flags }) {
  const { kind, host, script, transport } = variant;
  // As `up` does: 64 streams are more than an isolate of the platform admits.
  const bindings = kind === 'floor' ? { RECORDED: recorded, TRANSPORT: transport } : { GUEST_MEMORY_MB: '512' };
  const began = performance.now();
  const running = host === 'spin' ? await startSpin({ kind, grok, recorded, flags }) : await startWorkerd({ script, grok, bindings });
  // The first answer needs the module compiled, and an instance.
  await (await fetch(`${running.url}/health`)).text();
  const begun = performance.now() - began;
  return { ...variant, ...running, begun, key: kind === 'hello' ? '' : await introduce(running.url, transport) };
}

/** Runs the gateway once and returns what it asks of its host: a list of models, and a chat over each way to Grok. */
export async function record(grok) {
  const recorded = {};
  for (const transport of TRANSPORTS) {
    const running = await start({ name: 'recorder', kind: 'recorder', host: 'workerd', script: 'tests/bench/recorder.mjs', transport }, { grok });
    try {
      const steps = async (scenario) => {
        await load(running, scenario, 1, 1);
        await new Promise((resolve) => setTimeout(resolve, 300));
        return (await fetch(`${running.url}/__bench/steps`)).json();
      };
      const first = [SCENARIOS.models, SCENARIOS.one];
      // The first chat of an account also asks for the id of its owner.
      for (const scenario of [...first, ...Array.from({ length: ACCOUNTS }, () => SCENARIOS.one)]) await load(running, scenario, 1, 1);
      await fetch(`${running.url}/__bench/steps`);
      const [statement] = await steps(SCENARIOS.models);
      const response = await fetch(`${running.url}/v1/models`, { headers: { authorization: `Bearer ${running.key}` } });
      recorded.models = { statement, body: await response.json(), steps: [statement] };
      await fetch(`${running.url}/__bench/steps`);
      const chat = await steps(SCENARIOS.one);
      const of = (kind) => chat.filter((step) => step.kind === kind);
      const [[reserve, finish], [call]] = [of('d1'), of('fetch')];
      recorded[transport] = { reserve, finish, call, sent: of('message').map(({ text }) => text), steps: chat };
    } finally {
      await running.stop();
    }
  }
  return recorded;
}
