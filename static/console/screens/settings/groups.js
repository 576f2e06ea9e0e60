// In which section of the screen a setting stands. The rows come from the gateway: one that is new there finds its place
// by its name, or else beside the others of its part.
const BELONGS = [
  [/_timeout$/, 'timeouts'],
  [/^global\.log_/, 'log'],
  [/^global\.(\w+_)?(cache|media)_/, 'cache'],
  [/^grok\.(x_statsig_id|cf_clearance|user_agent|chat_transport)$/, 'upstream'],
  [/^(global\.|grok\.api_key$)/, 'service'],
  [/^grok\./, 'answers'],
];

/** @returns {string} of a definition of `/api/settings/schema` */
export const idOf = ({ section, name }) => `${section}.${name}`;

export const groupOf = (definition) => BELONGS.find(([names]) => names.test(idOf(definition)))[1];

/** Sections that are forms, then those that are not. */
export const GROUPS = ['service', 'cache', 'log', 'answers', 'timeouts', 'upstream'];
export const SECTIONS = [...GROUPS, 'account', 'about'];
