// A component as a Worker: one instance per request.

import { answer, incomingRequest, whenAborted } from "../host/http.mjs";
import { hosts } from "../host/index.mjs";
import { Guest } from "./guest.mjs";
import { link } from "./linker.mjs";

const HANDLER = "wasi:http/handler@0.3#handle";

const FAILED = JSON.stringify({
  error: { message: "internal error", type: "server_error", code: "internal_error" },
});

/**
 * A client that disconnects ends its request. Before the head of the response the guest's task is cancelled. After it the
 * guest's next write fails, and what the guest spawned runs to its end: see `answer`.
 * @param {WebAssembly.Module} module the component's core module
 * @param {{ imports: object, exports: object }} signatures
 * @returns {(request: Request, env: object, ctx: ExecutionContext) => Promise<Response>}
 */
export function service(module, signatures) {
  const program = { module, imports: link(signatures, hosts), exports: signatures.exports };
  return async (request, env, ctx) => {
    const { signal } = request;
    try {
      const guest = new Guest(program, env);
      const task = guest.run(HANDLER, [incomingRequest(request)]).catch(report);
      whenAborted(signal, () => guest.cancel());
      // Work that the component spawned continues after the response.
      ctx.waitUntil(task.then(() => guest.backgroundDone()));
      return answer(guest, await guest.returned.wait(), request);
    } catch (error) {
      // The client has disconnected, so this response is not read.
      if (signal.aborted) return new Response(null, { status: 499 });
      report(error);
      return new Response(FAILED, { status: 500, headers: { "content-type": "application/json" } });
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
