// What one account may still do: rate limits in both shapes, falling with every conversation that was answered.
import { tokenName, tokenOptions } from './options.mjs';

const HEAVY = 'grok-4-heavy';
const KINDS = {
  basic: { total: 80, window: 72_000, heavy: 0 },
  super: { total: 140, window: 7_200, heavy: 20 },
};

export class Accounts {
  #used = new Map();
  /** Overrides by token value or token name: { remaining, heavy, total, window, shape: 'A' | 'B', error, body, kind, hang }. */
  overrides = new Map();

  limitsOf(token) {
    const scripted = this.overrides.get(token) ?? this.overrides.get(tokenName(token)) ?? {};
    const own = { ...tokenOptions(token).limits, ...scripted };
    return { ...KINDS[own.kind ?? 'basic'], ...own };
  }

  /** A finished conversation spends one unit, four in expert mode. */
  spend(token, body) {
    const used = this.#used.get(token) ?? { normal: 0, heavy: 0 };
    if (body?.modelName === HEAVY) used.heavy += 1;
    else used.normal += /EXPERT/.test(body?.modelMode ?? '') ? 4 : 1;
    this.#used.set(token, used);
  }

  reset() {
    this.#used.clear();
    this.overrides.clear();
  }

  /** The body of an answer of E3. */
  answer(token, body) {
    const limits = this.limitsOf(token);
    if (limits.body) return limits.body;
    const used = this.#used.get(token) ?? { normal: 0, heavy: 0 };
    const heavy = body?.modelName === HEAVY || body?.modelName === 'heavy';
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
}
