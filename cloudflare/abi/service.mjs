// A component as a Worker.

import { answer, incomingRequest } from "../host/http.mjs";
import { hosts } from "../host/index.mjs";
import { refusal } from "../refusals.mjs";
import { link } from "./linker.mjs";
import { limitsOf, Pool } from "./pool.mjs";

const HANDLER = "wasi:http/handler@0.3#handle";

const FAILED = { status: 500, code: "internal_error", message: "internal error" };
const OVERLOADED = {
  status: 503,
  code: "overloaded",
  message: "The gateway has no memory for another request now: send it again in a second",
  retryAfter: "1",
};

function refused(request, error) {
  const { body, ...init } = refusal(new URL(request.url).pathname, error);
  return new Response(request.method === "HEAD" ? null : body, init);
}

/**
 * A client that disconnects ends its request. Before the head of the response the guest's task is cancelled. After it the
 * guest's next write fails, and what the guest spawned runs to its end: see `answer`.
 * @param {WebAssembly.Module} module the component's core module
 * @param {{ imports: object, exports: object }} signatures
 * @returns {(request: Request, env: object, ctx: ExecutionContext, isSmall?: boolean) => Promise<Response>} a small request is
 *   always admitted
 */
export function service(module, signatures) {
  const program = { module, imports: link(signatures, hosts), exports: signatures.exports };
  const pool = new Pool(program);
  return async (request, env, ctx, isSmall = false) => {
    const { signal } = request;
    try {
      const { bytes, kept } = limitsOf(env);
      const incoming = incomingRequest(request);
      const guest = pool.take(env, isSmall ? Infinity : bytes, incoming.headers.contentLength ?? 0);
      if (guest === null) return refused(request, OVERLOADED);
      const task = guest.run(HANDLER, [incoming]).catch(report).then(() => pool.give(guest, kept));
      if (signal.aborted) guest.cancel();
      else signal.addEventListener("abort", () => guest.cancel(), { once: true });
      // Work that the component spawned continues after the response.
      ctx.waitUntil(task.then(() => guest.backgroundDone()));
      return answer(guest, await guest.returned.wait(), request);
    } catch (error) {
      // The client has disconnected, so this response is not read.
      if (signal.aborted) return new Response(null, { status: 499 });
      report(error);
      return refused(request, FAILED);
    }
  };
}

/** Logs an error once: the same trap can end the task and the response. */
const reported = new WeakSet();

function report(error) {
  if (reported.has(error)) return;
  reported.add(error);
  console.error("the component failed:", error?.stack ?? error);
}
