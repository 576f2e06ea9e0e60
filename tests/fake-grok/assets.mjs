// E9: files that only their owner may read, with ranges.
import { setTimeout as sleep } from 'node:timers/promises';
import { generated } from './media.mjs';
import { uuid } from './options.mjs';

function range(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const from = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const to = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  return from > to || from >= size ? 'none' : { from, to };
}

/** Sends a file. `options`: `step` and `slow` pace it, `cut` is the byte after which it breaks; an error is handled before. */
export async function asset(call, res, userId, options, uploads) {
  const owner = /^\/users\/([^/]+)\//.exec(call.path)?.[1];
  if (owner !== undefined && owner !== userId) return void res.writeHead(403).end('Forbidden');
  const file = options.file ?? uploads.file(call.path) ?? generated(call.path);
  if (!file) return void res.writeHead(404).end('Not found');
  const size = file.bytes.length;
  const part = range(call.headers.range, size);
  if (part === 'none') return void res.writeHead(416, { 'content-range': `bytes */${size}` }).end();
  const bytes = part ? file.bytes.subarray(part.from, part.to + 1) : file.bytes;
  const length = options.nolength ? {} : { 'content-length': bytes.length };
  const partial = part ? { 'content-range': `bytes ${part.from}-${part.to}/${size}` } : {};
  res.writeHead(part ? 206 : 200, { 'content-type': file.type, 'accept-ranges': 'bytes', etag: `"${uuid(call.path)}"`, ...length, ...partial });
  call.headAt = Date.now();
  if (call.method === 'HEAD') return void res.end();
  await paced(call, res, bytes, options);
}

async function paced(call, res, bytes, { step = 1 << 20, slow = 0, cut }) {
  for (let at = 0; at < bytes.length && !res.destroyed; at += step) {
    if (cut !== undefined && at >= cut) return void res.destroy();
    const piece = bytes.subarray(at, at + step);
    call.bytes += piece.length;
    await new Promise((resolve) => {
      res.once('close', resolve);
      res.write(piece, () => { res.off('close', resolve); resolve(); });
    });
    if (slow > 0) await sleep(slow);
  }
  if (!res.destroyed) res.end();
}
