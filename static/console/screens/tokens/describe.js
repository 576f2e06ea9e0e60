// Describes the state of an account: label, reason, end, and what to do. Pure functions.
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);

/** States in the order of the chips, with their names in `/api/stats`. */
export const STATES = [
  ['normal', 'active'], ['cooling', 'cooldown'], ['exhausted', 'exhausted'], ['unused', 'unused'], ['expired', 'expired'], ['disabled', 'disabled'], ['duplicate', 'duplicate'], ['unreadable', 'unreadable'], ['invalid', 'invalid'],
];

/** Types of Grok accounts, with their names in `/api/stats`. */
export const GROK_TYPES = [['sso', 'normal'], ['ssoSuper', 'super'], ['ssoHeavy', 'heavy']];
/** All types; the last are keys of xAI's API, which have no modes. */
export const TYPES = [...GROK_TYPES, ['xai', 'xai']];

/** Returns whether an account is a key of xAI's API. */
export const isApiKey = (row) => row.token_type === 'xai';

const TONES = { normal: 'ok', cooling: 'info', exhausted: 'warn', unused: '', expired: 'danger', disabled: '', duplicate: 'violet', unreadable: 'danger', invalid: 'danger' };

/** Names of cooldowns, and the models that share them. */
const MODELS = {
  fast: 'grok-fast', auto: 'grok-auto', expert: 'grok-expert', heavy: 'grok-heavy', image_pro: 'grok-imagine-image', image_edit: 'grok-imagine-image-edit', video: 'grok-imagine-0.9',
};
export const modelName = (name) => MODELS[name] ?? name;

/**
 * Describes a row.
 * @param {object} row of `/api/tokens`
 * @returns {{ label: string, tone: string, reason: string, brief: string, help: string, until: number | null }} `brief` is
 *   the part of the reason that label and quota do not show; `until` is when the state ends, in milliseconds since 1970
 */
export function describe(row, now = Date.now()) {
  const code = row.status_code;
  const state = (isApiKey(row) && API_REASONS[code] ? API_REASONS : REASONS)[code](row, now);
  return { label: t(code), tone: TONES[code], brief: state.reason, help: '', until: null, ...state };
}

const REASONS = {
  expired: (row) => ({ reason: row.last_failure_reason ? explainFault(row.last_failure_reason) : t('refused'), help: t('expiredHelp') }),
  disabled: () => ({ reason: t('byHand'), brief: '', help: t('disabledHelp') }),
  invalid: () => ({ reason: t('noToken'), help: t('invalidHelp') }),
  unreadable: () => ({ reason: t('otherKey'), help: t('unreadableHelp') }),
  duplicate: () => ({ reason: t('sameUser'), brief: '', help: t('duplicateHelp') }),
  cooling(row, now) {
    const running = row.cooldowns.filter(({ until }) => until > now);
    return { reason: t('restsFor', { models: modelNames(running) }), brief: '', help: t('coolingHelp'), until: Math.max(...row.cooldowns.map(({ until }) => until)) };
  },
  unused: (row) => ({ ...(row.type_read ? { reason: t('windowEnded') } : { reason: t('unasked'), brief: '' }), help: t('unusedHelp') }),
  exhausted(row) {
    // The first mode that is back ends the state.
    const ends = row.quotas.map(({ until }) => until).filter((until) => until !== null);
    return { reason: t('spent'), brief: '', help: t('exhaustedHelp'), until: ends.length > 0 ? Math.min(...ends) : null };
  },
  normal: (row) => (row.strikes > 0 ? { tone: 'warn', reason: t('suspect'), help: t('suspectHelp') } : { reason: t('usable'), brief: '' }),
};

const lastEnd = (row) => Math.max(...row.cooldowns.map(({ until }) => until));

/** What differs for a key of xAI's API. */
const API_REASONS = {
  expired: (row) => ({ reason: row.last_failure_reason ? explainFault(row.last_failure_reason, true) : t('refused_xai'), help: t('expiredHelp_xai') }),
  cooling: (row) => (row.limit_reason === 'budget'
    ? { label: t('budgetReached'), tone: 'warn', reason: t('budgetSpent'), brief: '', help: t('budgetHelp'), until: lastEnd(row) }
    : { reason: t('rests_xai'), brief: '', help: t('coolingHelp_xai'), until: row.cooldowns.length > 0 ? lastEnd(row) : row.cooldown_until }),
  exhausted: () => ({ label: t('noCredits'), reason: t('noCreditsReason'), brief: '', help: t('exhaustedHelp_xai') }),
  normal: (row) => (row.strikes > 0 ? { tone: 'warn', reason: t('suspect'), help: t('suspectHelp_xai') } : { reason: t('usable'), brief: '' }),
};

/** Names the models of cooldowns, the first two in full. */
function modelNames(cooldowns) {
  const names = cooldowns.slice(0, 2).map(({ name }) => modelName(name)).join(t('and'));
  return cooldowns.length > 2 ? `${names} ${t('moreModels', { n: cooldowns.length - 2 })}` : names;
}

/** The gateway's English sentences for errors of Grok, and the keys of their texts. */
const FAULTS = [
  [/^account refused: the key is blocked/, 'fault_keyBlocked'], [/^account refused: the key is disabled/, 'fault_keyDisabled'], [/^account refused: the key's team is blocked/, 'fault_teamBlocked'],
  [/^429: too many requests$/, 'fault_429'], [/^429: the quota is spent$/, 'fault_spent'], [/^account refused: the key is wrong: (.*)$/s, 'fault_wrongKey'], [/^account refused: (.*)$/s, 'fault_refused'],
  [/^429: (?:too many requests in a short time|asked too often for the moment)$/, 'fault_often'], [/^the account's type does not have this mode: (.*)$/s, 'fault_mode'], [/^the prompt is too long$/, 'fault_length'],
  [/^the setting x_statsig_id is empty$/, 'fault_signature'], [/^the signature in the setting x_statsig_id was refused$/, 'fault_stale'], [/^name look-up failed/, 'fault_name'],
  [/^anti-bot page or challenge$/, 'fault_antibot'], [/^the service is under heavy usage$/, 'fault_busy'], [/^moderated: (.*)$/s, 'fault_moderated'],
  [/^request refused: (.*)$/s, 'fault_caller'], [/^model not found$/, 'fault_model'], [/^not allowed: (.*)$/s, 'fault_policy'], [/^(\d+): server error$/, 'fault_server'],
  [/^no connection/, 'fault_connect'], [/^timed out$/, 'fault_timeout'], [/^the answer broke off$/, 'fault_cut'], [/^the answer was empty$/, 'fault_empty'],
  [/^an object of the answer was too long$/, 'fault_long'], [/^the token cannot be (?:decrypted|opened)/, 'fault_unreadable'], [/^asked (?:for )?twice/, 'fault_twice'], [/^no session token/, 'noToken'],
];

/** Translates an error of Grok, or of xAI's API; an unknown sentence stays as it is. */
export function explainFault(reason, isOfApi = false) {
  for (const [pattern, key] of FAULTS) {
    const found = pattern.exec(reason);
    if (found) return t(isOfApi && `${key}_xai` in text.en ? `${key}_xai` : key, { detail: found[1] });
  }
  return reason;
}
