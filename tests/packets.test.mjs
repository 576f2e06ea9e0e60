// What Spin sends to Grok in one packet. A second packet waits until the first is acknowledged, which takes a server 40 ms or
// the network a round trip, because Spin leaves Nagle's algorithm on (RFC 896).
// Directives in prompts, such as [[n:1]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { after, before } from 'node:test';
import { startGateway } from './lib/gateway.mjs';
import { HOST } from './lib/hosts.mjs';
import { startGrok } from './fake-grok.mjs';
import { test } from './lib/suite.mjs';

const ON_SPIN = { skip: HOST !== 'spin' && 'workerd does not delay packets' };
const ROUNDS = 8;

let packets = [];
let grok;
let gw;
/** Passes bytes on to Grok, and notes each packet of the gateway. */
const between = createServer((socket) => {
  const { hostname, port } = new URL(grok.url);
  const onward = connect(Number(port), hostname);
  socket.on('data', (bytes) => packets.push(bytes));
  for (const [from, to] of [[socket, onward], [onward, socket]]) from.pipe(to).on('error', () => from.destroy());
});

before(async () => {
  if (ON_SPIN.skip) return;
  grok = await startGrok();
  await new Promise((resolve) => between.listen(0, '127.0.0.1', resolve));
  gw = await startGateway({ grok, vars: { grok_base_url: `http://127.0.0.1:${between.address().port}` } });
  await gw.pool(['basic-1']);
  // The first chat of an account also asks for the id of its owner.
  assert.equal((await gw.chat('[[n:1]]')).status, 200);
});
after(async () => {
  await gw?.stop();
  await grok?.stop();
  between.close();
});

/** Is this packet the close of a WebSocket? It may come after the answer, when the next chat has begun (RFC 6455, 5.5.1). */
const isClose = (packet) => packet[0] === 0x88;

/** Returns how many packets Grok got in most of several chats, closes apart. */
async function packetsOfChats() {
  const counts = [];
  for (let round = 0; round < ROUNDS; round++) {
    packets = [];
    const { status, text } = await gw.chat('[[n:1]]');
    assert.equal(status, 200, text);
    counts.push(packets.filter((packet) => !isClose(packet)).length);
  }
  return counts.sort((a, b) => a - b)[ROUNDS / 2];
}

test('a question leaves with the head of its request', ON_SPIN, async () => {
  await gw.settings({ chat_transport: 'http', x_statsig_id: 'operator-value' });
  assert.equal(await packetsOfChats(), 1);
  const [request] = packets.map(String);
  assert.match(request, /\r\ncontent-length: \d+\r\n/i);
});

test('messages that follow each other leave together', ON_SPIN, async () => {
  await gw.settings({ chat_transport: 'websocket', x_statsig_id: null });
  // The upgrade, the greeting, and the question with the request to answer it.
  assert.equal(await packetsOfChats(), 3);
});
