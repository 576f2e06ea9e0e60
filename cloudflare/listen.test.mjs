// The addresses of the local server, and the password that it needs before other machines reach it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { assertFree, assertOwnPassword, covers, parseAddress, publicUrls } from "./listen.mjs";

const INTERFACES = {
  lo: [{ address: "127.0.0.1", family: "IPv4", internal: true }, { address: "::1", family: "IPv6", internal: true }],
  eth0: [
    { address: "192.168.1.5", family: "IPv4", internal: false },
    { address: "2001:db8::5", family: "IPv6", internal: false },
    { address: "fe80::1", family: "IPv6", internal: false },
  ],
};

test("addresses are parsed, and the usable ones are printed", () => {
  assert.deepEqual(parseAddress("0.0.0.0:8787"), { host: "0.0.0.0", port: 8787 });
  assert.deepEqual(parseAddress("[::1]:80"), { host: "::1", port: 80 });
  for (const text of ["8787", "host:80", "0.0.0.0"]) assert.throws(() => parseAddress(text), /for --listen, expected ADDRESS:PORT/);
  const urls = (host) => publicUrls({ host, port: 80 }, INTERFACES);
  assert.deepEqual(urls("0.0.0.0"), ["http://192.168.1.5:80"]);
  assert.deepEqual(urls("::"), ["http://192.168.1.5:80", "http://[2001:db8::5]:80"]);
  assert.deepEqual(urls("2001:db8::5"), ["http://[2001:db8::5]:80"]);
});

test("a socket for all addresses takes the port of each", () => {
  const home = { host: "127.0.0.1", port: 80 };
  const covered = [["0.0.0.0", 80], ["::", 80], ["127.0.0.1", 80], ["0.0.0.0", 81], ["10.0.0.1", 80]].map(([host, port]) => covers({ host, port }, home));
  assert.deepEqual(covered, [true, true, true, false, false]);
});

test("an address that cannot be used is an error of one sentence", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  await assert.rejects(assertFree({ host: "127.0.0.1", port: taken.address().port }), /is in use: choose another/);
  await assert.rejects(assertFree({ host: "192.0.2.1", port: 8787 }), /does not have the address 192\.0\.2\.1/);
  taken.close();
});

test("the first-run password does not count as a password", async () => {
  const worker = (row) => ({ getD1Database: async () => ({ prepare: () => ({ first: row }) }) });
  const none = worker(async () => null);
  const without = worker(async () => { throw new Error("no such table: settings"); });
  for (const [database, vars] of [[none, {}], [without, {}], [none, { admin_password: "admin" }], [none, { admin_password: "" }]]) {
    await assert.rejects(assertOwnPassword(database, vars), /set SPIN_VARIABLE_ADMIN_PASSWORD in the environment, or start without --listen/);
  }
  await assertOwnPassword(none, { admin_password: "a long one" });
  const set = worker(async () => ({ 1: 1 }));
  await assert.rejects(assertOwnPassword(set, { admin_password: "seven 7" }), /at least 8 characters: set a longer SPIN_VARIABLE_ADMIN_PASSWORD/);
  await assertOwnPassword(worker(async () => ({ 1: 1 })), {});
});
