// The probe component as a Worker; `/__memory` returns the bytes that the shim holds.

import { held } from "../abi/memory.mjs";
import { service } from "../abi/service.mjs";
import * as signatures from "../dist/probe.signatures.mjs";
import module from "../dist/probe.wasm";

const handle = service(module, signatures);

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/__memory") {
      const now = { ...held };
      held.peak = held.linear + held.queued;
      return Response.json(now);
    }
    return handle(request, env, ctx);
  },
};
