// The addresses that the local server listens on, and the check before one of them is open to other machines.

import { createServer, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

const WILDCARDS = { "0.0.0.0": ["IPv4"], "::": ["IPv4", "IPv6"] };
/** The first-run password, which the gateway does not count as a password. */
const FIRST_RUN_PASSWORD = "admin";
/** The console's minimum. */
const MIN_PASSWORD_CHARS = 8;

const literal = (host) => (isIPv6(host) ? `[${host}]` : host);

/** Parses `ADDRESS:PORT`, with IPv6 addresses in brackets. @returns {{ host: string, port: number }} */
export function parseAddress(text) {
  const [, host, port] = /^\[?([0-9a-f:.]+?)\]?:(\d+)$/i.exec(text) ?? [];
  if (host === undefined) throw new Error(`invalid value ${text} for --listen, expected ADDRESS:PORT`);
  return { host, port: Number(port) };
}

/** Returns whether a socket on the first address also receives connections to the second. */
export const covers = (wide, { host, port }) => wide.port === port && (wide.host === host || Object.hasOwn(WILDCARDS, wide.host));

/** Returns the URLs for other machines; a wildcard stands for each external address of this machine. @returns {string[]} */
export function publicUrls({ host, port }, interfaces = networkInterfaces()) {
  const families = WILDCARDS[host];
  if (!families) return [`http://${literal(host)}:${port}`];
  const isKnown = ({ family, address, internal }) => families.includes(family) && !internal && !address.startsWith("fe80:");
  return Object.values(interfaces).flat().filter(isKnown).map(({ address }) => `http://${literal(address)}:${port}`);
}

/** Fails with one sentence if the address is in use or not usable. */
export function assertFree({ host, port }) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", ({ code, message }) => {
      const reasons = {
        EADDRINUSE: `port ${port} of ${host} is in use: choose another with --port`,
        EADDRNOTAVAIL: `this machine does not have the address ${host}: use one that it has, or 0.0.0.0 for all`,
        EACCES: `port ${port} needs root: choose one from 1024 on`,
      };
      reject(new Error(reasons[code] ?? message));
    });
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}

/**
 * Fails while the first-run password is valid, because any visitor could sign in with it. Reads the gateway's own setting:
 * an attempt to sign in would count as a failed one.
 * @param {import("miniflare").Miniflare} worker @param {Record<string, string>} [vars] the gateway's variables
 */
export async function assertOwnPassword(worker, { admin_password: password = "" } = {}) {
  if (password !== "" && password !== FIRST_RUN_PASSWORD) {
    if ([...password].length >= MIN_PASSWORD_CHARS) return;
    throw new Error(`--listen needs a password of at least ${MIN_PASSWORD_CHARS} characters: set a longer SPIN_VARIABLE_ADMIN_PASSWORD in the environment`);
  }
  const database = await worker.getD1Database("DB");
  // The database has no tables, so no password has been set.
  const row = await database.prepare("SELECT 1 FROM settings WHERE section = 'password'").first().catch(() => null);
  if (row === null) {
    throw new Error(
      "--listen needs a password of your own, because any visitor could sign in with the first-run password: set SPIN_VARIABLE_ADMIN_PASSWORD in the environment, or start without --listen and change the password first",
    );
  }
}
