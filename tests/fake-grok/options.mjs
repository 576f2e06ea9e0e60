// What a call gets by its token, after the defaults and the directives of the prompt, and before the rules. README.md lists
// the names of tokens, directives.mjs the options.
//
// A token's name is the `session_id` of its JWT payload, or the raw value when it is not a JWT; its first part decides.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** Returns the question without directives and without what comes before and after it: what a pleasant answer talks about. */
export function question(message) {
  const last = message.replace(/\[\[[^\]]*\]\]/g, '').split(/(?:^|\n)(?:用户|user|USER)[：:]\s*/).pop() ?? '';
  return last.split(/\n(?:系统|grok|tool|function)：/)[0].trim().slice(0, 200);
}

const BY_TOKEN = {
  quota: { error: 'too_many' },
  usage: { error: 'usage_limit', limits: { remaining: 0 } },
  inband: { inband: 'too_many' },
  busy: { error: 'heavy_usage' },
  dead: { error: 'dead', limits: { error: 'dead' }, identity: { error: 'dead' } },
  suspect: { error: 'dead' },
  blocked: { error: 'blocked_user', limits: { error: 'blocked_user' }, identity: { shape: 'blocked' } },
  antibot: { error: 'anti_bot', limits: { error: 'anti_bot' } },
  challenge: { error: 'challenge', limits: { error: 'challenge' } },
  broken: { error: 'internal', limits: { error: 'internal' } },
  empty: { empty: true },
  cut: { cut: 0 },
  hang: { hang: 0 },
  slow: { slow: 100 },
  ...Object.fromEntries(['free', 'lapsed', 'super', 'supergrok', 'heavy'].map((kind) => [kind, { limits: { kind } }])),
  noid: { identity: { shape: 'none' } },
  subid: { identity: { shape: 'sub' } },
  exhausted: { limits: { remaining: 0 } },
};

const cookiePairs = (header = '') => header.split(';').map((pair) => pair.trim().split('=')).filter(([name]) => name !== '')
  .map(([name, ...value]) => [name, value.join('=')]);

/** Returns a Cookie header as a map; the first of two cookies with one name counts. */
export const cookies = (header) => new Map(cookiePairs(header).reverse());

export const hasCookieTwice = (header) => new Set(cookiePairs(header).map(([name]) => name)).size < cookiePairs(header).length;

/** Returns the name inside a token: its JWT `session_id`, or the value itself. */
export function tokenName(token) {
  try {
    const payload = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString('utf8'));
    if (typeof payload.session_id === 'string') return payload.session_id;
  } catch { /* not a JWT: the operator may paste anything */ }
  return token;
}

/** Returns the token whose user this token has: two sessions of one user are called `double-<x>-1` and `double-<x>-2`. */
export function userToken(token) {
  const name = tokenName(token);
  const own = /^double-(.+)-\d+$/.exec(name)?.[1];
  if (own === undefined) return token;
  return name === token ? own : jwt(own);
}

export function tokenOptions(token) {
  return BY_TOKEN[tokenName(userToken(token)).split('-')[0]] ?? {};
}

/** Returns the id of the user whose session this is. */
export const userIdOf = (token) => uuid(`user of ${userToken(token)}`);

/** Returns a value shaped like the real cookie: three base64url parts, the payload holding little but a session id. */
export function jwt(name) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signature = createHash('sha256').update(`signature of ${name}`).digest('base64url');
  return `${part({ alg: 'HS256' })}.${part({ session_id: name })}.${signature}`;
}

/** Returns a stable UUID from any text: user ids from tokens, file ids from counters. */
export function uuid(text) {
  const h = createHash('sha256').update(text).digest('hex');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20, 32)}`;
}
