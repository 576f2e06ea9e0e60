// The addresses that the local server listens on, and the check before one of them is open to other machines.

import { createServer, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

const WILDCARDS = { "0.0.0.0": ["IPv4"], "::": ["IPv4", "IPv6"] };
/** The gateway treats this one as no password. */
const FIRST_RUN_PASSWORD = "admin";
/** The console's own minimum. */
const MIN_PASSWORD_CHARS = 8;

const literal = (host) => (isIPv6(host) ? `[${host}]` : host);

/** Reads `ADDRESS:PORT`, an IPv6 address in brackets. @returns {{ host: string, port: number }} */
export function parseAddress(text) {
  const [, host, port] = /^\[?([0-9a-f:.]+?)\]?:(\d+)$/i.exec(text) ?? [];
  if (host === undefined) throw new Error(`--listen takes ADDRESS:PORT, not ${text}`);
  return { host, port: Number(port) };
}

/** Whether a socket there takes what comes to this address as well. */
export const covers = (wide, { host, port }) => wide.port === port && (wide.host === host || Object.hasOwn(WILDCARDS, wide.host));

/** Returns where other machines reach it: a wildcard stands for each address that they know. @returns {string[]} */
export function publicUrls({ host, port }, interfaces = networkInterfaces()) {
  const families = WILDCARDS[host];
  if (!families) return [`http://${literal(host)}:${port}`];
  const isKnown = ({ family, address, internal }) => families.includes(family) && !internal && !address.startsWith("fe80:");
  return Object.values(interfaces).flat().filter(isKnown).map(({ address }) => `http://${literal(address)}:${port}`);
}

/** Fails in one sentence when something listens there, or nothing can. */
export function assertFree({ host, port }) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", ({ code, message }) => {
      const reasons = {
        EADDRINUSE: `port ${port} of ${host} is in use: choose another with --port`,
        EADDRNOTAVAIL: `this machine does not have the address ${host}: name one that it has, or 0.0.0.0 for all`,
        EACCES: `port ${port} needs root: choose one from 1024 on`,
      };
      reject(new Error(reasons[code] ?? message));
    });
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}

/**
 * Fails while the first-run password is valid, with which the first visitor owns the gateway. It looks where the gateway
 * looks: a sign-in that tries the password would count as a failed one.
 * @param {import("miniflare").Miniflare} worker @param {Record<string, string>} [vars] the gateway's variables
 */
export async function assertOwnPassword(worker, { admin_password: password = "" } = {}) {
  if (password !== "" && password !== FIRST_RUN_PASSWORD) {
    if ([...password].length >= MIN_PASSWORD_CHARS) return;
    throw new Error(`--listen needs a password of at least ${MIN_PASSWORD_CHARS} characters: set a longer SPIN_VARIABLE_ADMIN_PASSWORD in the environment`);
  }
  const database = await worker.getD1Database("DB");
  // A database without tables: nothing has been set.
  const row = await database.prepare("SELECT 1 FROM settings WHERE section = 'password'").first().catch(() => null);
  if (row === null) {
    throw new Error(
      "--listen needs a password of your own, or the first visitor owns this gateway: set SPIN_VARIABLE_ADMIN_PASSWORD in the environment, or start without --listen and change the password first",
    );
  }
}
