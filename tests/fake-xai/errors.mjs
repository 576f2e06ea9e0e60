// The failures of api.x.ai by name. Bodies have four forms, all of which the service has: { code, error } with a sentence or a
// word as the code, { error: { message, type, code } } as OpenAI has it, and plain text where the body could not be read.
const old = (status, code, error, headers = {}) => ({ status, headers, body: { code, error } });
const openai = (status, type, code, message, headers = {}) => ({ status, headers, body: { error: { message, type, code, param: null } } });
const plain = (status, text) => ({ status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: text });

const INVALID = 'Client specified an invalid argument';
const DENIED = 'The caller does not have permission to execute the specified operation';
const EXHAUSTED = 'Some resource has been exhausted';

/** Failures that a script may ask for. A function gets { key (masked), team, model, after (seconds) }. */
export const ERRORS = {
  wrong_key: ({ key }) => old(400, INVALID, `Incorrect API key provided: ${key}. You can obtain an API key from https://console.x.ai.`),
  no_authorization: () => old(401, 'The request does not have valid authentication credentials for the operation',
    'No API key provided. Specify your API key in an Authorization: Bearer header. You can obtain an API key from https://console.x.ai.'),
  odd_authorization: () => openai(401, 'authentication_error', 'unauthenticated', 'The Authorization header must be "Bearer <API key>".'),
  blocked_key: () => old(403, DENIED, 'API key is currently blocked. Ask your team admin for permission, or contact support.'),
  disabled_key: () => old(403, DENIED, 'API key is disabled.'),
  blocked_team: ({ team }) => openai(403, 'permission_error', 'permission-denied', `Team ${team} is blocked. Contact support@x.ai.`),
  no_permission: ({ team }) => old(403, DENIED, `Team ${team} is not authorized to perform this action: the API key lacks permission for the endpoint or the model.`),
  no_credits: ({ team }) => old(429, EXHAUSTED, `Your team ${team} has either used all available credits or reached its monthly spending limit. `
    + 'To continue making API requests, please purchase more credits or raise your spending limit.'),
  rate_limited: ({ team, model, after = 7 }) => old(429, EXHAUSTED, `Too many requests for team ${team} and model ${model}. Your rate limits: see https://console.x.ai.`,
    { 'retry-after': String(after) }),
  rate_limited_bare: () => openai(429, 'rate_limit_error', 'rate_limit_exceeded', 'Too many requests.'),
  policy: () => old(403, DENIED, 'Content violates usage guidelines. Team: blocked by SAFETY_CHECK_TYPE_CONTENT.'),
  moderated: () => old(400, INVALID, 'Generated image rejected by content moderation.'),
  internal: () => old(500, 'internal', 'Internal error.'),
  internal_openai: () => openai(500, 'server_error', 'internal_error', 'The server had an error while processing your request.'),
  unavailable: () => old(503, 'The service is currently unavailable', 'The model is temporarily unavailable. Try again.'),
  overloaded: () => openai(529, 'overloaded_error', 'overloaded', 'The model is overloaded.'),
  bad_gateway: () => ({ status: 502, headers: { 'content-type': 'text/html' }, body: '<html><body>502 Bad Gateway</body></html>' }),
  gateway_timeout: () => ({ status: 504, headers: { 'content-type': 'text/html' }, body: '<html><body>504 Gateway Time-out</body></html>' }),
  encrypted: () => old(400, 'invalid-argument',
    'Could not decrypt the provided encrypted_content. Ensure the value is the unmodified encrypted_content from a previous response.'),
};

/** Failures that only the service's own checks give. */
const CHECKS = {
  invalid: ({ why }) => old(400, INVALID, `Invalid request content: ${why}`),
  unsupported: ({ why }) => old(400, 'invalid-argument', why),
  no_model: ({ model, team }) => old(404, 'Some requested entity was not found',
    `The model ${model} does not exist or your team ${team} does not have access to it. Please ensure you're using the correct model.`),
  no_response: ({ why }) => old(404, 'Some requested entity was not found', `Response with id=${why} not found.`),
  no_route: () => plain(404, 'Not Found'),
  wrong_method: () => ({ status: 405, headers: {}, body: '' }),
  retired: ({ why }) => old(410, 'gone', why),
  too_large: () => plain(413, 'Failed to buffer the request body: length limit exceeded'),
  not_json_type: () => plain(415, 'Expected request with `Content-Type: application/json`'),
  not_json: ({ why }) => plain(400, `Failed to parse the request body as JSON: ${why}`),
  ill_typed: ({ why }) => plain(422, `Failed to deserialize the JSON body into the target type: ${why}`),
};

/** Returns the failure called `name`; a bare number is that status. */
export function failure(name, facts) {
  const known = ERRORS[name] ?? CHECKS[name];
  if (known) return known(facts);
  const status = Number(name);
  if (!Number.isInteger(status) || status < 400 || status > 599) throw new Error(`the scripted xAI knows no failure called ${name}`);
  return old(status, 'scripted', `scripted status ${status}`);
}

/** Returns the failure as { code, message }, as events have it. */
export function asEvent(name, facts) {
  const { status, body } = failure(name, facts);
  const { code, error } = typeof body === 'string' ? { code: String(status), error: body } : body;
  return typeof error === 'object' ? { code: error.code, message: error.message } : { code, message: error };
}

/** A request that is refused: `name` of a failure, and why. */
export class Refused extends Error {
  constructor(name, why, facts = {}) {
    super(why ?? name);
    this.refusal = name;
    this.facts = { why, ...facts };
  }
}

export const invalid = (why) => { throw new Refused('invalid', why); };
export const illTyped = (why) => { throw new Refused('ill_typed', why); };
export const unsupported = (why) => { throw new Refused('unsupported', why); };
