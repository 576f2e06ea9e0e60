// Limits of teams: requests and tokens of each model within a window, and credits.
const OTHERWISE = { requests: 480, tokens: 4_000_000, window: 60, retry: true, credits: Infinity };
const TICKS = 10_000_000_000;

export class Limits {
  #given = new Map();
  #windows = new Map();
  #spent = new Map();
  #passed = 0;

  get now() { return Date.now() + this.#passed; }

  /** Sets limits of a team, or with '*' of all: { requests, tokens, window (seconds), retry (false: without Retry-After), credits (USD) }. */
  set(team, limits) {
    const unknown = Object.keys(limits).filter((name) => !Object.hasOwn(OTHERWISE, name));
    if (unknown.length > 0) throw new Error(`the scripted xAI knows no limit called ${unknown.join(', ')}`);
    this.#given.set(team, { ...this.#given.get(team), ...limits });
    this.#windows.clear();
  }

  /** Lets time pass for the windows. */
  turn(ms) { this.#passed += ms; }

  reset() {
    this.#given.clear();
    this.#windows.clear();
    this.#spent.clear();
    this.#passed = 0;
  }

  #of(team) { return { ...OTHERWISE, ...this.#given.get('*'), ...this.#given.get(team) }; }

  #window(team, model) {
    const place = `${team} ${model}`;
    const known = this.#windows.get(place);
    if (known && this.now < known.ends) return known;
    const fresh = { requests: 0, tokens: 0, ends: this.now + 1000 * this.#of(team).window };
    this.#windows.set(place, fresh);
    return fresh;
  }

  /** Counts a request. Returns { refusal, after } where it is one too many, and { headers } that the answer carries. */
  begin(team, model) {
    const limits = this.#of(team);
    const window = this.#window(team, model);
    const isOver = window.requests >= limits.requests || window.tokens >= limits.tokens;
    if (!isOver) window.requests += 1;
    const headers = {
      'x-ratelimit-limit-requests': String(limits.requests), 'x-ratelimit-remaining-requests': String(Math.max(0, limits.requests - window.requests)),
      'x-ratelimit-limit-tokens': String(limits.tokens), 'x-ratelimit-remaining-tokens': String(Math.max(0, limits.tokens - window.tokens)),
    };
    if (isOver) return { headers, refusal: limits.retry ? 'rate_limited' : 'rate_limited_bare', after: Math.max(1, Math.ceil((window.ends - this.now) / 1000)) };
    return this.spent(team) >= limits.credits * TICKS ? { headers, refusal: 'no_credits' } : { headers };
  }

  /** Charges a team. */
  charge(team, model, tokens, ticks) {
    this.#window(team, model).tokens += tokens;
    this.#spent.set(team, this.spent(team) + ticks);
  }

  /** Returns what a team has spent, in ticks. */
  spent(team) { return this.#spent.get(team) ?? 0; }

  /** Returns what all have spent, in ticks. */
  get total() { return [...this.#spent.values()].reduce((sum, ticks) => sum + ticks, 0); }
}
