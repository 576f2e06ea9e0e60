// What the error code of a request means: whose fault it is, in words, and what to do about it.
import { optionalTexts, texts } from './i18n.js';
import { text } from './failures.text.js';

const t = texts(text);
const known = optionalTexts(text);

/** Codes of the one gateway (`src/error.rs`, `src/openai/validate.rs`), by who can do something about them. */
const SIDES = {
  client: [
    'invalid_value', 'invalid_json', 'invalid_type', 'unsupported_value', 'empty_array', 'missing_required_parameter', 'missing_model',
    'model_not_found', 'context_length_exceeded', 'content_policy_violation', 'body_too_large', 'unsupported_encoding', 'client_closed_request',
  ],
  pool: ['rate_limit_exceeded', 'no_available_token', 'model_not_available'],
  grok: ['upstream_blocked', 'upstream_overloaded', 'upstream_error', 'upstream_timeout'],
};

/**
 * @param {string} code
 * @returns {{ words: string, advice: string | undefined, side: 'client' | 'pool' | 'grok' | 'gateway', sideName: string }}
 *   a code that a newer gateway made up stands for itself
 */
export function failure(code) {
  const side = Object.keys(SIDES).find((each) => SIDES[each].includes(code)) ?? 'gateway';
  return { words: known(code) ?? code, advice: known(`${code}:advice`), side, sideName: t(`side:${side}`) };
}
