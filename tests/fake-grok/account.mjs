// What one account may still do: rate limits by mode and by the old model names, falling with every answer.
import { jwt, tokenName, tokenOptions, userIdOf, userToken } from './options.mjs';
import { Windows } from './windows.mjs';

const DAY = 86_400;
/**
 * The kinds of accounts. `total` and `heavy` belong to the old names; `modes` to today's: 0 of 0 means that the account lacks the mode.
 * `tier` is the active subscription, `formerTier` one that has ended and is still listed: SUBSCRIPTION_TIER_… with these ends.
 */
const KINDS = {
  free: { total: 30, window: DAY, heavy: 0, modes: { auto: 7, fast: 30, expert: 0, heavy: 0, build: 0 } },
  lapsed: { formerTier: 'GROK_PRO', total: 30, window: DAY, heavy: 0, modes: { auto: 7, fast: 30, expert: 0, heavy: 0, build: 0 } },
  basic: { total: 80, window: 72_000, heavy: 0, modes: { auto: 80, fast: 80, expert: 20, heavy: 0, build: 0 } },
  // The service does not have it: a SuperGrok account that was also granted heavy.
  super: { tier: 'GROK_PRO', formerTier: 'X_PREMIUM', total: 140, window: 7_200, heavy: 20, modes: { auto: 50, fast: 140, expert: 90, heavy: 20, build: 0 } },
  supergrok: { tier: 'GROK_PRO', formerTier: 'X_PREMIUM', total: 140, window: 7_200, heavy: 0,
    modes: { auto: 50, fast: 140, expert: 90, heavy: 0, build: 0 } },
  heavy: { tier: 'SUPER_GROK_PRO', formerTier: 'GROK_PRO', total: 400, window: 7_200, heavy: 20,
    modes: { auto: 150, fast: 400, expert: 150, heavy: 20, build: 0 } },
};
/** The names of earlier years that the service still understands, and the mode each selects now. */
const OLD_NAMES = {
  'grok-3': 'fast', 'grok-4': 'auto', 'grok-4-mini-thinking-tahoe': 'fast', 'grok-4-1-thinking-1129': 'expert', 'grok-4-heavy': 'heavy',
};
export const MODES = ['auto', 'fast', 'expert', 'heavy', 'build'];
/** Limits that are numbers: with one of them a new window begins. */
const NUMBERS = ['kind', 'modes', 'total', 'remaining', 'heavy', 'window'];
/** Names of quotas beside those of modes: what the old names count. */
const OLD = 'old names';
const OLD_HEAVY = 'old names, heavy';

/** Returns a mode's quota: `modes` holds its total, or { total, remaining, window }. */
function quotaOf(limits, mode) {
  const own = typeof limits.modes[mode] === 'object' ? limits.modes[mode] : { total: limits.modes[mode] ?? 0 };
  return { total: own.total, remaining: own.remaining ?? limits.remaining, seconds: own.window ?? limits.window, scriptedAt: limits.scriptedAt };
}

const oldQuota = ({ total, remaining, window, scriptedAt }) => ({ total, remaining, seconds: window, scriptedAt });
const oldHeavyQuota = ({ heavy, window }) => ({ total: heavy, seconds: window });

/** Returns the mode that an HTTP conversation asks for. */
function modeOf(body) {
  if (MODES.includes(body?.modeId)) return body.modeId;
  if (/EXPERT/.test(body?.modelMode ?? '')) return 'expert';
  return OLD_NAMES[body?.modelName] ?? 'auto';
}

const answerOf = (quota, { left, wait }) => ({ windowSizeSeconds: quota.seconds, remainingQueries: left, totalQueries: quota.total,
  ...(wait === undefined ? {} : { waitTimeSeconds: wait }), lowEffortRateLimits: null, highEffortRateLimits: null });

export class Accounts {
  windows = new Windows();
  #overrides = new Map();

  /** With `enforce` a mode that is used up is refused. */
  constructor({ enforce = false } = {}) { this.enforce = enforce; }

  /**
   * Sets the limits of a token, given by its value or name, or of its user; '*' stands for all. They replace earlier ones, and with a
   * number among them the user's windows begin again. README.md lists them.
   */
  limit(token, limits) {
    const scriptedAt = this.windows.now;
    this.#overrides.set(token, { ...limits, scriptedAt });
    if (!NUMBERS.some((name) => limits[name] !== undefined)) return;
    if (token === '*') this.windows.forgetAll();
    else this.windows.forget([userIdOf(token), userIdOf(jwt(token))]);
  }

  limitsOf(token) {
    const owner = userToken(token);
    const scripted = [token, tokenName(token), owner, tokenName(owner)].map((name) => this.#overrides.get(name)).find(Boolean);
    const own = { ...this.#overrides.get('*'), ...tokenOptions(token).limits, ...scripted };
    const kind = KINDS[own.kind ?? 'basic'];
    if (!kind) throw new Error(`the scripted Grok knows no kind of account ${own.kind}`);
    return { ...kind, ...own, modes: { ...kind.modes, ...own.modes } };
  }

  /** Returns whether the account may use this mode: those of which it has any, unless `allowed` lists them. */
  allows(token, mode) {
    const limits = this.limitsOf(token);
    return limits.allowed ? limits.allowed.includes(mode) : quotaOf(limits, mode).total > 0;
  }

  /**
   * Begins a turn. Returns the name of the failure that refuses it, or undefined, and `end`, to be called with whether the answer
   * was complete; only the first call counts. Turns that run hold their unit.
   */
  begin(token, body) {
    const mode = body?.mode ?? modeOf(body);
    const limits = this.limitsOf(token);
    const quota = quotaOf(limits, mode);
    const { window, left } = this.windows.of(userIdOf(token), mode, quota);
    const isUsedUp = quota.total > 0 && left - window.running <= 0;
    const refusal = !this.allows(token, mode) ? 'model_not_found' : isUsedUp ? 'usage_limit' : undefined;
    if ((limits.enforce ?? this.enforce) && refusal) return { refusal, end() {} };
    window.running += 1;
    let ended = false;
    const end = (complete) => {
      if (ended) return;
      ended = true;
      window.running -= 1;
      if (complete) this.#spend(token, mode, body);
    };
    return { refusal: undefined, end };
  }

  /** A finished answer spends one unit of its mode; seen by the old names it is one unit, four in expert mode. */
  #spend(token, mode, body) {
    const limits = this.limitsOf(token);
    const user = userIdOf(token);
    this.windows.spend(user, mode, quotaOf(limits, mode), 1);
    if (mode === 'heavy') this.windows.spend(user, OLD_HEAVY, oldHeavyQuota(limits), 1);
    // An old name may stand for expert mode without costing more: only the mode itself counts four.
    else this.windows.spend(user, OLD, oldQuota(limits), body?.mode === 'expert' || /EXPERT/.test(body?.modelMode ?? '') ? 4 : 1);
  }

  reset() {
    this.windows.reset();
    this.#overrides.clear();
  }

  /** Returns every mode's { remaining, total, window }, and `wait` where nothing is left. */
  quotas(token) {
    const limits = this.limitsOf(token);
    return Object.fromEntries(MODES.map((mode) => {
      const quota = quotaOf(limits, mode);
      const { left, wait } = this.windows.of(userIdOf(token), mode, quota);
      return [mode, { remaining: left, total: quota.total, window: quota.seconds, ...(wait === undefined ? {} : { wait }) }];
    }));
  }

  /** Returns the body of a rate-limits answer, or null for a name that the service does not know. */
  answer(token, body) {
    const limits = this.limitsOf(token);
    if (limits.body) return limits.body;
    const name = body?.modelName ?? 'grok-4';
    const user = userIdOf(token);
    if (MODES.includes(name)) return answerOf(quotaOf(limits, name), this.windows.of(user, name, quotaOf(limits, name)));
    if (!(name in OLD_NAMES)) return null;
    if (name === 'grok-4-heavy') return answerOf(oldHeavyQuota(limits), this.windows.of(user, OLD_HEAVY, oldHeavyQuota(limits)));
    const quota = oldQuota(limits);
    const { left, wait } = this.windows.of(user, OLD, quota);
    if (limits.shape === 'B') return answerOf(quota, { left, wait });
    return { windowSizeSeconds: quota.seconds, remainingQueries: 0, totalQueries: 0, remainingTokens: left, totalTokens: quota.total,
      lowEffortRateLimits: { cost: 1, waitTimeSeconds: 0, remainingQueries: left },
      highEffortRateLimits: { cost: 4, waitTimeSeconds: 0, remainingQueries: Math.floor(left / 4) },
      preGenerationDelayMs: 0, ...(wait === undefined ? {} : { waitTimeSeconds: wait }) };
  }
}
