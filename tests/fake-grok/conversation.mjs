// E1 on the wire: frames to bytes, and every way in which the real stream is torn, glued, slow or broken.
import { Buffer } from 'node:buffer';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { frames } from './answer.mjs';
import { failure } from './errors.mjs';
import { uuid } from './options.mjs';

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

/** Hands bytes to the kernel, in pieces of `split` bytes if asked, and waits while the reader is slow. */
async function write(res, bytes, split) {
  const step = split > 0 ? split : bytes.length;
  for (let at = 0; at < bytes.length && !res.destroyed; at += step) {
    await new Promise((resolve) => {
      res.once('close', resolve);
      res.write(bytes.subarray(at, at + step), () => { res.off('close', resolve); resolve(); });
    });
    if (split > 0) await turn();
  }
}

const closed = (res) => new Promise((resolve) => (res.destroyed ? resolve() : res.once('close', resolve)));

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
  const done = await stream(call, res, options, frames(options, ctx), options.slow ?? pace);
  if (!done || res.destroyed) return;
  if (options.sse) await write(res, Buffer.from('data: [DONE]\n\n'), 0);
  res.end();
}

/** True when the last frame has been written and the stream may end cleanly. Frames leave together until a pause or a stop. */
async function stream(call, res, options, source, pause) {
  let ready = [];
  const flush = async () => {
    await write(res, Buffer.concat(ready), options.split);
    ready = [];
  };
  for (const frame of source) {
    if (res.destroyed) return false;
    const bytes = Buffer.from(wire(frame, options));
    if (options.truncate === call.frames + 1) {
      ready.push(bytes.subarray(0, Math.ceil(bytes.length / 2)));
      return flush().then(() => true);
    }
    ready.push(bytes);
    call.frames += 1;
    call.bytes += bytes.length;
    const stop = ['cut', 'hang'].find((way) => options[way] === call.frames);
    if (pause > 0 || stop || call.frames % 64 === 0) await flush();
    if (stop === 'cut') {
      res.destroy();
      return false;
    }
    if (stop === 'hang') return closed(res).then(() => false);
    if (pause > 0) await sleep(pause);
  }
  await flush();
  return true;
}
