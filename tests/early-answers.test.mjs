// A server that answers a request before it has read its body, and reads the rest only to throw it away, as nginx does.
// Directives in prompts, such as [[n:1]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { after, before, test } from './lib/suite.mjs';
import { png } from './fake-grok/media.mjs';
import { startGateway } from './lib/gateway.mjs';
import { HOST } from './lib/hosts.mjs';
import { startGrok } from './fake-grok.mjs';

const ANSWER = '{"error":{"code":13,"message":"busy","details":[]}}';
/** What the sockets between the gateway and the server cannot hold. */
const LARGE = 6_000_000;

let uploads = 0;
const unread = [];
/** Throws the rest of each upload away. workerd ends no response whose request it has not sent. */
const readRest = () => { for (const socket of unread.splice(0)) socket.resume(); };

let grok;
let gw;
/** Refuses uploads at their first bytes; passes everything else on to Grok. */
const door = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (bytes) => {
    if (/^POST \S*upload-file/.test(bytes.toString('latin1'))) {
      uploads += 1;
      socket.write(`HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`);
      unread.push(socket.pause());
      if (HOST === 'workerd') readRest();
      return;
    }
    const { hostname, port } = new URL(grok.url);
    const onward = connect(Number(port), hostname);
    onward.on('error', () => socket.destroy());
    onward.write(bytes);
    socket.pipe(onward).pipe(socket);
  });
});

before(async () => {
  grok = await startGrok();
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  gw = await startGateway({ grok, vars: { grok_base_url: `http://127.0.0.1:${door.address().port}` } });
});
after(async () => {
  await gw?.stop();
  await grok?.stop();
  door.close();
});

test('an answer counts while the body is still on its way', async () => {
  await gw.pool(['basic-1', 'basic-2']);
  const url = `data:image/png;base64,${Buffer.concat([png('large'), Buffer.alloc(LARGE)]).toString('base64')}`;
  const { status, body } = await gw.chat([{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }]);
  assert.deepEqual([status, body.error.code], [502, 'upstream_error'], JSON.stringify(body));
  assert.equal(uploads, 2, 'each account was asked');
  readRest();
  assert.equal((await gw.chat('[[n:1]]')).status, 200);
});
