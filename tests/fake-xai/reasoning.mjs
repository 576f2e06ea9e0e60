// Encrypted reasoning: only what was issued for a team can be read with its keys, and only unmodified.
import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { Refused } from './errors.mjs';

const secret = (team) => createHash('sha256').update(`reasoning of ${team}`).digest();

/** Returns the thoughts as only this team's keys can send them back. */
export function seal(team, thoughts) {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret(team), iv);
  const body = Buffer.concat([cipher.update(thoughts, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
}

/** Returns the thoughts again, or refuses. */
export function unseal(team, content) {
  try {
    const bytes = Buffer.from(content, 'base64');
    if (bytes.toString('base64') !== content) throw new Error('not base64');
    const decipher = createDecipheriv('aes-256-gcm', secret(team), bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    throw new Refused('encrypted');
  }
}
