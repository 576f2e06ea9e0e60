// The Worker on this machine, behind the entry (entry.mjs). The runtime's own port is open to every user of the machine,
// so what comes there without the secret of this start is refused. And the local runtime does not tell when a client has
// left: the entry does.

/** Headers between the two, which no client can send. */
export const SECRET = "x-entry-secret";
export const REQUEST_ID = "x-entry-request";
/** The number of a request whose client has left. */
export const DEPARTED = "x-entry-departed";
/** On answers of the Worker, which the runtime's own error pages are not. */
export const ANSWERED = "x-entry-answered";

/** Departures that came before their request are kept for it, so many at most. */
const KEPT = 1_000;

/**
 * Wraps a Worker. The binding `ENTRY_SECRET` holds the secret.
 * @param {{ fetch: Function, scheduled?: Function }} worker
 */
export function local(worker) {
  const clients = new Clients();
  return {
    async fetch(request, env, ctx) {
      const headers = new Headers(request.headers);
      if (headers.get(SECRET) !== env.ENTRY_SECRET) {
        return new Response("This port is the runtime's own: use the address that the server printed\n", { status: 403 });
      }
      const departed = headers.get(DEPARTED);
      if (departed !== null) {
        clients.leave(departed);
        return own(new Response(null, { status: 204 }));
      }
      const id = headers.get(REQUEST_ID);
      for (const name of [SECRET, REQUEST_ID]) headers.delete(name);
      const work = [];
      const noting = {
        waitUntil(promise) {
          work.push(promise);
          ctx.waitUntil(promise);
        },
      };
      try {
        return own(await worker.fetch(new Request(request, { headers, signal: clients.signal(id) }), env, noting));
      } finally {
        Promise.allSettled(work).then(() => clients.forget(id));
      }
    },

    scheduled: (controller, env, ctx) => worker.scheduled(controller, env, ctx),
  };
}

function own(response) {
  response.headers.set(ANSWERED, "1");
  return response;
}

/** The clients of requests under way, by the entry's number of each. */
class Clients {
  /** @type {Map<string, () => void>} */
  #leave = new Map();
  /** Who left before the request came: the two take different connections. */
  #gone = new Set();

  /** Returns the signal that says when the client has left. */
  signal(id) {
    const controller = new AbortController();
    if (this.#gone.delete(id)) {
      controller.abort();
    } else {
      // A request may end by a signal of its own only. A promise that another request resolves goes on in the one that waits.
      new Promise((resolve) => this.#leave.set(id, resolve)).then(() => controller.abort());
    }
    return controller.signal;
  }

  leave(id) {
    const leave = this.#leave.get(id);
    if (leave) return leave();
    this.#gone.add(id);
    if (this.#gone.size > KEPT) this.#gone.delete(this.#gone.values().next().value);
  }

  forget(id) {
    this.#leave.delete(id);
  }
}
