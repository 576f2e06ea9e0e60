// The Worker: the gateway component answers every request; cron wakes its maintenance.

import { service } from "./abi/service.mjs";
import * as signatures from "./dist/signatures.mjs";
import module from "./dist/grok2api.wasm";

const handle = service(module, signatures);

/** Slices of one wake-up: 20,000 secrets are sealed by 100. A plan that allows less ends it earlier, which does no harm. */
const SLICES = 120;

export default {
  fetch: handle,

  /** The component decides what is due; the host only wakes it. */
  async scheduled(_controller, env, ctx) {
    for (let slice = 0; slice < SLICES; slice++) {
      const request = new Request("https://worker.internal/internal/maintenance", { method: "POST" });
      const response = await handle(request, env, ctx);
      await response.arrayBuffer();
      if (!response.ok) console.error(`maintenance answered ${response.status}`);
      // 202: something is left that may be done at once.
      if (response.status !== 202) return;
    }
  },
};
