// Requests one after another, which share an instance where the host keeps instances: none sees anything of the one before.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { HOST } from './lib/hosts.mjs';
import { descendants } from './lib/processes.mjs';
import { test } from './lib/suite.mjs';
import { gatewayForFile, until } from './lib/gateway.mjs';
import { readSse } from './lib/sse.mjs';

const gw = gatewayForFile();
const ROUNDS = 5;

const keyOf = async (name) => (await gw.ok('POST', '/keys/add', { name })).key;

/** Returns the marks in a text, each once. */
const marksIn = (text) => [...new Set(text.match(/mark-[a-z]+-\d+/g))];

/** Requests of every kind, each with a mark of its own. */
const KINDS = {
  async collected(mark, key) {
    const { status, text } = await gw.chat(`[[text:${mark}]]`, { key });
    assert.equal(status, 200, text);
    return text;
  },
  async streamed(mark, key) {
    const answer = await readSse(await gw.chatRaw(`[[text:${mark}]]`, { key, stream: true }));
    assert.ok(answer.done);
    return JSON.stringify(answer);
  },
  async refused(mark, key) {
    const { status, text } = await gw.chat('hello', { key, model: mark });
    assert.equal(status, 404);
    return text;
  },
  async failed(mark, key) {
    const { status, text } = await gw.chat(`${mark} [[moderated]]`, { key });
    assert.notEqual(status, 200);
    return `${mark} ${text}`;
  },
  async aborted(mark, key) {
    const leaving = new AbortController();
    const response = await gw.chatRaw(`[[text:${mark} ${'and so on '.repeat(50)}]] [[slow:20]]`, { key, stream: true, signal: leaving.signal });
    const { value } = await response.body.getReader().read();
    leaving.abort();
    return `${mark} ${new TextDecoder().decode(value)}`;
  },
  async locked(mark) {
    const { status, text } = await gw.chat(`[[text:${mark}]]`, { key: mark });
    assert.equal(status, 401);
    return `${mark} ${text}`;
  },
};

test('no request sees anything of the one before', async () => {
  await gw.pool(['basic-1', 'basic-2']);
  await gw.ok('POST', '/logs/clear', {});
  const keys = [await keyOf('first'), await keyOf('second')];
  const names = Object.keys(KINDS);
  for (let n = 0; n < ROUNDS * names.length; n++) {
    // Another order in each round, so that each kind follows each other kind.
    const kind = names[(n * (1 + Math.floor(n / names.length)) + n) % names.length];
    const mark = `mark-${kind}-${n}`;
    assert.deepEqual(marksIn(await KINDS[kind](mark, keys[n % 2])), [mark]);
    const { text } = await gw.call('GET', '/v1/models', { headers: { authorization: `Bearer ${keys[(n + 1) % 2]}` } });
    assert.deepEqual(marksIn(text), []);
  }
});

test('a row of the log has the key and model of its request', async () => {
  await gw.pool(['basic-1']);
  await gw.ok('POST', '/logs/clear', {});
  const keys = { third: await keyOf('third'), fourth: await keyOf('fourth') };
  for (const [name, key] of Object.entries(keys)) {
    for (const content of ['[[n:3]]', '[[moderated]]']) await gw.chat(content, { key, model: name === 'third' ? 'grok-4-fast' : 'grok-auto' });
  }
  const rows = await gw.logged(4);
  const seen = rows.map((row) => `${row.key_name} ${row.model} ${row.status === 200}`).sort();
  assert.deepEqual(seen, ['fourth grok-auto false', 'fourth grok-auto true', 'third grok-4-fast false', 'third grok-4-fast true']);
});

test('Spin: an instance keeps its connection', { skip: HOST !== 'spin' && 'workerd has no files of connections' }, async () => {
  const pids = [gw.host.pid, ...descendants(gw.host.pid)];
  const open = () => pids.flatMap((pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`))).filter((file) => file.endsWith('/sqlite_db.db')).length;
  // Instances that have no request end after a second.
  await until(() => open() === 0, 'no instance', 15_000);
  for (let n = 0; n < 20; n++) {
    assert.equal((await gw.call('GET', '/v1/models', { headers: { authorization: `Bearer ${gw.key}` } })).status, 200);
    const now = open();
    // The next request may come before the end of the one before, and gets another instance.
    assert.ok(now >= 1 && now <= 3, `${now} connections after ${n + 1} requests`);
  }
});

function linkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    // Closed since the folder was read.
    return '';
  }
}
