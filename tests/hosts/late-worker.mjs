// A Worker in place of the gateway whose work after the response a test chooses, for the tests of counting-worker.mjs.
//
//   /?run=NAME&work=MS,MS…   background work: this long after the call a statement, a KV read and a fetch
//   /?body=MS                the response's body takes this long, in nine chunks; 204 without it
//   /seen                    what became of every step: the run and the time, the kind of step, "done" or the error

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const seen = [];

/** Does a step of every kind, whatever became of the one before. */
async function steps(env, run) {
  const ways = {
    d1: () => env.DB.prepare("SELECT ?").bind(1).raw(),
    kv: () => env.KV.get("none"),
    fetch: () => fetch(`${env.grok_base_url}/api/auth/session`),
  };
  for (const [kind, way] of Object.entries(ways)) {
    await way().then(() => seen.push([run, kind, "done"]), (error) => seen.push([run, kind, error.message]));
  }
}

function slowBody(ms) {
  const { readable, writable } = new IdentityTransformStream();
  const write = async () => {
    const writer = writable.getWriter();
    for (let n = 0; n < 9; n++) {
      if (n > 0) await sleep(ms / 8);
      await writer.write(new TextEncoder().encode(String(n)));
    }
    await writer.close();
  };
  return { readable, written: write() };
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/seen") return Response.json(seen);
    for (const after of (searchParams.get("work") ?? "").split(",")) {
      ctx.waitUntil(sleep(Number(after)).then(() => steps(env, `${searchParams.get("run")} ${after}`)));
    }
    if (!searchParams.has("body")) return new Response(null, { status: 204 });
    const { readable, written } = slowBody(Number(searchParams.get("body")));
    ctx.waitUntil(written.catch(() => {}));
    return new Response(readable);
  },

  async scheduled(_controller, env) {
    await sleep(45_000);
    await steps(env, "cron");
  },
};
