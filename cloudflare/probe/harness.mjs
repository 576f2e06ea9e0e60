// Starts the probe component on workerd, and an upstream for it.

import { once } from "node:events";
import { createServer } from "node:http";
import { serve } from "../serve.mjs";

/** @returns {Promise<{ get(path: string, init?: RequestInit): Promise<Response>, url: string, logs: string[], stop(): Promise<void>, memory(): Promise<any> }>} */
export async function startProbe(vars = {}) {
  const logs = [];
  const { url, stop } = await serve({
    vars,
    script: "cloudflare/probe/worker.mjs",
    // Its upstream is on this machine, and is not in a variable.
    miniflare: { outboundService: { network: { allow: ["public", "private"] } } },
    log: (line) => logs.push(`${line}\n`),
  });
  // The local server would gzip, which hides lengths and the timing of chunks.
  const get = (path, { headers, ...init } = {}) =>
    fetch(url + path, { redirect: "manual", headers: { "accept-encoding": "identity", ...headers }, ...init });
  const memory = async () => (await get("/__memory")).json();
  return { url, logs, stop, get, memory };
}

/**
 * A scripted server. `/slow-head?ms=`, `/drip?n=&ms=` and so on; `left` counts
 * the connections that ended before their answer did.
 */
export async function startUpstream() {
  const seen = { left: 0, requests: [] };
  const routes = {
    "/text": (_, response) => response.writeHead(200, { "content-type": "text/plain" }).end("upstream text"),
    "/sized": (_, response) => response.writeHead(200, { "content-length": 10 }).end("0123456789"),
    "/redirect": (_, response) => response.writeHead(302, { location: "/text" }).end(),
    "/echo": async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      response.end(`${request.method} ${Buffer.concat(chunks).length} ${request.headers["content-length"] ?? "chunked"}`);
    },
    "/large": (_, response, query) => {
      const size = Number(query.get("size"));
      response.writeHead(200, { "content-length": size });
      const chunk = Buffer.alloc(64 * 1024, "z");
      let left = size;
      const more = () => {
        while (left > 0) {
          const part = chunk.subarray(0, Math.min(left, chunk.length));
          left -= part.length;
          if (!response.write(part)) return response.once("drain", more);
        }
        response.end();
      };
      more();
    },
    "/slow-head": (_, response, query) => void setTimeout(() => response.end("late"), Number(query.get("ms"))),
    "/drip": async (_, response, query) => {
      for (let at = 0; at < Number(query.get("n")) && !response.destroyed; at++) {
        response.write(`drop${at} `);
        await new Promise((resolve) => setTimeout(resolve, Number(query.get("ms"))));
      }
      response.end();
    },
    "/cut": (_, response) => {
      response.writeHead(200, { "content-length": 100 }).write("half");
      setTimeout(() => response.destroy(), 50);
    },
    "/gzip": (_, response) => {
      const packed = Buffer.from("H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==", "base64");
      response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length }).end(packed);
    },
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://upstream");
    seen.requests.push({ method: request.method, path: pathname, headers: request.headers });
    response.on("close", () => {
      if (!response.writableFinished) seen.left += 1;
    });
    routes[pathname](request, response, searchParams);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, seen, stop };
}

/** Waits until a condition is true; fails after a deadline. */
export async function until(what, condition, ms = 5000) {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Returns a body of pieces, each after a pause. */
export function pieces(list, ms) {
  return new ReadableStream({
    async start(controller) {
      for (const piece of list) {
        await new Promise((resolve) => setTimeout(resolve, ms));
        controller.enqueue(new TextEncoder().encode(piece));
      }
      controller.close();
    },
  });
}
