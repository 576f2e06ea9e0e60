// What users have spent, by user and mode. A window begins with its first answer and ends by a clock that tests can turn; then the
// whole quota is back.

export class Windows {
  #windows = new Map();
  #ahead = 0;

  /** The time of the quotas, in milliseconds. */
  get now() { return Date.now() + this.#ahead; }

  /** Moves the clock of the quotas on by milliseconds. */
  turn(ms) {
    if (!(Number.isFinite(ms) && ms >= 0)) throw new Error(`the clock of the quotas cannot be turned by ${ms} ms`);
    this.#ahead += ms;
  }

  #window(user, mode) {
    const key = `${user} ${mode}`;
    if (!this.#windows.has(key)) this.#windows.set(key, { used: 0, running: 0, since: null, isFirst: true });
    return this.#windows.get(key);
  }

  /**
   * Returns a window with what is `left` in it and, if that is nothing, the seconds until its end (`wait`). A quota is { total,
   * remaining, seconds, scriptedAt }; `remaining` is what the first window begins with, at `scriptedAt` or now.
   */
  of(user, mode, { total, remaining = total, seconds, scriptedAt }) {
    const window = this.#window(user, mode);
    const { now } = this;
    if (window.since === null && window.isFirst && remaining < total) window.since = scriptedAt ?? now;
    if (window.since !== null && now >= window.since + seconds * 1_000) Object.assign(window, { used: 0, since: null, isFirst: false });
    const left = Math.max(0, (window.isFirst ? Math.min(total, remaining) : total) - window.used);
    const wait = left === 0 && total > 0 ? Math.ceil((window.since + seconds * 1_000 - now) / 1_000) : undefined;
    return { window, left, wait };
  }

  spend(user, mode, quota, units) {
    const { window } = this.of(user, mode, quota);
    window.used += units;
    window.since ??= this.now;
  }

  /** Forgets what these users have spent. */
  forget(users) {
    for (const key of [...this.#windows.keys()]) if (users.includes(key.slice(0, key.indexOf(' ')))) this.#windows.delete(key);
  }

  forgetAll() { this.#windows.clear(); }

  reset() {
    this.forgetAll();
    this.#ahead = 0;
  }
}
