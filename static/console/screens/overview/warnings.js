// Finds problems that the operator can solve, from data of the admin API.

/** Expired accounts below this number or share are normal and give no warning. */
const MANY_EXPIRED = { least: 3, share: 0.2 };

const sum = ({ normal, super: supers, heavy, xai }, name) => normal[name] + supers[name] + heavy[name] + xai[name];

/**
 * Returns the warnings, most severe first.
 * @param {{ stats: object, requests: object, settings: object, cache: object, keys: { total: number, hasGlobal: boolean } }} seen
 * @returns {{ id: string, kind: 'danger' | 'warn' | 'info', values?: object, to: [screen: string, query?: object] }[]} 
 *   `id` is the key of the texts
 */
export function findWarnings({ stats, requests, settings, cache }) {
  const found = [...ofTokens(stats)];
  for (const [code, id] of [['upstream_blocked', 'blocked'], ['stale_x_statsig_id', 'staleSignature']]) {
    const count = requests.errors.find((error) => error.code === code)?.count ?? 0;
    if (count > 0) found.push({ id, kind: 'warn', values: { n: count }, to: ['settings', { section: 'upstream' }] });
  }
  if (settings.unreadable.length > 0) found.push({ id: 'unreadableSettings', kind: 'warn', values: { names: settings.unreadable.join(', ') }, to: ['settings'] });
  if (!settings.hasEncryptionKey) found.push({ id: 'noEncryption', kind: 'warn', to: ['settings'] });
  if (settings.baseUrl === '' && cache.total_size_bytes > 0) found.push({ id: 'noBaseUrl', kind: 'info', to: ['settings'] });
  const order = ['danger', 'warn', 'info'];
  return found.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

function* ofTokens(stats) {
  const { total } = stats;
  const [ready, cooling, exhausted, expired, unreadable] = ['ready', 'cooldown', 'exhausted', 'expired', 'unreadable']
    .map((name) => (name === 'ready' ? readyTokens(stats) : sum(stats, name)));
  if (total > 0 && ready === 0) {
    if (cooling + exhausted === 0) yield { id: 'noneUsable', kind: 'danger', values: { n: total }, to: ['tokens'] };
    else if (cooling > 0) yield { id: 'allCooling', kind: 'danger', values: { n: cooling + exhausted }, to: ['tokens', { state: 'cooling' }] };
    else yield { id: 'allExhausted', kind: 'danger', values: { n: exhausted }, to: ['tokens', { state: 'exhausted' }] };
  }
  if (expired >= MANY_EXPIRED.least && expired / total >= MANY_EXPIRED.share) yield { id: 'manyExpired', kind: 'warn', values: { n: expired, total }, to: ['tokens', { state: 'expired' }] };
  if (unreadable > 0) yield { id: 'unreadableTokens', kind: 'danger', values: { n: unreadable }, to: ['tokens', { state: 'unreadable' }] };
}

/** Counts the accounts that can serve a request now. */
export const readyTokens = (stats) => sum(stats, 'active') + sum(stats, 'unused');

/** Returns what a new gateway lacks before a client can use it. */
export const missingFirst = ({ stats, keys }) => [stats.total === 0 && 'tokens', keys.total === 0 && !keys.hasGlobal && 'keys'].filter(Boolean);
