// The floor: the least plain JavaScript that does the gateway's work. It hashes the key, runs the gateway's own two statements,
// sends the gateway's own request to Grok, parses each line or message, and writes each token. It checks and handles nothing
// else. `RECORDED` is what recorder.mjs noted. The gateway itself fills the tables, through its admin API.

import worker from "../../cloudflare/worker.mjs";

/** Positions in the parameters of the gateway's statements. */
const AUTHENTICATE = { now: 0, hash: 1 };
const RESERVE = { now: 0, hash: 4 };
const FINISH = { requestId: 0, accountId: 19, at: 20 };

const encoder = new TextEncoder();

async function keyHash(request) {
  const key = encoder.encode(request.headers.get("authorization").slice("Bearer ".length));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", key));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function run({ DB }, { sql, values }, changes) {
  const bound = Object.assign([...values], changes);
  const [, ...rows] = await DB.prepare(sql).bind(...bound).raw({ columnNames: true });
  return rows;
}

async function models(request, env) {
  const { statement, body } = env.RECORDED.models;
  const changes = { [AUTHENTICATE.now]: Date.now(), [AUTHENTICATE.hash]: await keyHash(request) };
  const [row] = await run(env, statement, changes);
  return row ? Response.json(body) : new Response(null, { status: 401 });
}

/** The lines of Grok's older stream, as pieces of text. */
async function* overHttp({ url, headers, body }, question) {
  const payload = JSON.parse(body);
  payload.message = question;
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(payload) });
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of response.body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop();
    yield lines.filter(Boolean).map((line) => JSON.parse(line).result?.response?.token).filter(Boolean);
  }
}

/** The longest gap between messages of a burst, in milliseconds. */
const ALONE_MS = 1;

/**
 * The messages of Grok's WebSocket, as pieces of text. Each message is an event of its own; in a burst a timer gives all of them
 * together, because a write for each costs three times as much.
 */
async function* overSocket({ url, headers }, sent, question) {
  const { webSocket } = await fetch(url.replace(/^ws/, "http"), { headers });
  let pieces = [];
  let done = false;
  let wake = null;
  let woken = 0;
  webSocket.addEventListener("message", ({ data }) => {
    const { session_id, event } = JSON.parse(data);
    if (event.type === "conversation.attached") {
      for (const text of sent.slice(1)) {
        const message = JSON.parse(text);
        message.session_id = session_id;
        const item = message.event.item?.x_grok;
        if (item) Object.assign(item, { client_message_id: crypto.randomUUID(), input_chunks: [{ text: { text: question } }] });
        webSocket.send(JSON.stringify(message));
      }
    }
    if (event.type === "response.done") done = true;
    else if (event.type === "response.chunk" && !done && event.chunk.text?.text) pieces.push(event.chunk.text.text);
    else return;
    const resolve = wake;
    wake = null;
    if (!resolve) return;
    const now = Date.now();
    if (now - woken > ALONE_MS) resolve();
    else setTimeout(resolve, 0);
    woken = now;
  });
  webSocket.accept();
  webSocket.send(sent[0]);
  while (!done || pieces.length > 0) {
    if (pieces.length === 0) await new Promise((resolve) => (wake = resolve));
    const given = pieces;
    pieces = [];
    if (given.length > 0) yield given;
  }
  webSocket.close(1000);
}

async function chat(request, env, ctx) {
  const { reserve, finish, call, sent } = env.RECORDED[env.TRANSPORT];
  const { messages, stream } = await request.json();
  const changes = { [RESERVE.now]: Date.now(), [RESERVE.hash]: await keyHash(request) };
  const [account] = await run(env, reserve, changes);
  if (!account) return new Response(null, { status: 401 });
  const id = `req_${crypto.randomUUID()}`;
  const finished = () => run(env, finish, { [FINISH.requestId]: id, [FINISH.accountId]: account[0], [FINISH.at]: Date.now() });
  const question = messages.at(-1).content;
  const pieces = sent.length > 0 ? overSocket(call, sent, question) : overHttp(call, question);
  const created = Math.floor(Date.now() / 1000);
  if (!stream) {
    let content = "";
    for await (const texts of pieces) content += texts.join("");
    ctx.waitUntil(finished());
    const choices = [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }];
    return Response.json({ id, object: "chat.completion", created, model: "grok", choices });
  }
  const { readable, writable } = new IdentityTransformStream();
  const write = async () => {
    const writer = writable.getWriter();
    const chunk = (delta, finish_reason = null) =>
      `data: ${JSON.stringify({ id, object: "chat.completion.chunk", created, model: "grok", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    for await (const texts of pieces) {
      await writer.write(encoder.encode(texts.map((content) => chunk({ content })).join("")));
    }
    await writer.write(encoder.encode(`${chunk({}, "stop")}data: [DONE]\n\n`));
    await writer.close();
    await finished();
  };
  ctx.waitUntil(write());
  return new Response(readable, { headers: { "content-type": "text/event-stream" } });
}

export default {
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/health") return Response.json({ status: "ok" });
    if (!env.RECORDED || pathname.startsWith("/api/")) return worker.fetch(request, env, ctx);
    return pathname === "/v1/models" ? models(request, env) : chat(request, env, ctx);
  },
};
