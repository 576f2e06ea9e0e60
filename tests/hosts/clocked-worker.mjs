// The Worker with a clock that a test can move, and nothing else round it.

import { clockRoute } from "./clock.mjs";
import worker from "../../cloudflare/worker.mjs";

export default {
  async fetch(request, env, ctx) {
    const own = await clockRoute(new URL(request.url).pathname, request);
    return own ?? worker.fetch(request, env, ctx);
  },

  scheduled: (controller, env, ctx) => worker.scheduled(controller, env, ctx),
};
