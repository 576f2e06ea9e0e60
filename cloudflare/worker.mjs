// The Worker: the gateway component answers every request; cron runs its maintenance.

import { service } from "./abi/service.mjs";
import * as signatures from "./dist/signatures.mjs";
import module from "./dist/grok2api.wasm";

const handle = service(module, signatures);

export default {
  fetch: handle,

  /**
   * Runs one batch of maintenance; the component decides what is due. Only one, because all subrequests of an invocation
   * count together and the free plan allows 50.
   */
  async scheduled(_controller, env, ctx) {
    const request = new Request("https://worker.internal/internal/maintenance", { method: "POST" });
    const response = await handle(request, env, ctx);
    await response.arrayBuffer();
    if (!response.ok) console.error(`maintenance answered ${response.status}`);
  },
};
