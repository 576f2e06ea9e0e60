// E1 on the wire: frames to bytes, and every way in which the real stream is torn, glued, slow or broken.
import { Buffer } from 'node:buffer';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { frames } from './answer.mjs';
import { failure } from './errors.mjs';
import { uuid } from './options.mjs';
import { closed, pour, write } from './wire.mjs';

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Options that a person's words ask for without any keyword. */
function natural(message, body) {
  if (body?.toolOverrides?.videoGen) return { video: true };
  if (body?.mediaGenInput) return { edited: true };
  const { enable_image_generation: draws = true, image_generation_count: picture = 2 } = body?.x_grok ?? {};
  return draws && picture > 0 && /\b(draw|paint)\b|画/i.test(message) ? { picture } : {};
}

export function conversationOptions(body, ...layers) {
  const message = String(body?.message ?? '');
  return Object.assign({ think: true, search: true }, natural(message, body), ...layers.map((layer) => layer ?? {}));
}

export const sendFailure = (res, name) => send(res, failure(name));

/** Answers with a failure of errors.mjs. */
export function send(res, { status, headers, body }) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(text);
}

function wire(frame, options) {
  const json = JSON.stringify(frame);
  if (options.sse) return `data: ${json}\n\n`;
  return options.concat ? json : `${json}\n`;
}

/** Streams the answer. `call.frames` and `call.bytes` count what was sent. */
export async function converse(call, res, options, { pace, assetsUrl, userId, files }) {
  if (options.first > 0) await sleep(options.first);
  if (options.hang === 0) return closed(res);
  if (options.error) return sendFailure(res, options.error);
  if (options.reset) return res.destroy();
  const body = call.body ?? {};
  const ctx = { id: uuid(`answer-${call.id}-${call.at}`), model: body.modelName ?? body.modeId ?? 'grok', message: String(body.message ?? ''),
    time: new Date(call.at).toISOString(), userId, assetsUrl, files };
  res.writeHead(200, { 'content-type': 'application/json', 'x-trace-id': uuid(`trace-${call.id}`), ...options.headers });
  res.flushHeaders();
  call.headAt = Date.now();
  if (options.cut === 0) return turn().then(() => res.destroy());
  if (typeof options.raw === 'string' || Buffer.isBuffer(options.raw)) return void res.end(options.raw);
  if (options.nothing) return void res.end();
  if (options.bom) await write(res, BOM, 0);
  const texts = (function* texts() { for (const frame of frames(options, ctx)) yield wire(frame, options); }());
  const done = await pour(call, res, options, texts, options.slow ?? pace);
  if (!done || res.destroyed) return;
  if (options.sse) await write(res, Buffer.from('data: [DONE]\n\n'), 0);
  res.end();
}
