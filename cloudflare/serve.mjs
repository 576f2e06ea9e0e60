// Runs the Worker on this machine: workerd with a local D1 and KV, the console's files in the platform's asset layer, and our
// entry in front. Used by `cargo xtask up` and by the tests. The gateway's variables come from the environment, because
// every user of a machine can read command lines.
//
//   SPIN_VARIABLE_TRUSTED_PROXY=10.0.0.2 node cloudflare/serve.mjs --port 8787 --data .data [--listen 0.0.0.0:8787]

import { mkdir, readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Log, LogLevel, Miniflare } from "miniflare";
import { Entry } from "./entry.mjs";
import { assertFree, assertOwnPassword, covers, parseAddress, publicUrls } from "./listen.mjs";
import { outbound } from "./outbound.mjs";
import { keepReserve } from "./reserve.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const HOST = "127.0.0.1";

const ENTRY_WORKER = "cloudflare/local-worker.mjs";
const VARIABLE = "SPIN_VARIABLE_";
/** The part of the machine's memory that guests may hold: the runtime, this process and the page cache need the rest. */
const GUEST_PART = 1 / 4;
/** The most MB that they may hold: about 240 streams at once. With more, one thread cannot pass on 30 tokens a second of each. */
const MOST_GUEST_MB = 512;

/**
 * @typedef {object} Options
 * @property {number} [port] 0 or absent: any free port
 * @property {{ host: string, port: number }} [listen] an additional address, for other machines
 * @property {string} [dataDir] the folder of D1 and KV; absent: in memory
 * @property {Record<string, string>} [vars] the gateway's variables
 * @property {string} [script] the Worker, from the root of the repository
 * @property {{ type: string, path: string, contents: string | Uint8Array }[]} [modules] its modules, instead of the imported files
 * @property {string[]} [flags] compatibility flags
 * @property {boolean | string} [assets] false: without the console's files; a folder: with the files in it
 * @property {object} [miniflare] further options of the Worker, such as `outboundService`
 * @property {(line: string) => void} [log] receives the lines that the runtime and the entry log
 * @property {() => void} [onEnd] called if the runtime ends before `stop` is called
 */

/**
 * Starts the Worker and resolves when it answers. `inner` is the runtime's own address, which answers only the entry.
 * @param {Options} [options]
 * @returns {Promise<{ url: string, inner: URL, addresses: string[], stop(): Promise<void>, miniflare: Miniflare }>}
 */
export async function serve({ port = 0, listen, log = (line) => process.stderr.write(`${line}\n`), onEnd = () => {}, ...options } = {}) {
  const home = { host: HOST, port };
  const addresses = !listen ? [home] : covers(listen, home) ? [listen] : [home, listen];
  for (const address of addresses) await assertFree(address);
  const entry = new Entry({ log });
  let serving = false;
  const worker = new Miniflare({
    ...(await configuration(options, entry.secret)),
    handleRuntimeStdio(stdout, stderr) {
      // stdout is the caller's, and workerd's own stack traces are only addresses.
      for (const lines of [stdout, stderr].map((input) => createInterface({ input }))) {
        lines.on("line", (line) => line.startsWith("stack: ") || log(line));
      }
      // workerd writes there until it ends.
      stdout.once("close", () => {
        entry.lead(undefined);
        if (serving) onEnd();
      });
    },
  });
  const stop = async () => {
    serving = false;
    await entry.close();
    await worker.dispose();
  };
  try {
    const inner = await worker.ready;
    if (listen) await assertOwnPassword(worker, options.vars);
    entry.lead(inner);
    const [first] = await Promise.all(addresses.map((address) => entry.listen(address.host, address.port)));
    serving = true;
    return { url: `http://${HOST}:${first.port}`, inner, addresses: listen ? publicUrls(listen) : [], stop, miniflare: worker };
  } catch (error) {
    // Dispose it, or the half-started runtime keeps Node alive.
    await stop().catch(() => {});
    throw error;
  }
}

/** Returns miniflare's options. */
async function configuration({ dataDir, vars = {}, script = "cloudflare/worker.mjs", modules, flags = [], assets = true, miniflare = {} }, secret) {
  if (dataDir) await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const wrangler = await readFile(join(root, "wrangler.toml"), "utf8");
  const setting = (name) => wrangler.match(new RegExp(`^${name} = "(.+)"$`, "m"))[1];
  const way = outbound(vars);
  const gateway = {
    // The assets belong to the Worker of this name.
    name: setting("name"),
    ...(await code(script, modules)),
    compatibilityDate: setting("compatibility_date"),
    compatibilityFlags: [...JSON.parse(wrangler.match(/^compatibility_flags = (.+)$/m)[1]), ...flags],
    bindings: { GUEST_MEMORY_MB: guestMemory(), ...vars, ENTRY_SECRET: secret },
    // As `wrangler dev` passes them; miniflare itself reads `_headers` and `.assetsignore`.
    assets: assets
      ? {
          directory: typeof assets === "string" ? assets : join(root, setting("directory")),
          routerConfig: { has_user_worker: true },
          assetConfig: {
            html_handling: setting("html_handling"),
            not_found_handling: setting("not_found_handling"),
          },
        }
      : undefined,
    d1Databases: { DB: "grok2api" },
    kvNamespaces: { KV: "grok2api" },
    ...way.options,
    ...miniflare,
  };
  return {
    host: HOST,
    port: 0,
    // Do not request the `cf` object from Cloudflare.
    cf: false,
    log: new Log(LogLevel.WARN),
    d1Persist: dataDir ? join(dataDir, "d1") : false,
    kvPersist: dataDir ? join(dataDir, "kv") : false,
    workers: [gateway, way.worker],
  };
}

/**
 * Returns how many MB of memory guests may hold on this machine, or in this container.
 * @param {number} [total] in bytes @param {number} [limit] of the container in bytes; 0, or more than `total`, without one
 */
export function guestMemory(total = totalmem(), limit = process.constrainedMemory()) {
  const bytes = limit > 0 ? Math.min(total, limit) : total;
  return String(Math.min(MOST_GUEST_MB, Math.floor((bytes * GUEST_PART) / 2 ** 20)));
}

/** Returns the script that wraps the Worker with `local`. */
async function code(script, modules) {
  const path = join(root, "cloudflare/local-main.mjs");
  const from = (file) => JSON.stringify(`./${relative(dirname(path), join(root, file))}`);
  const main = `import worker from ${from(script)};\nimport { local } from ${from(ENTRY_WORKER)};\nexport default local(worker);\n`;
  if (!modules) {
    const modulesRules = [
      { type: "ESModule", include: ["**/*.mjs"] },
      { type: "CompiledWasm", include: ["**/*.wasm"] },
    ];
    return { modules: true, modulesRoot: root, modulesRules, script: main, scriptPath: path };
  }
  const guard = join(root, ENTRY_WORKER);
  const own = [{ path, contents: main }, { path: guard, contents: await readFile(guard) }].map((module) => ({ type: "ESModule", ...module }));
  return { modules: [...own, ...modules], modulesRoot: root };
}

/** Returns the gateway's variables of an environment. */
function variables(environment) {
  const own = Object.entries(environment).filter(([name]) => name.startsWith(VARIABLE));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(VARIABLE.length).toLowerCase(), value]));
}

async function main() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      data: { type: "string", default: ".data" },
      listen: { type: "string" },
      // End when standard input closes, that is when the parent process ends.
      tied: { type: "boolean", default: false },
    },
  });
  // The data folder has secrets: create files that only their owner can read.
  process.umask(0o077);
  const { url, addresses, stop } = await serve({
    port: Number(values.port),
    listen: values.listen === undefined ? undefined : parseAddress(values.listen),
    dataDir: values.data,
    vars: variables(process.env),
    onEnd() {
      console.error("the runtime workerd ended unexpectedly: start the server again");
      process.exit(1);
    },
  });
  await keepReserve(values.data, (line) => console.error(line));
  let ending;
  const end = () => (ending ??= stop().then(() => process.exit(0)));
  for (const signal of ["SIGINT", "SIGTERM"]) {
    // miniflare's own handlers would end this process while the entry's connections are open.
    process.removeAllListeners(signal);
    process.once(signal, end);
  }
  if (values.tied) process.stdin.resume().once("close", end);
  for (const address of addresses) console.log(`also at ${address}`);
  console.log(`ready ${url}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
