// The Worker, whose statements, requests and messages a benchmark reads at `/__bench/steps`. The floor (floor.mjs) repeats them.

import worker from "../../cloudflare/worker.mjs";

let steps = [];

/** Notes what is sent on a WebSocket. */
function noting(socket) {
  const send = socket.send.bind(socket);
  socket.send = (text) => {
    steps.push({ kind: "message", text });
    send(text);
  };
}

const platformFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const body = request.body && (await request.clone().text());
  // The floor sends another question, of another length.
  const headers = [...request.headers].filter(([name]) => name !== "content-length");
  steps.push({ kind: "fetch", url: request.url, method: request.method, headers, body });
  const response = await platformFetch(input, init);
  if (response.webSocket) noting(response.webSocket);
  return response;
};

function database(own) {
  const raw = async (step, bound) => {
    const { results, meta } = await bound.all();
    Object.assign(step, { rowsRead: meta.rows_read, rowsWritten: meta.rows_written });
    return results.length === 0 ? [] : [Object.keys(results[0]), ...results.map(Object.values)];
  };
  const bind = (sql, statement, values) => {
    const step = { kind: "d1", sql, values, rowsRead: 0, rowsWritten: 0 };
    steps.push(step);
    return { raw: () => raw(step, statement.bind(...values)) };
  };
  return {
    prepare(sql) {
      const statement = own.prepare(sql);
      return { bind: (...values) => bind(sql, statement, values) };
    },
  };
}

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== "/__bench/steps") return worker.fetch(request, { ...env, DB: database(env.DB) }, ctx);
    const noted = steps;
    steps = [];
    return Response.json(noted);
  },
};
