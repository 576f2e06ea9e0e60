// The Worker on this machine: workerd with a real local D1 and KV, and the
// console's files in the platform's own asset layer. Used by `cargo xtask up`
// and by the tests.
//
//   node cloudflare/serve.mjs --port 8787 --data .data --var NAME=VALUE

import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Log, LogLevel, Miniflare } from "miniflare";
import { outbound } from "./outbound.mjs";
import { keepReserve } from "./reserve.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const HOST = "127.0.0.1";

/**
 * @typedef {object} Options
 * @property {number} [port] 0 or none: any free one
 * @property {string} [dataDir] where D1 and KV live; none: in memory
 * @property {Record<string, string>} [vars] the gateway's variables
 * @property {string} [script] the Worker, from the root of the repository
 * @property {string[]} [flags] compatibility flags
 * @property {boolean | string} [assets] false: the Worker alone, without the console's files; a folder: with those in it
 * @property {object} [miniflare] further options of the Worker, such as `outboundService`
 * @property {object} [runtime] further options of the runtime, such as `handleRuntimeStdio`
 */

/**
 * Starts the Worker and resolves when it answers.
 * @param {Options} [options]
 * @returns {Promise<{ url: string, stop(): Promise<void>, miniflare: Miniflare }>}
 */
export async function serve({ port = 0, dataDir, vars = {}, script, flags = [], assets = true, miniflare = {}, runtime = {} } = {}) {
  if (port !== 0) await assertFree(port);
  if (dataDir) await mkdir(dataDir, { recursive: true });
  const wrangler = await readFile(join(root, "wrangler.toml"), "utf8");
  const setting = (name) => wrangler.match(new RegExp(`^${name} = "(.+)"$`, "m"))[1];
  const way = outbound(vars);
  const gateway = {
    // Assets are the Worker's of this name.
    name: setting("name"),
    modules: true,
    modulesRoot: root,
    modulesRules: [
      { type: "ESModule", include: ["**/*.mjs"] },
      { type: "CompiledWasm", include: ["**/*.wasm"] },
    ],
    scriptPath: join(root, script ?? "cloudflare/worker.mjs"),
    compatibilityDate: setting("compatibility_date"),
    compatibilityFlags: [...JSON.parse(wrangler.match(/^compatibility_flags = (.+)$/m)[1]), ...flags],
    bindings: vars,
    // As `wrangler dev` passes them on; miniflare itself reads `_headers` and `.assetsignore`.
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
  const worker = new Miniflare({
    host: HOST,
    port,
    // No request to Cloudflare for the `cf` object.
    cf: false,
    log: new Log(LogLevel.WARN),
    d1Persist: dataDir ? join(dataDir, "d1") : false,
    kvPersist: dataDir ? join(dataDir, "kv") : false,
    handleRuntimeStdio(stdout, stderr) {
      // stdout belongs to whoever called this, and workerd's own stacks are addresses.
      for (const lines of [stdout, stderr].map((input) => createInterface({ input }))) {
        lines.on("line", (line) => line.startsWith("stack: ") || process.stderr.write(`${line}\n`));
      }
    },
    ...runtime,
    workers: [gateway, way.worker],
  });
  const url = await worker.ready.catch(async (error) => {
    // What of it has started would keep this process.
    await worker.dispose().catch(() => {});
    throw error;
  });
  return { url: url.origin, stop: () => worker.dispose(), miniflare: worker };
}

/** workerd's own words for a port in use are not for people. */
function assertFree(port) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error) =>
      reject(error.code === "EADDRINUSE" ? new Error(`port ${port} is in use: choose another with --port`) : error),
    );
    probe.listen(port, HOST, () => probe.close(() => resolve(undefined)));
  });
}

function variables(list) {
  return Object.fromEntries(
    list.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new Error(`--var takes NAME=VALUE, not ${pair}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

async function main() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      data: { type: "string", default: ".data" },
      var: { type: "string", multiple: true, default: [] },
    },
  });
  const { url, stop } = await serve({
    port: Number(values.port),
    dataDir: values.data,
    vars: variables(values.var),
  });
  await keepReserve(values.data, (line) => console.error(line));
  const end = () => stop().then(() => process.exit(0));
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  console.log(`ready ${url}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
