// Which host the suite runs on (the variable HOST), and how each is started on a free port with a deadline.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

export const HOST = process.env.HOST ?? 'workerd';

/** Ports that no system gives to connections by itself: one that is free now is so when a host listens on it. */
const [FIRST_PORT, LAST_PORT] = [10_000, 32_000];

/** Returns a port that nothing listens on. By chance, so that tests of other processes do not get the same one. */
export async function freePort() {
  const port = randomInt(FIRST_PORT, LAST_PORT);
  const server = createServer();
  const isFree = await new Promise((resolve) => server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)));
  if (!isFree) return freePort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts the component with these variables on this data folder: `{ url, stop(), … }`, ready to answer. */
export async function startHost({ host = HOST, port, ...options }) {
  if (!['workerd', 'spin'].includes(host)) throw new Error(`HOST is ${host}: workerd and spin are known`);
  const { start } = await import(`../hosts/${host}.mjs`);
  return start({ port: port ?? await freePort(), ...options });
}
