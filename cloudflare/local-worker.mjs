// Wraps the Worker on this machine, behind the entry (entry.mjs). Every user of the machine can connect to the runtime's own
// port, so requests without the secret of this start are refused. The local runtime does not notice when a client
// disconnects: the entry sends a request for each departure.

/** Headers between entry and Worker; the entry drops them from clients' requests. */
export const SECRET = "x-entry-secret";
export const REQUEST_ID = "x-entry-request";
/** The number of a request whose client has disconnected. */
export const DEPARTED = "x-entry-departed";
/** Marks responses of the Worker, as opposed to the runtime's own error pages. */
export const ANSWERED = "x-entry-answered";

/** The most departures that are stored for requests that arrive later. */
const KEPT = 1_000;

/**
 * Wraps a Worker. The binding `ENTRY_SECRET` is the secret.
 * @param {{ fetch: Function, scheduled?: Function }} worker
 */
export function local(worker) {
  const clients = new Clients();
  return {
    async fetch(request, env, ctx) {
      const headers = new Headers(request.headers);
      if (headers.get(SECRET) !== env.ENTRY_SECRET) {
        return new Response("This port is internal: use the address that the server printed\n", { status: 403 });
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

/** The clients of running requests, by the entry's number of each request. */
class Clients {
  /** @type {Map<string, () => void>} */
  #leave = new Map();
  /** Departures that arrived before their request, on another connection. */
  #gone = new Set();

  /**
   * Returns the signal that fires when the client disconnects, and a function that ends the watch. The entry retries a
   * request under the same number if the first attempt got no response.
   */
  add(id) {
    const controller = new AbortController();
    const { signal } = controller;
    if (this.#gone.delete(id)) {
      controller.abort();
      return { signal, forget() {} };
    }
    let leave;
    // Only the request's own signal may end it. A promise that another request resolves continues in the waiting one.
    new Promise((resolve) => (leave = resolve)).then(() => controller.abort());
    this.#leave.set(id, leave);
    return { signal, forget: () => this.#leave.get(id) === leave && this.#leave.delete(id) };
  }

  /** Ends the request of this number, and removes it: a request that the runtime cut off would stay in the map. */
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
