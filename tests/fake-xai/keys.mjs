// Keys of the scripted xAI: what their names ask for, whose they are, and how they are written down.
//
// The first part of a key's name decides: `xai-blocked-1` is blocked. README.md lists the names. A key belongs to the team of its
// own, but `xai-double-<x>-1` and `xai-double-<x>-2` are two keys of the team of `xai-<x>`.
import { createHash } from 'node:crypto';
import { uuid } from '../fake-grok/options.mjs';

const BY_NAME = {
  wrong: { refusal: 'wrong_key' },
  blocked: { refusal: 'blocked_key', info: { api_key_blocked: true } },
  disabled: { refusal: 'disabled_key', info: { api_key_disabled: true } },
  banned: { refusal: 'blocked_team', info: { team_blocked: true } },
  denied: { refusal: 'no_permission', info: { acls: ['api-key:endpoint:models'] }, asks: true },
  limited: { error: 'rate_limited' },
  throttled: { error: 'rate_limited_bare' },
  broke: { error: 'no_credits' },
  busy: { error: 'unavailable' },
  broken: { error: 'internal' },
  inband: { inband: 'rate_limited' },
  failed: { failed: 'internal' },
  empty: { nothing: true },
  cut: { cut: 3 },
  hang: { hang: 0 },
  slow: { slow: 100 },
};

const nameOf = (key) => key.replace(/^xai-/, '');
const ownerOf = (key) => /^double-(.+)-\d+$/.exec(nameOf(key))?.[1] ?? nameOf(key);

/** Returns what the key's name asks for. */
export const keyOptions = (key) => BY_NAME[ownerOf(key).split('-')[0]] ?? {};

/** Returns the id of the key's team. */
export const teamOf = (key) => uuid(`team of ${ownerOf(key)}`);

/** Returns the name under which a key is recorded: never the key itself. */
export const hashOf = (key) => createHash('sha256').update(key).digest('hex').slice(0, 16);

/** Returns a key as errors write it: `xa***-1`. */
export const masked = (key) => `${key.slice(0, 2)}***${key.slice(-2)}`;

/** Returns the key of a request as { key } or { fault }. */
export function keyIn(header) {
  if (header === undefined) return { fault: 'no_authorization' };
  const key = /^Bearer ([\x21-\x7e]+)$/.exec(header)?.[1];
  if (key === undefined) return { fault: 'odd_authorization' };
  return { key, fault: /^xai-[\w-]{1,200}$/.test(key) ? undefined : 'wrong_key' };
}

/** Answers GET /api-key. */
export function keyInfo(key) {
  const { info = {} } = keyOptions(key);
  return {
    redacted_api_key: `xai-...${key.slice(-4)}`, name: `key ${hashOf(key).slice(0, 4)}`, api_key_id: uuid(`key ${key}`), team_id: teamOf(key),
    user_id: uuid(`user of ${ownerOf(key)}`), create_time: '2026-10-01T08:00:00Z', modify_time: '2026-10-01T08:00:00Z', modified_by: uuid(`user of ${ownerOf(key)}`),
    acls: ['api-key:endpoint:*', 'api-key:model:*'], api_key_blocked: false, api_key_disabled: false, team_blocked: false, ...info,
  };
}
