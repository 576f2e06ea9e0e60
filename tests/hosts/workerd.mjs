// workerd as a host of the suite; with `countBindings` a wrapper round the
// bindings notes what every request does to storage and upstream, and with
// that or with `clock` a test moves the Worker's clock.

import { readFile, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "../../cloudflare/serve.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WORKER = "cloudflare/worker.mjs";
const COUNTING = "tests/hosts/counting-worker.mjs";
const CLOCKED = "tests/hosts/clocked-worker.mjs";
/** What the wrappers are made of; the rest of what they need is the Worker. */
const PARTS = {
  [COUNTING]: ["tests/hosts/clock.mjs", "cloudflare/abi/memory.mjs"],
  [CLOCKED]: ["tests/hosts/clock.mjs"],
};

/**
 * @param {object} options
 * @param {number} [options.port]
 * @param {string} [options.dataDir]
 * @param {Record<string, string>} [options.vars]
 * @param {(request: Request) => Response | Promise<Response>} [options.outboundService] answers every `fetch` of the Worker
 * @param {boolean} [options.countBindings]
 * @param {boolean} [options.clock]
 * @param {string} [options.worker] a script in place of the gateway's, from the root of the repository; only with a wrapper
 * @param {boolean | string} [options.assets] false: the Worker alone, without the console's files; a folder: with those in it
 * @returns {Promise<{ url: string, inner: URL, stop(): Promise<void>, miniflare: import("miniflare").Miniflare, turnClock?: (what: { pass?: number, speed?: number }) => Promise<void> }>}
 *   `turnClock` where the Worker has a wrapper: `pass` moves the clock on by milliseconds, `speed` makes time run faster
 */
export async function start({ port, dataDir, vars, outboundService, countBindings = false, clock = false, worker, assets }) {
  const wrapper = countBindings ? COUNTING : clock ? CLOCKED : undefined;
  const host = await serve({
    port,
    dataDir,
    // How many guests wait for requests; the Worker's own number if it is not set.
    vars: process.env.POOL === undefined ? vars : { ...vars, GUESTS_KEPT: process.env.POOL },
    assets,
    script: wrapper,
    flags: countBindings ? ["nodejs_als"] : [],
    modules: worker ? await around(worker, wrapper) : process.env.BUNDLE ? await bundled(process.env.BUNDLE, wrapper) : undefined,
    miniflare: outboundService ? { outboundService } : {},
  });
  const turnClock = async (what) => {
    const answer = await fetch(`${host.url}/__test/clock`, { method: "POST", body: JSON.stringify(what) });
    if (!answer.ok) throw new Error(`the clock was not turned: ${answer.status}`);
  };
  return wrapper ? { ...host, turnClock } : host;
}

const module = async (path, file) => ({
  type: file.endsWith(".wasm") ? "CompiledWasm" : "ESModule",
  path: join(ROOT, path),
  contents: await readFile(file),
});
const source = (path) => module(path, join(ROOT, path));

/** Returns the modules of a wrapper round another Worker than the gateway. */
function around(worker, wrapper) {
  return Promise.all([...[wrapper, ...PARTS[wrapper]].map(source), module(WORKER, join(ROOT, worker))]);
}

/**
 * What `wrangler deploy --dry-run --outdir` wrote, byte for byte and nothing else, in the place of the sources. A wrapper
 * finds it where it looks for the Worker; of the shim's own parts it reads the sources' copy, whose memory no guest of
 * the bundle uses.
 */
async function bundled(folder, wrapper) {
  const names = (await readdir(folder)).filter((name) => /\.(js|wasm)$/.test(name));
  const wasm = names.filter((name) => name.endsWith(".wasm"));
  if (names.length !== 2 || wasm.length !== 1) throw new Error(`${folder} holds no bundle: ${names.join(", ")}`);
  const [script] = names.filter((name) => name.endsWith(".js"));
  return Promise.all([
    ...(wrapper ? [wrapper, ...PARTS[wrapper]].map(source) : []),
    module(WORKER, join(folder, script)),
    // By the name that the script imports.
    module(join(dirname(WORKER), basename(wasm[0])), join(folder, wasm[0])),
  ]);
}

/**
 * What the Worker did, with `countBindings`: one entry a request, oldest first.
 * Work after an answer belongs to its request; `done` says that it has ended, `cutOff` that the platform would have
 * cancelled it, 30 s after the end of the response (`ended`).
 * @typedef {{ kind: "d1", sql: string, rowsRead: number, rowsWritten: number } | { kind: "kv", operation: string, key: string } | { kind: "fetch", url: string }} Step
 * @param {string} url of the host
 * @returns {Promise<{ id: string, method: string, path: string, status: number, done: boolean, ended: number | null,
 *   cutOff: boolean, steps: Step[] }[]>}
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

/** Resets the peak to what is held now. @param {string} url */
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
