// A component as a Worker: one instance per request.

import { answer, incomingRequest } from "../host/http.mjs";
import { hosts } from "../host/index.mjs";
import { Guest } from "./guest.mjs";
import { link } from "./linker.mjs";

const HANDLER = "wasi:http/handler@0.3#handle";

const FAILED = JSON.stringify({
  error: { message: "internal error", type: "server_error", code: "internal_error" },
});

/**
 * @param {WebAssembly.Module} module the component's core module
 * @param {{ imports: object, exports: object }} signatures
 * @returns {(request: Request, env: object, ctx: ExecutionContext) => Promise<Response>}
 */
export function service(module, signatures) {
  const program = { module, imports: link(signatures, hosts), exports: signatures.exports };
  return async (request, env, ctx) => {
    try {
      const guest = new Guest(program, env);
      const task = guest.run(HANDLER, [incomingRequest(request)]).catch(report);
      // Work that the component spawned goes on after the answer.
      ctx.waitUntil(task.then(() => guest.backgroundDone()));
      return answer(guest, await guest.returned.wait(), request);
    } catch (error) {
      report(error);
      return new Response(FAILED, { status: 500, headers: { "content-type": "application/json" } });
    }
  };
}

/** The same trap can end the task and the answer: it is logged once. */
const reported = new WeakSet();

function report(error) {
  if (reported.has(error)) return;
  reported.add(error);
  console.error("the component failed:", error?.stack ?? error);
}
