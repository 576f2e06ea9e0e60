// The Worker: the gateway component answers every request; cron runs its maintenance.

import { service } from "./abi/service.mjs";
import * as signatures from "./dist/signatures.mjs";
import module from "./dist/grok2api.wasm";

const handle = service(module, signatures);

/**
 * The component's answer about its health. It is the same every time: it says that the component runs here, and its version.
 * So the first answer of an isolate is given again, even if there is too little memory for another guest.
 * @type {{ body: string, headers: [string, string][] } | null}
 */
let health = null;

/** @returns {string} in the component's form */
const newId = () => `req_${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

async function answerHealth(request, env, ctx) {
  if (health === null) {
    const response = await handle(request, env, ctx, true);
    if (response.status !== 200) return response;
    health = { body: await response.text(), headers: [...response.headers] };
  }
  const answer = new Response(health.body, { headers: health.headers });
  answer.headers.set("x-request-id", newId());
  return answer;
}

export default {
  fetch(request, env, ctx) {
    // Most addresses need no parsing here.
    const isHealth = request.method === "GET" && request.url.includes("/health") && new URL(request.url).pathname === "/health";
    return isHealth ? answerHealth(request, env, ctx) : handle(request, env, ctx);
  },

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
