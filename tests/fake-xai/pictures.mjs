// Pictures that a request carries: JPEG and PNG, 20 MiB at most, as data URLs or as addresses.
import { Buffer } from 'node:buffer';
import { invalid } from './errors.mjs';
import { text } from './shapes.mjs';

const MOST = 20 << 20;
const KINDS = { 'image/jpeg': [0xff, 0xd8, 0xff], 'image/jpg': [0xff, 0xd8, 0xff], 'image/png': [0x89, 0x50, 0x4e, 0x47] };

/** Refuses a picture that the service does not take. Returns its bytes, or null behind an address. */
export function checkPicture(url, path) {
  text(url, path);
  // The scripted service fetches nothing; an address must be one.
  if (/^https?:\/\/[^\s/]+\/\S*$/.test(url)) return null;
  const [, type, data] = /^data:([\w/+.-]+);base64,(.*)$/s.exec(url) ?? [];
  if (type === undefined) invalid(`${path} must be an https URL or a base64-encoded data URL`);
  if (!Object.hasOwn(KINDS, type)) invalid(`${path}: unsupported content-type ${type}. Only JPG and PNG pictures are supported`);
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) invalid(`${path} is not valid base64`);
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length > MOST) invalid(`${path}: the picture is larger than 20 MiB`);
  if (!KINDS[type].every((byte, n) => bytes[n] === byte)) invalid(`${path} is not a picture of the type ${type}`);
  return bytes;
}
