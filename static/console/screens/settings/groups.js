// Assigns settings to sections of the screen, by name. A setting that is new in the gateway matches a pattern or falls into
// the last section of its part.
const BELONGS = [
  [/^(grok\.(read_accounts|xai_\w+)|global\.(error_skip_requests|(rate_limit|used_up)_cooldown_minutes))$/, 'accounts'],
  [/_timeout$/, 'timeouts'],
  [/^global\.log_/, 'log'],
  [/^global\.((\w+_)?(cache|media)_|keep_prompts$)/, 'cache'],
  [/^grok\.(x_statsig_id|cf_clearance|user_agent|chat_transport)$/, 'upstream'],
  [/^(global\.|grok\.api_key$)/, 'service'],
  [/^grok\./, 'answers'],
];

/** Returns `section.name` of a definition of `/api/settings/schema`. @returns {string} */
export const idOf = ({ section, name }) => `${section}.${name}`;

export const groupOf = (definition) => BELONGS.find(([names]) => names.test(idOf(definition)))[1];

/** Sections with forms; `SECTIONS` adds those without. */
export const GROUPS = ['service', 'cache', 'log', 'answers', 'timeouts', 'accounts', 'upstream'];
export const SECTIONS = [...GROUPS, 'account', 'about'];
