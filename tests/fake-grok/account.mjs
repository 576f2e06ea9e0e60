// What one account may still do: rate limits by mode and by the old model names, falling with every answer.
import { tokenName, tokenOptions } from './options.mjs';

const DAY = 86_400;
/** `total` and `heavy` belong to the old names; `modes` to today's. 0 of 0 means that the account lacks the mode. */
const KINDS = {
  free: { total: 30, window: DAY, heavy: 0, modes: { auto: 7, fast: 30, expert: 0, heavy: 0, build: 0 } },
  basic: { total: 80, window: 72_000, heavy: 0, modes: { auto: 80, fast: 80, expert: 20, heavy: 0, build: 0 } },
  super: { total: 140, window: 7_200, heavy: 20, modes: { auto: 50, fast: 140, expert: 90, heavy: 20, build: 0 } },
};
/** The names of earlier years that the service still understands, and the mode each selects now. */
const OLD_NAMES = {
  'grok-3': 'fast', 'grok-4': 'auto', 'grok-4-mini-thinking-tahoe': 'fast', 'grok-4-1-thinking-1129': 'expert', 'grok-4-heavy': 'heavy',
};
export const MODES = ['auto', 'fast', 'expert', 'heavy', 'build'];

/** A mode's limits: `modes` holds its total, or { total, remaining, window }. */
const entry = ({ modes }, mode) => (typeof modes[mode] === 'object' ? modes[mode] : { total: modes[mode] ?? 0 });

/** Returns the mode that an HTTP conversation asks for. */
function modeOf(body) {
  if (MODES.includes(body?.modeId)) return body.modeId;
  if (/EXPERT/.test(body?.modelMode ?? '')) return 'expert';
  return OLD_NAMES[body?.modelName] ?? 'auto';
}

export class Accounts {
  #used = new Map();
  /** Overrides by token value or token name: { remaining, heavy, total, window, modes, allowed, shape: 'A' | 'B', error, body, kind }. */
  overrides = new Map();

  limitsOf(token) {
    const scripted = this.overrides.get(token) ?? this.overrides.get(tokenName(token)) ?? {};
    const own = { ...tokenOptions(token).limits, ...scripted };
    const kind = KINDS[own.kind ?? 'basic'];
    return { ...kind, ...own, modes: { ...kind.modes, ...own.modes } };
  }

  /** Returns whether the account may use this mode: those of which it has any, unless `allowed` lists them. */
  allows(token, mode) {
    const limits = this.limitsOf(token);
    return limits.allowed ? limits.allowed.includes(mode) : entry(limits, mode).total > 0;
  }

  /** A finished answer spends one unit of its mode; seen by the old names it is one unit, four in expert mode. */
  spend(token, body) {
    const mode = body?.mode ?? modeOf(body);
    const used = this.#used.get(token) ?? { normal: 0, heavy: 0, modes: {} };
    used.modes[mode] = (used.modes[mode] ?? 0) + 1;
    if (mode === 'heavy') used.heavy += 1;
    // An old name may stand for expert mode without costing more: only the mode itself counts four.
    else used.normal += body?.mode === 'expert' || /EXPERT/.test(body?.modelMode ?? '') ? 4 : 1;
    this.#used.set(token, used);
  }

  reset() {
    this.#used.clear();
    this.overrides.clear();
  }

  /** Returns the body of a rate-limits answer, or null for a name that the service does not know. */
  answer(token, body) {
    const limits = this.limitsOf(token);
    if (limits.body) return limits.body;
    const name = body?.modelName ?? 'grok-4';
    const used = this.#used.get(token) ?? { normal: 0, heavy: 0, modes: {} };
    if (MODES.includes(name)) return this.#byMode(limits, name, used.modes[name] ?? 0);
    if (!(name in OLD_NAMES)) return null;
    const heavy = name === 'grok-4-heavy';
    const total = heavy ? limits.heavy : limits.total;
    const scripted = heavy ? undefined : limits.remaining;
    const left = Math.max(0, (scripted ?? total) - (heavy ? used.heavy : used.normal));
    const wait = left === 0 ? { waitTimeSeconds: limits.window } : {};
    if (heavy || limits.shape === 'B') {
      return { windowSizeSeconds: limits.window, remainingQueries: left, totalQueries: total, ...wait,
        lowEffortRateLimits: null, highEffortRateLimits: null };
    }
    return { windowSizeSeconds: limits.window, remainingQueries: 0, totalQueries: 0, remainingTokens: left, totalTokens: total,
      lowEffortRateLimits: { cost: 1, waitTimeSeconds: 0, remainingQueries: left },
      highEffortRateLimits: { cost: 4, waitTimeSeconds: 0, remainingQueries: Math.floor(left / 4) },
      preGenerationDelayMs: 0, ...wait };
  }

  #byMode(limits, mode, used) {
    const { total, ...own } = entry(limits, mode);
    const left = Math.max(0, Math.min(total, own.remaining ?? limits.remaining ?? total) - used);
    const window = own.window ?? limits.window;
    return { windowSizeSeconds: window, remainingQueries: left, totalQueries: total,
      ...(left === 0 && total > 0 ? { waitTimeSeconds: window } : {}), lowEffortRateLimits: null, highEffortRateLimits: null };
  }
}
