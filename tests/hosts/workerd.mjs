// workerd as a host of the suite; with `countBindings` a wrapper round the
// bindings notes what every request does to storage and upstream.

import { serve } from "../../cloudflare/serve.mjs";

/**
 * @param {object} options
 * @param {number} [options.port]
 * @param {string} [options.dataDir]
 * @param {Record<string, string>} [options.vars]
 * @param {(request: Request) => Response | Promise<Response>} [options.outboundService] answers every `fetch` of the Worker
 * @param {boolean} [options.countBindings]
 * @returns {Promise<{ url: string, stop(): Promise<void>, miniflare: import("miniflare").Miniflare }>}
 */
export function start({ port, dataDir, vars, outboundService, countBindings = false }) {
  return serve({
    port,
    dataDir,
    vars,
    script: countBindings ? "tests/hosts/counting-worker.mjs" : undefined,
    flags: countBindings ? ["nodejs_als"] : [],
    miniflare: outboundService ? { outboundService } : {},
  });
}

/**
 * What the Worker did, with `countBindings`: one entry a request, oldest first.
 * Work after an answer belongs to its request; `done` says that it has ended.
 * @typedef {{ kind: "d1", sql: string, rowsRead: number, rowsWritten: number } | { kind: "kv", operation: string, key: string } | { kind: "fetch", url: string }} Step
 * @param {string} url of the host
 * @returns {Promise<{ id: string, method: string, path: string, status: number, done: boolean, steps: Step[] }[]>}
 */
export async function requests(url) {
  return (await fetch(`${url}/__test/requests`)).json();
}

/** Forgets the requests so far. @param {string} url */
export async function forget(url) {
  await fetch(`${url}/__test/requests`, { method: "DELETE" });
}

/**
 * Bytes the isolate holds for guests: linear memories, and body bytes in the shim.
 * @param {string} url @returns {Promise<{ linear: number, queued: number, peak: number }>}
 */
export async function memory(url) {
  return (await fetch(`${url}/__test/memory`)).json();
}

/** Starts the peak anew from what is held now. @param {string} url */
export async function resetPeak(url) {
  await fetch(`${url}/__test/memory`, { method: "DELETE" });
}

/**
 * From now on these KV operations fail, and D1's writes, as on a day whose limit is hit.
 * @param {string} url @param {{ kv?: ("get" | "put" | "delete" | "list")[], writes?: boolean }} what
 */
export async function exceed(url, { kv = [], writes = false }) {
  await fetch(`${url}/__test/exceeded`, { method: "POST", body: JSON.stringify({ kv, writes }) });
}
