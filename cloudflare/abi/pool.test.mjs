// Which instances serve another request, and how many there may be: the probe component in Node. Needs
// `cargo xtask build --probe`.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { incomingRequest } from "../host/http.mjs";
import { hosts } from "../host/index.mjs";
import { Guest } from "./guest.mjs";
import { link } from "./linker.mjs";
import { held } from "./memory.mjs";
import { limitsOf, Pool, USES } from "./pool.mjs";
import { service } from "./service.mjs";

const PAGE = 65_536;
let program;
let pool;
before(async () => {
  const dist = new URL("../dist/", import.meta.url);
  const signatures = await import(new URL("probe.signatures.mjs", dist));
  const module = new WebAssembly.Module(await readFile(new URL("probe.wasm", dist)));
  program = { module, imports: link(signatures, hosts), exports: signatures.exports };
  // The runtime's own stream for bodies; Node has the standard one.
  globalThis.IdentityTransformStream = TransformStream;
});
beforeEach(() => {
  held.linear = held.queued = 0;
  pool = new Pool(program);
});

/** Begins a request; `ended` settles when its instance was given back. */
function begin(path, { env = {}, kept = 1, bytes = Infinity } = {}) {
  const own = pool;
  const guest = own.take(env, bytes);
  const request = new Request(`http://probe${path}`);
  const task = guest.run("wasi:http/handler@0.3#handle", [incomingRequest(request)]);
  const ended = task.catch(() => {}).then(() => own.give(guest, kept));
  return { guest, ended, answer: guest.returned.wait().catch((error) => ({ tag: "trap", error })) };
}

/** Returns the text of an answer whose body is complete, after the request has ended. */
async function ask(path, options) {
  const { answer, ended } = begin(path, options);
  const { tag, value } = await answer;
  await ended;
  return tag === "ok" ? Buffer.from(value.contents.take(Infinity)).toString() : tag;
}

/** Whether the instance that answers `path` answers the next request, too. */
async function isKept(path, options) {
  assert.equal(await ask("/uses", options), "0");
  const { guest, answer, ended } = begin(path, options);
  await answer;
  await ended;
  assert.ok(guest.instance.uses === 2, "it had the instance of the first");
  return (await ask("/uses", options)) !== "0";
}

test("an instance serves one request after another", async () => {
  assert.equal(await isKept("/hello"), true);
  assert.equal(held.linear, begin("/hello").guest.memory.size, "there is only one");
});

test("an instance serves one request at a time", async () => {
  const slow = begin("/sleep?ms=30");
  assert.equal(await ask("/uses"), "0");
  assert.equal(await ask("/uses"), "1");
  await slow.ended;
});

test("work after the answer keeps the instance until it ends", async () => {
  const { answer, ended } = begin("/leave?what=work&ms=40");
  assert.equal((await answer).tag, "ok");
  assert.equal(pool.idle, 0);
  await ended;
  assert.equal(pool.idle, 1);
});

test("no pool: every request has an instance of its own", async () => {
  assert.equal(await isKept("/hello", { kept: 0 }).catch(({ message }) => message), "it had the instance of the first");
  assert.equal(held.linear, 0);
});

for (const what of ["resource", "stream", "future", "subtask&ms=5"]) {
  test(`a ${what.replace(/&.*/, "")} that is left ends the instance`, async () => {
    assert.equal(await isKept(`/leave?what=${what}`), false);
  });
}

test("a subtask that is left writes to no other request's memory", async () => {
  await ask("/leave?what=subtask&ms=5");
  await sleep(20);
  assert.equal(await ask("/uses"), "0");
});

test("a trap ends the instance, also after the answer", async () => {
  for (const path of ["/trap", "/trap-after-reply", "/spawn?trap&key=a"]) {
    assert.equal(await isKept(path, { env: { KV: { put: async () => {} } } }), false, path);
    pool = new Pool(program);
  }
});

test("a handler's error leaves nothing", async () => {
  assert.equal(await isKept("/error"), true);
});

test("a cancelled request ends the instance", async () => {
  await ask("/uses");
  const { guest, ended } = begin("/sleep?ms=60000");
  guest.cancel();
  await ended;
  assert.equal(pool.idle, 0);
});

test("a request cancelled after its answer ends the instance", async () => {
  const { guest, answer, ended } = begin("/leave?what=work&ms=20");
  await answer;
  guest.cancel();
  await ended;
  assert.equal(pool.idle, 0);
});

test("a reader that leaves ends the instance", async () => {
  const { answer, ended } = begin("/chunks?n=50&size=10&ms=2");
  const { value } = await answer;
  value.contents.cancel();
  await ended;
  assert.equal(pool.idle, 0);
});

/** Runs a guest that is a function, and returns whether its instance can be used again. */
async function isOver(run) {
  const exports = { main: { start: "start", params: { lowerAll: () => [] } } };
  const start = () => (run(guest), 0);
  const guest = new Guest({ exports }, { exports: { start }, memory: null }, {});
  await guest.run("main", []);
  return guest.isOver;
}

test("a request ends with an answer and an empty slot", async () => {
  assert.equal(await isOver(({ returned }) => returned.settle("answer")), true);
  assert.equal(await isOver(() => {}), false);
  assert.equal(await isOver(({ returned }) => returned.fail(new Error("none"))), false);
  assert.equal(await isOver((guest) => guest.returned.settle((guest.context = 1))), false);
});

test("an instance that has grown is not used again", async () => {
  assert.equal(await isKept(`/leave?what=memory&bytes=${PAGE}`), true);
  pool = new Pool(program);
  const before = held.linear;
  assert.equal(await isKept("/leave?what=memory&bytes=3000000"), false);
  await ask("/uses", { kept: 0 });
  assert.equal(held.linear, before, "nothing of it is counted");
});

test("an instance is retired", async () => {
  for (let count = 0; count < USES; count++) assert.equal(await ask("/uses"), String(count));
  assert.equal(await ask("/uses"), "0");
});

test("no more instances wait than are kept", async () => {
  await Promise.all(Array.from({ length: 5 }, () => ask("/sleep?ms=1", { kept: 3 })));
  assert.equal(pool.idle, 3);
});

test("variables are those of the request", async () => {
  assert.equal(await ask("/variable?name=word", { env: { word: "first" } }), 'Ok("first")');
  assert.match(await ask("/variable?name=word", { env: {} }), /Undefined/);
  assert.equal(pool.idle, 1);
});

test("instances are refused beyond the limit, and admitted below", async () => {
  const { guest } = begin("/sleep?ms=20");
  const need = guest.instance.limit;
  assert.equal(pool.take({}, 2 * need - 1), null);
  assert.notEqual(pool.take({}, 2 * need), null);
  assert.equal(pool.take({}, 2 * need), null);
  held.queued += 1;
  assert.equal(pool.take({}, 3 * need), null, "queued bytes count");
  held.queued -= 1;
  assert.notEqual(pool.take({}, 3 * need), null);
});

test("the announced length of a body counts, up to 1 MB of it", async () => {
  const { guest } = begin("/sleep?ms=20");
  const need = guest.instance.limit;
  assert.equal(pool.take({}, 2 * need + 3999, 1000), null);
  assert.notEqual(pool.take({}, 2 * need + 4000, 1000), null);
  assert.equal(pool.take({}, 3 * need + 3999), null, "it counts for those that come after it");
  assert.notEqual(pool.take({}, 3 * need + 4000), null);
  assert.equal(pool.take({}, 4 * need + 3999 + (4 << 20), 20 << 20), null);
  assert.notEqual(pool.take({}, 4 * need + 4000 + (4 << 20), 20 << 20), null);
  pool = new Pool(program);
  assert.notEqual(pool.take({}, need, 20 << 20), null, "alone it is admitted");
});

test("a request that was cut off gives its memory back", async () => {
  // Its promises never settle, as if the platform had ended it.
  const { fetch } = globalThis;
  globalThis.fetch = () => new Promise(() => {});
  const { share, limit } = await (async () => {
    const { memory, limit } = begin("/fetch?url=http://upstream/").guest.instance;
    await sleep(10);
    return { share: memory.share, limit };
  })();
  assert.ok(share.size > 0);
  globalThis.fetch = fetch;
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  for (let tries = 0; share.size > 0 && tries < 50; tries++) {
    collect();
    await sleep(10);
  }
  assert.equal(share.size, 0);
  assert.notEqual(pool.take({}, limit + held.queued), null, "none is busy");
});

test("an instance that waits needs room only for a body", async () => {
  await Promise.all(Array.from({ length: 3 }, () => ask("/sleep?ms=1", { kept: 3 })));
  const need = begin("/sleep?ms=20").guest.instance.limit;
  assert.equal(pool.take({}, 3 * need + 3999, 1000), null, "one waits beside it");
  assert.equal(pool.idle, 2);
  assert.notEqual(pool.take({}, 3 * need + 4000, 1000), null);
  assert.notEqual(pool.take({}, 0), null);
});

test("limits come from the environment", () => {
  assert.deepEqual(limitsOf({}), { bytes: 96 << 20, kept: 16 });
  assert.deepEqual(limitsOf({ GUEST_MEMORY_MB: "4096", GUESTS_KEPT: "0" }), { bytes: 2 ** 32, kept: 0 });
});

test("the refusal is OpenAI's, and says when to come again", async () => {
  const signatures = await import(new URL("../dist/probe.signatures.mjs", import.meta.url));
  const handle = service(program.module, signatures);
  const work = [];
  const request = (path, isSmall, env = { GUEST_MEMORY_MB: "0.5" }, init = {}) =>
    handle(new Request(`http://probe${path}`, init), env, { waitUntil: (promise) => work.push(promise) }, isSmall);
  const slow = request("/sleep?ms=20");
  const response = await request("/hello");
  assert.deepEqual([response.status, response.headers.get("retry-after")], [503, "1"]);
  assert.deepEqual((await response.json()).error, {
    message: "The gateway has no memory for another request now: send it again in a second",
    type: "server_error",
    param: null,
    code: "overloaded",
  });
  assert.equal((await request("/hello", true)).status, 200);
  const long = { method: "POST", body: "x", headers: { "content-length": "1000000" } };
  assert.equal((await request("/hello", false, { GUEST_MEMORY_MB: "4" })).status, 200);
  assert.equal((await request("/hello", false, { GUEST_MEMORY_MB: "4" }, long)).status, 503, "the length of a body counts");
  await slow;
  await Promise.all(work);
  assert.equal((await request("/hello")).status, 200);
});
