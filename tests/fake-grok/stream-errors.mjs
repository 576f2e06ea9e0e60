// How the socket refuses: before it opens (an HTTP answer), as a `stream_error`, or as an `error` event.
import { failureFrame } from './errors.mjs';

/** The kinds of `stream_error`: a message, and the fields that only this kind has. */
export const STREAM_ERRORS = {
  usage_limit_reached: { message: "You've reached your usage limit." },
  usage_pool_exhausted: { message: 'Your usage pool is exhausted.' },
  global_rate_limit: { message: 'Too many requests. Please slow down.' },
  concurrency_limit: { message: 'Too many responses are being generated at once.' },
  render_tool_rate_limited: { message: 'Image generation is rate limited.' },
  render_per_message_limit_exceeded: { message: 'Too many images in one message.' },
  model_not_available: { message: 'This model is not available on your plan.' },
  system_kill_switch: { message: 'This feature is switched off.', feature_name: 'chat' },
  beyond_context_length: { message: 'The conversation is too long.' },
  user_prompt_too_long: { message: 'Your prompt is too long.' },
  attachment_image_too_large: { message: 'The image is too large.', max_size_bytes: 20_971_520, file_name: 'image.png' },
  attachment_file_too_large: { message: 'The file is too large.', max_size_bytes: 50_331_648, file_name: 'file.pdf' },
  attachment_too_many_pages: { message: 'The document has too many pages.', max_pages: 500 },
  attachment_load_failed: { message: 'The attachment could not be loaded.' },
  attachment_moderated: { message: 'The attachment was moderated.' },
  content_moderated: { message: 'Content moderated.' },
  tool_call_failed: { message: 'A tool call failed.' },
  render_tool_failed: { message: 'The image could not be generated.' },
  internal_error: { message: 'An internal error occurred.' },
  request_cancelled: { message: 'The request was cancelled.' },
};

/** Failures that the service answers in place of 101. All others need a conversation. */
const AT_THE_DOOR = new Set(['dead', 'bad_credentials', 'blocked_user', 'suspended', 'anti_bot', 'challenge', 'challenge_200', 'empty_403',
  'internal', 'unavailable', 'bad_gateway', 'too_many', 'too_many_retry_after']);

export const refusesUpgrade = (name) => AT_THE_DOOR.has(name) || /^\d+$/.test(String(name));

/** Failures of errors.mjs that are a kind of `stream_error`, with the service's own words where they matter. */
const KINDS = {
  usage_limit: 'usage_limit_reached', message_limit: 'usage_limit_reached',
  heavy_usage: 'internal_error', heavy_usage_503: 'internal_error',
  moderated: 'content_moderated', model_not_found: 'model_not_available',
};

/**
 * Returns the failure `name` (of errors.mjs, or a kind of `stream_error`) as it looks inside an open socket:
 * `{ output }` for a `stream_error`, `{ error }` for an `error` event.
 */
export function inStream(name, options = {}) {
  if (STREAM_ERRORS[name]) return { output: streamError(name, options) };
  if (KINDS[name]) return { output: streamError(KINDS[name], options, failureFrame(name).error.message) };
  if (/^(challenge|challenge_200|empty_403)$/.test(name)) return { error: { code: 'anti_bot', message: 'Request rejected by anti-bot rules.' } };
  const { code, message } = failureFrame(name).error;
  return { error: { code, message } };
}

/** Builds the `output` of `response.grok.output` in the wanted form and severity. */
export function streamError(kind, { stream_error_form = 'kind', severity = 'fatal' } = {}, words) {
  const { message, ...fields } = STREAM_ERRORS[kind] ?? { message: `scripted ${kind}` };
  const common = { message: words ?? message, severity: `STREAM_ERROR_SEVERITY_${severity.toUpperCase()}`, details: { reason: kind } };
  return { stream_error: stream_error_form === 'oneof' ? { [kind]: fields, ...common } : { kind, ...fields, ...common } };
}
