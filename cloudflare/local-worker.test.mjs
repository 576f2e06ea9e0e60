// The Worker behind the entry: which requests it answers, and how a departure reaches its request.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ANSWERED, DEPARTED, local, REQUEST_ID, SECRET } from "./local-worker.mjs";

const env = { ENTRY_SECRET: "a secret" };
const ctx = { waitUntil() {} };
const ask = (worker, headers, init) => worker.fetch(new Request("http://gateway/v1?a", { headers: { [SECRET]: "a secret", ...headers }, ...init }), env, ctx);

/** A Worker whose requests wait until their client disconnects, and return what they saw. */
const waiting = () =>
  local({
    async fetch({ signal, headers, url }) {
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return new Response([url, ...headers.keys()].join(" "), { status: 299 });
    },
  });

test("without the secret the Worker sees nothing", async () => {
  const worker = local({ fetch: ({ headers }) => new Response([...headers.keys()].join()) });
  for (const headers of [{ [SECRET]: "" }, { [SECRET]: "another" }, { [SECRET]: "", [DEPARTED]: "1" }]) {
    const answer = await ask(worker, headers);
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get(ANSWERED), null);
    assert.match(await answer.text(), /use the address that the server printed/);
  }
  const answer = await ask(worker, { [REQUEST_ID]: "1", "x-own": "1" });
  assert.deepEqual([await answer.text(), answer.headers.get(ANSWERED)], ["x-own", "1"]);
});

test("a departure ends the request of its number, even if first", async () => {
  const worker = waiting();
  const first = ask(worker, { [REQUEST_ID]: "1" });
  const second = ask(worker, { [REQUEST_ID]: "2" });
  assert.equal((await ask(worker, { [DEPARTED]: "2" })).status, 204);
  assert.equal((await second).status, 299);
  assert.equal(await Promise.race([first, "still there"]), "still there");
  assert.equal((await ask(worker, { [DEPARTED]: "3" })).status, 204);
  assert.equal((await ask(worker, { [REQUEST_ID]: "3" })).status, 299);
  await ask(worker, { [DEPARTED]: "1" });
  assert.equal(await (await first).text(), "http://gateway/v1?a");
});

test("a second attempt of the same number keeps its own watch", async () => {
  const seen = [];
  const worker = local({
    fetch: ({ signal }, _, { waitUntil }) => new Promise((resolve) => {
      seen.push({ signal, answer: () => resolve(new Response("answered")) });
      waitUntil(undefined);
    }),
  });
  const attempts = [ask(worker, { [REQUEST_ID]: "1" }), ask(worker, { [REQUEST_ID]: "1" })];
  const [first, second] = seen;
  first.answer();
  await attempts[0];
  await new Promise(setImmediate);
  await ask(worker, { [DEPARTED]: "1" });
  assert.deepEqual([first.signal.aborted, second.signal.aborted], [false, true]);
  second.answer();
  await attempts[1];
});

test("work after an answer can still be ended", async () => {
  let signal;
  let finish;
  const worker = local({
    fetch(request, _, { waitUntil }) {
      ({ signal } = request);
      waitUntil(new Promise((resolve) => (finish = resolve)));
      return new Response("begun");
    },
  });
  await ask(worker, { [REQUEST_ID]: "1" });
  await ask(worker, { [DEPARTED]: "1" });
  assert.ok(signal.aborted);
  finish();
});
