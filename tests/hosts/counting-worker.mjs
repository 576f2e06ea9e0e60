// The Worker inside a wrapper that notes, per request and in order, every D1
// statement, KV call and fetch, and refuses more of them than the free plan
// allows, and later ones than the platform lets run. `/__test/…` reads the
// notes, wakes the Worker as cron does, and moves the clock.

import { AsyncLocalStorage } from "node:async_hooks";
import { clockRoute } from "./clock.mjs";
import { held } from "../../cloudflare/abi/memory.mjs";
import worker from "../../cloudflare/worker.mjs";

const KEPT = 5_000;
// Subrequests of one invocation on the free plan; D1 and KV count as well.
// Source: https://developers.cloudflare.com/workers/platform/limits/
const SUBREQUESTS = 50;
// Work after the response is cancelled this long after its end, or after the client has left. Work of cron is not.
// Source: https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil
const AFTER_RESPONSE_MS = 30_000;
const requests = [];
let count = 0;
// What fails, as it does for the rest of the day once a daily limit is hit.
let exceeded = { kv: [], writes: false };
const WRITE = /^\s*(INSERT|UPDATE|DELETE|REPLACE)\b/i;

// A fetch knows its request by the asynchronous context it is made in.
const context = new AsyncLocalStorage();
const platformFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const entry = context.getStore();
  if (entry) take(entry, { kind: "fetch", url: String(input.url ?? input) });
  return platformFetch(input, init);
};

/** Notes a step; one too many fails as the platform fails it, and one that begins too late is cancelled. */
function take(entry, step) {
  entry.steps.push(step);
  if (entry.ended !== null && Date.now() - entry.ended > AFTER_RESPONSE_MS) {
    entry.cutOff = true;
    throw new Error("The work after the response was cancelled: it ran for more than 30 seconds.");
  }
  if (entry.steps.length > SUBREQUESTS) throw new Error("Too many subrequests.");
}

/** D1 reports rows read and written only with rows as objects, so these become arrays again here. */
function countingDatabase(database, entry) {
  const raw = async (sql, statement) => {
    const step = { kind: "d1", sql, rowsRead: 0, rowsWritten: 0 };
    take(entry, step);
    if (exceeded.writes && WRITE.test(sql)) throw new Error("D1_ERROR: Exceeded the daily limit of rows written");
    const { results, meta } = await statement.all();
    step.rowsRead = meta.rows_read;
    step.rowsWritten = meta.rows_written;
    return results.length === 0 ? [] : [Object.keys(results[0]), ...results.map(Object.values)];
  };
  return {
    prepare(sql) {
      const statement = database.prepare(sql);
      return { bind: (...values) => ({ raw: () => raw(sql, statement.bind(...values)) }) };
    },
  };
}

function countingNamespace(namespace, entry) {
  const noted =
    (operation) =>
    async (key, ...rest) => {
      take(entry, { kind: "kv", operation, key: typeof key === "string" ? key : "" });
      if (exceeded.kv.includes(operation)) throw new Error(`KV ${operation}() limit exceeded for the day.`);
      return namespace[operation](key, ...rest);
    };
  return { get: noted("get"), put: noted("put"), delete: noted("delete"), list: noted("list") };
}

async function testRoute(path, request) {
  const { method } = request;
  if (path === "/__test/exceeded") {
    exceeded = await request.json();
    return Response.json(exceeded);
  }
  if (path === "/__test/requests") {
    if (method === "DELETE") requests.length = 0;
    return Response.json(requests);
  }
  if (path === "/__test/memory") {
    if (method === "DELETE") held.peak = held.linear + held.queued;
    return Response.json(held);
  }
  return clockRoute(path, request);
}

/** Runs one event of the Worker with its steps noted. */
async function note(entry, env, ctx, run) {
  requests.push(entry);
  if (requests.length > KEPT) requests.shift();
  const pending = [];
  const counted = { ...env, DB: countingDatabase(env.DB, entry), KV: countingNamespace(env.KV, entry) };
  const noting = {
    waitUntil(work) {
      pending.push(work);
      ctx.waitUntil(work);
    },
  };
  const answer = await context.run(entry, () => run(counted, noting));
  ctx.waitUntil(Promise.allSettled(pending).then(() => (entry.done = true)));
  return answer;
}

const newEntry = (method, path) => ({ id: String(++count), method, path, status: 0, done: false, ended: null, cutOff: false, steps: [] });

/** Notes when the response has ended, or its client has left; only the first counts. */
function end(entry) {
  entry.ended ??= Date.now();
}

/** Returns a body that notes its end in the entry. It keeps its length, where that is known. */
function watched({ body, headers }, entry, ctx) {
  if (body === null) {
    end(entry);
    return null;
  }
  const length = headers.get("content-length");
  const { readable, writable } = length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  ctx.waitUntil(pump(body.getReader(), writable.getWriter()).then(() => end(entry)));
  return readable;
}

/** Copies a body to its end, or until one side fails. `pipeTo` cannot join two such streams. */
async function pump(reader, writer) {
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) await writer.write(next.value);
    await writer.close();
  } catch (error) {
    await Promise.allSettled([reader.cancel(error), writer.abort(error)]);
  }
}

/** Wakes the Worker as cron does, and returns the notes of that. */
async function wake(controller, env, ctx) {
  const entry = newEntry("CRON", "");
  await note(entry, env, ctx, (counted, noting) => worker.scheduled(controller, counted, noting));
  return entry;
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    const own = await testRoute(pathname, request);
    if (own) return own;
    if (pathname === "/__test/cron") {
      const { id } = await wake({}, env, ctx);
      return new Response(null, { headers: { "x-test-request": id } });
    }
    const entry = newEntry(request.method, pathname);
    request.signal.addEventListener("abort", () => end(entry));
    const response = await note(entry, env, ctx, (counted, noting) => worker.fetch(request, counted, noting));
    entry.status = response.status;
    const marked = new Response(watched(response, entry, ctx), response);
    marked.headers.set("x-test-request", entry.id);
    marked.headers.set("x-test-steps", String(entry.steps.length));
    return marked;
  },

  scheduled: wake,
};
