// Sends the requests of a scenario and checks the answers.
import { Agent, request } from 'node:http';
import { pooled } from '../lib/gateway.mjs';

const LIMIT_MS = 120_000;
const agent = new Agent({ keepAlive: true });

/** Sends one request. Returns the milliseconds to the first byte of the body and to the end. Fails if the answer is not whole. */
function send(url, { path, body, ends }, key) {
  const text = body && JSON.stringify(body);
  const headers = { authorization: `Bearer ${key}`, ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}) };
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const sent = request(url + path, { method: text ? 'POST' : 'GET', headers, agent, timeout: LIMIT_MS }, (response) => {
      const pieces = [];
      let first;
      response.on('data', (piece) => {
        first ??= performance.now() - began;
        pieces.push(piece);
      });
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(pieces).toString();
        if (response.statusCode !== 200 || !answer.slice(-4_000).includes(ends)) {
          reject(new Error(`${path}: status ${response.statusCode}, ${answer.slice(-300)}`));
        } else resolve({ first, whole: performance.now() - began });
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`${path}: no answer within ${LIMIT_MS} ms`)));
    sent.on('error', reject);
    sent.end(text);
  });
}

/** Sends `count` requests of a scenario, `width` at once; returns their times in milliseconds. */
export function load({ url, key }, scenario, count, width) {
  return pooled(Array.from({ length: count }), width, () => send(url, scenario, key));
}
