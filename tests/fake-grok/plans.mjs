// What an account has paid for: its subscriptions, and the modes that it may use.
import { MODES } from './account.mjs';

const DAY_MS = 86_400_000;
/** A mode's words, and the smallest plan that has it. */
const WORDS = {
  auto: { title: 'Auto', description: 'Chooses Fast or Expert', plan: 'TIER_FREE' },
  fast: { title: 'Fast', description: 'Quick responses', plan: 'TIER_FREE' },
  expert: { title: 'Expert', description: 'Thinks hard', plan: 'TIER_SUPERGROK' },
  heavy: { title: 'Heavy', description: 'Team of experts', plan: 'TIER_SUPERGROK_HEAVY' },
  build: { title: 'Build', description: 'Builds software', badgeText: 'Beta', plan: 'TIER_SUPERGROK_PLUS' },
};

/** Returns the answer of `GET /rest/subscriptions`: what has ended stays in the list, before what is active. */
export function subscriptions({ tier, formerTier, subscriptions: scripted }, now) {
  const row = (end, status, days) => ({ tier: `SUBSCRIPTION_TIER_${end}`, status: `SUBSCRIPTION_STATUS_${status}`,
    billingPeriodEnd: new Date(now + days * DAY_MS).toISOString(), activeOffer: null });
  const rows = [...(formerTier ? [row(formerTier, 'INACTIVE', -40)] : []), ...(tier ? [row(tier, 'ACTIVE', 20)] : [])];
  return { subscriptions: scripted ?? rows };
}

/** Returns the answer of `POST /rest/modes`, or null for a body without a `locale`. `allows` says which modes the account has. */
export function modes(body, allows) {
  if (typeof body !== 'object' || body === null || typeof body.locale !== 'string') return null;
  const list = MODES.map((id) => {
    const { plan: minimumSubscriptionTier, badgeText = '', ...words } = WORDS[id];
    return { id, ...words, badgeText, availability: allows(id) ? { available: {} } : { requiresUpgrade: { minimumSubscriptionTier } } };
  });
  return { modes: list, defaultModeId: 'auto' };
}
