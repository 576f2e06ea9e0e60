// Bodies of those who have no good key: answered before they are held, however many come and however slowly.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { before, test } from './lib/suite.mjs';
import { gatewayForFile } from './lib/gateway.mjs';

const UPLOADS = 24;
/** An answer before the body's end takes as long as the gateway waits for a short rest of it: a second. */
const WITHIN_MS = 15_000;

const gw = gatewayForFile();
before(async () => {
  await gw.pool(['basic-1']);
});

/** Sends a head and the beginning of a body that never ends, and gives the status of what is answered. */
function unfinished(head, beginning) {
  const { hostname, port } = new URL(gw.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const late = setTimeout(() => socket.destroy(new Error(`no answer within ${WITHIN_MS} ms`)), WITHIN_MS);
    socket.once('data', (data) => {
      resolve(Number(String(data).split(' ')[1]));
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => { clearTimeout(late); reject(new Error('closed without an answer')); });
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n${head}\r\n\r\n`);
    socket.write(beginning);
  });
}

test('endless uploads get their 401 while they are sent', async () => {
  const part = '{"model":"grok-4","messages":[{"role":"user","content":"' + 'x'.repeat(100_000);
  const chunk = `${part.length.toString(16)}\r\n${part}\r\n`;
  const statuses = await Promise.all(Array.from({ length: UPLOADS }, (_, n) => {
    const key = n % 3 === 2 ? '' : 'Authorization: Bearer sk-wrong\r\n';
    return n % 2 === 0 ? unfinished(`${key}Content-Length: 20000000`, part) : unfinished(`${key}Transfer-Encoding: chunked`, chunk);
  }));
  assert.deepEqual(statuses, Array(UPLOADS).fill(401));
  assert.equal((await gw.chat('hi')).status, 200);
  assert.equal(gw.grok.of('chat').length, 1);
});
