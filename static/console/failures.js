// Explains the error codes of logged requests: the cause, who can act, and what to do.
import { optionalTexts, texts } from './i18n.js';
import { text } from './failures.text.js';

const t = texts(text);
const known = optionalTexts(text);

/** The gateway's error codes (`src/error.rs`, `src/inference/failure.rs`), by who can act on them. */
const SIDES = {
  client: [
    'invalid_value', 'invalid_json', 'invalid_type', 'unsupported_value', 'empty_array', 'missing_required_parameter', 'missing_model',
    'model_not_found', 'context_length_exceeded', 'content_policy_violation', 'body_too_large', 'unsupported_encoding', 'client_closed_request',
    'invalid_function_parameters', 'invalid_json_schema',
  ],
  pool: ['rate_limit_exceeded', 'budget_reached', 'no_available_token', 'model_not_available'],
  grok: ['upstream_blocked', 'upstream_overloaded', 'upstream_error', 'upstream_timeout', 'tool_call_missing', 'invalid_tool_call', 'invalid_structured_output'],
};

/**
 * Explains one code. A code that this console does not know is shown as it is.
 * @param {string} code
 * @returns {{ words: string, advice: string | undefined, side: 'client' | 'pool' | 'grok' | 'gateway', sideName: string }}
 */
export function failure(code) {
  const side = Object.keys(SIDES).find((each) => SIDES[each].includes(code)) ?? 'gateway';
  return { words: known(code) ?? code, advice: known(`${code}:advice`), side, sideName: t(`side:${side}`) };
}
