// Real small pictures and an mp4-like file, drawn from the file's id so that every id has its own picture and no state.
//
// The JPEG holds one flat colour per 8×8 block (only DC coefficients), which makes an honest baseline JPEG in a few lines.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import zlib from 'node:zlib';
import { uuid } from './options.mjs';

const GRID = 64;

/** Returns a moon over hills, coloured by the id: colour of the grid cell at x, y as [r, g, b]. */
function scene(id) {
  const seed = createHash('sha256').update(id).digest();
  const moon = { x: 16 + (seed[0] % 32), y: 12 + (seed[1] % 12), r: 6 + (seed[2] % 5) };
  const sky = [seed[3] % 60, seed[4] % 60, 70 + (seed[5] % 120)];
  return (x, y) => {
    if (y > 46 + 5 * Math.sin((x + seed[6]) / 7)) return [20, 40 + (seed[7] % 60), 30];
    if ((x - moon.x) ** 2 + (y - moon.y) ** 2 < moon.r ** 2) return [250, 240, 200];
    return sky.map((c) => Math.min(255, c + y));
  };
}

function pngChunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(zlib.crc32 ? zlib.crc32(body) : slowCrc(body));
  return Buffer.concat([head, body, crc]);
}

// Node 20 before 20.15 has no zlib.crc32.
function slowCrc(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

export function png(id) {
  const colour = scene(id);
  const rows = Buffer.alloc(GRID * (1 + GRID * 3));
  for (let y = 0; y < GRID; y++) {
    for (let x = 0; x < GRID; x++) rows.set(colour(x, y), y * (1 + GRID * 3) + 1 + x * 3);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(GRID, 0);
  header.writeUInt32BE(GRID, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', zlib.deflateSync(rows)), pngChunk('IEND', Buffer.alloc(0))]);
}

// The standard luminance DC table: category 0–11, code lengths 2 to 9.
const DC_COUNTS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const DC_CODES = ['00', '010', '011', '100', '101', '110', '1110', '11110', '111110', '1111110', '11111110', '111111110'];

const segment = (marker, ...bytes) => Buffer.from([0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 255, ...bytes]);

function scanBits(colour) {
  const bits = [];
  const last = [0, 0, 0];
  for (let y = 0; y < GRID; y++) {
    for (let x = 0; x < GRID; x++) {
      const [r, g, b] = colour(x, y);
      const ycc = [0.299 * r + 0.587 * g + 0.114 * b - 128, -0.1687 * r - 0.3313 * g + 0.5 * b, 0.5 * r - 0.4187 * g - 0.0813 * b];
      ycc.forEach((value, part) => {
        const dc = Math.round(value); // flat block: DC = 8 × value, quantised by 8
        const diff = dc - last[part];
        last[part] = dc;
        const size = diff === 0 ? 0 : 32 - Math.clz32(Math.abs(diff));
        bits.push(DC_CODES[size]);
        if (size) bits.push((diff > 0 ? diff : diff + 2 ** size - 1).toString(2).padStart(size, '0'));
        bits.push('0'); // end of block: the AC table's only code
      });
    }
  }
  return bits.join('');
}

export function jpeg(id) {
  const bits = scanBits(scene(id));
  const scan = [];
  for (let at = 0; at < bits.length; at += 8) {
    const byte = parseInt(bits.slice(at, at + 8).padEnd(8, '1'), 2);
    scan.push(byte);
    if (byte === 0xff) scan.push(0);
  }
  const size = GRID * 8;
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, ...Buffer.from('JFIF\0', 'latin1'), 1, 1, 0, 0, 1, 0, 1, 0, 0),
    segment(0xdb, 0, ...new Array(64).fill(8)),
    segment(0xc0, 8, size >> 8, size & 255, size >> 8, size & 255, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0),
    segment(0xc4, 0x00, ...DC_COUNTS, ...DC_CODES.keys()),
    segment(0xc4, 0x10, 1, ...new Array(15).fill(0), 0),
    segment(0xda, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0),
    Buffer.from(scan),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** Returns a file of `size` bytes that starts like an mp4; byte n of the rest depends on n, so that ranges can be checked. */
export function mp4(size) {
  const head = Buffer.from('0000001c66747970' + '69736f6d00000200' + '69736f6d69736f32' + '6d703431' + '000000006d646174', 'hex');
  head.writeUInt32BE(Math.max(8, size - 28), 28);
  const file = Buffer.alloc(Math.max(size, head.length));
  for (let at = 0; at < file.length; at++) file[at] = (at * 31 + (at >> 8) * 7) & 255;
  head.copy(file);
  return file;
}

/** Returns a file id that carries its size in the last twelve digits: a video of 20 MB needs no memory of having been made. */
export function sizedId(text, bytes) {
  return uuid(text).slice(0, 24) + bytes.toString(16).padStart(12, '0');
}

/** Returns the bytes and type behind a generated file's path, or null when there is none. */
export function generated(path) {
  const match = /^\/users\/[0-9a-f-]{36}\/generated\/([0-9a-f-]{36})\/(image\.jpg|image\.png|preview_image\.jpg|generated_video\.mp4)$/.exec(path);
  if (!match) return null;
  const [, id, name] = match;
  if (name.endsWith('.mp4')) {
    const size = parseInt(id.slice(24), 16);
    return { type: 'video/mp4', bytes: mp4(size > 0 && size <= 64 << 20 ? size : 200_000) };
  }
  return name.endsWith('.png') ? { type: 'image/png', bytes: png(id) } : { type: 'image/jpeg', bytes: jpeg(id) };
}
