// The Worker on this machine, behind the entry (entry.mjs). The runtime's own port is open to every user of the machine,
// so requests there without the secret of this start are refused. The local runtime does not notice when a client leaves:
// the entry sends a departure.

/** Headers between the two, which no client can send. */
export const SECRET = "x-entry-secret";
export const REQUEST_ID = "x-entry-request";
/** The number of a request whose client has left. */
export const DEPARTED = "x-entry-departed";
/** On answers of the Worker, which the runtime's own error pages are not. */
export const ANSWERED = "x-entry-answered";

/** The most departures that are kept for requests that come after them. */
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
      const client = clients.add(headers.get(REQUEST_ID));
      for (const name of [SECRET, REQUEST_ID]) headers.delete(name);
      const work = [];
      const noting = {
        waitUntil(promise) {
          work.push(promise);
          ctx.waitUntil(promise);
        },
      };
      try {
        return own(await worker.fetch(new Request(request, { headers, signal: client.signal }), env, noting));
      } finally {
        Promise.allSettled(work).then(() => client.forget());
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

  /**
   * Returns the signal that fires when the client has left, and what ends the watch. The entry sends a request again by the
   * same number when the first attempt got no answer.
   */
  add(id) {
    const controller = new AbortController();
    const { signal } = controller;
    if (this.#gone.delete(id)) {
      controller.abort();
      return { signal, forget() {} };
    }
    let leave;
    // A request may end by a signal of its own only. A promise that another request resolves goes on in the one that waits.
    new Promise((resolve) => (leave = resolve)).then(() => controller.abort());
    this.#leave.set(id, leave);
    return { signal, forget: () => this.#leave.get(id) === leave && this.#leave.delete(id) };
  }

  /** Ends the request of this number. Of one that the runtime cuts off, nothing else would ever be removed. */
  leave(id) {
    const leave = this.#leave.get(id);
    if (leave) {
      this.#leave.delete(id);
      return leave();
    }
    this.#gone.add(id);
    if (this.#gone.size > KEPT) this.#gone.delete(this.#gone.values().next().value);
  }
}
