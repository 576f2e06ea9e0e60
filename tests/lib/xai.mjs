// The scripted xAI of test files, and what tests ask it directly.
import OpenAI from 'openai';
import { Xai } from '../fake-xai/server.mjs';
import { databaseOf, sqlite } from './database.mjs';
import { gatewayForFile } from './gateway.mjs';
import { after, before, beforeEach } from './suite.mjs';

/** Returns the scripted xAI of a test file: started before its tests, without calls, rules and limits before each, stopped at the end. */
export function xaiForFile(options) {
  const xai = new Xai(options);
  before(() => xai.listen());
  beforeEach(() => xai.reset());
  after(() => xai.stop());
  return xai;
}

/** Returns a function that sends a body to a path of the scripted xAI: (path, body, key, more) as `fetch` answers it. */
export const askOf = (xai) => (path, body, key = 'xai-basic-1', more = {}) => fetch(`${xai.url}${path}`, {
  method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...more.headers },
  ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }), ...(more.signal ? { signal: more.signal } : {}) });

/** Returns OpenAI's client on the scripted xAI. */
export const clientOf = (xai, key = 'xai-basic-1') => new OpenAI({ baseURL: xai.url, apiKey: key, maxRetries: 0, timeout: 30_000 });

/** Returns the events of a stream's text, without `[DONE]`, each with the name of its `event:` line as `name`. */
export function eventsIn(text) {
  return text.split('\n\n').filter((block) => block !== '' && !block.startsWith(':') && block !== 'data: [DONE]').map((block) => {
    const [, name, data] = /^(?:event: (\S+)\n)?data: (.*)$/s.exec(block);
    return { name, ...JSON.parse(data) };
  });
}

const NUMBER_LENGTH = 24;
/** US dollars in ticks, the unit of xAI's prices. */
export const TICKS = 10_000_000_000;

/** Returns the key called `basic-1` at the length that the gateway demands. */
export const xaiKey = (name) => `xai-${name.replace(/\d+$/, (number) => number.padStart(NUMBER_LENGTH, '0'))}`;

/** Returns the row of a key in the list of accounts: its id is known by the whole key only. */
export async function rowOfKey(gw, key) {
  const { id } = await gw.ok('POST', '/tokens/reveal', { token: key });
  return (await gw.ok('GET', `/tokens?id=${id}`))[0];
}

/**
 * Returns { xai, gw } of a test file: the scripted xAI, and a gateway on it. `gw.keys(names)` replaces the pool by keys of xAI's
 * API, `gw.addKeys(names)` adds them, `gw.keyRow(name)` returns the row of one, `gw.costs()` the ticks of the log's rows.
 */
export function xaiGatewayForFile({ vars, lenient, ...options } = {}) {
  const xai = xaiForFile({ lenient });
  const gw = gatewayForFile(() => ({ ...options, vars: { xai_base_url: xai.url, ...(typeof vars === 'function' ? vars() : vars) } }));
  const addKeys = (names) => gw.ok('POST', '/tokens/add', { tokens: names.map(xaiKey), token_type: 'xai' });
  const keyRow = (name) => rowOfKey(gw, xaiKey(name));
  const keys = async (names) => {
    await gw.pool([]);
    if (names.length > 0) await addKeys(names);
  };
  const costs = async () => JSON.parse(await sqlite('values', await databaseOf(gw.dataDir), 'request_logs', 'cost'));
  return { xai, gw: Object.assign(gw, { addKeys, keys, keyRow, costs }) };
}

/**
 * Returns the gateway of a file of tests/clients. With PROVIDER=xai its accounts are keys of xAI's API, which answers for the names
 * of Grok's models too; what a file asks of the scripted Grok is not for it then.
 */
export function gatewayForClients(options) {
  if (process.env.PROVIDER !== 'xai') return gatewayForFile(options);
  const { gw } = xaiGatewayForFile({ lenient: true });
  const pool = gw.pool.bind(gw);
  gw.pool = async (names) => {
    await pool([]);
    await gw.addKeys(names);
  };
  return gw;
}
