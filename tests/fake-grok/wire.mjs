// A body on the wire: piece by piece, slow, torn or broken off as options ask.
import { Buffer } from 'node:buffer';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/** Hands bytes to the kernel, in pieces of `split` bytes if asked, and waits while the reader is slow. */
export async function write(res, bytes, split) {
  const step = split > 0 ? split : bytes.length;
  for (let at = 0; at < bytes.length && !res.destroyed; at += step) {
    await new Promise((resolve) => {
      res.once('close', resolve);
      res.write(bytes.subarray(at, at + step), () => { res.off('close', resolve); resolve(); });
    });
    if (split > 0) await turn();
  }
}

export const closed = (res) => new Promise((resolve) => (res.destroyed ? resolve() : res.once('close', resolve)));

/**
 * Sends texts as the options `split`, `cut`, `hang` and `truncate` say, and counts them in `call.frames` and `call.bytes`.
 * Returns true when the last one has been written and the stream may end cleanly. They leave together until a pause or a stop.
 */
export async function pour(call, res, options, texts, pause) {
  let ready = [];
  const flush = async () => {
    await write(res, Buffer.concat(ready), options.split);
    ready = [];
  };
  for (const text of texts) {
    if (res.destroyed) return false;
    const bytes = Buffer.from(text);
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
