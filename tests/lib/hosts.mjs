// Which host the suite runs on (the variable HOST), and how each is started on a free port with a deadline.
import { createServer } from 'node:net';

export const HOST = process.env.HOST ?? 'workerd';

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts the component with these variables on this data folder: `{ url, stop(), … }`, ready to answer. */
export async function startHost({ host = HOST, port, ...options }) {
  if (!['workerd', 'spin'].includes(host)) throw new Error(`HOST is ${host}: workerd and spin are known`);
  const { start } = await import(`../hosts/${host}.mjs`);
  return start({ port: port ?? await freePort(), ...options });
}
