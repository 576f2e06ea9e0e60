// Calls the admin API. The session is an HttpOnly cookie; the browser adds the page's `Origin` to writes.
import { texts } from './i18n.js';
import { search } from './search.js';
import { text } from './api.text.js';

const t = texts(text);

/** A failed call. `status` is the HTTP status, or 0 without a response; `retryAfter` is in seconds. */
export class ApiError extends Error {
  constructor(status, { message, code, field } = {}, retryAfter = null) {
    super(message ?? '');
    this.status = status;
    this.code = code ?? '';
    this.field = field ?? null;
    this.retryAfter = retryAfter;
  }
}

/**
 * Sends one request to the admin API. An ended session leads to the sign-in page, and the promise stays pending.
 * @param {string} method
 * @param {string} path below `/api`
 * @param {{ query?: Record<string, unknown>, body?: unknown, signal?: AbortSignal, staysHere?: boolean }} [options]
 *   empty query values are left out; with `staysHere` an ended session rejects like any other error
 * @returns {Promise<any>} the parsed body
 * @throws {ApiError}
 */
export async function call(method, path, { query = {}, body, signal, staysHere = false } = {}) {
  const response = await send(`/api${path}${search(query)}`, { method, signal, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) });
  const answer = await response.json().catch((error) => {
    if (signal?.aborted) throw error;
    return {};
  });
  if (response.ok && answer.success === true) return answer;
  if (!staysHere && endsSession(response.status, answer.code)) {
    signInAgain();
    // The page is about to unload: leave the call pending, so that the caller shows no error.
    return new Promise(() => {});
  }
  throw Object.assign(new ApiError(response.status, answer, Number(response.headers.get('retry-after')) || null), { data: answer.data });
}

export const get = (path, query, options) => call('GET', path, { query, ...options });
export const post = (path, body = {}, options) => call('POST', path, { body, ...options });

async function send(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0);
  }
}

const endsSession = (status, code) => (status === 401 && code !== 'BAD_CREDENTIALS') || code === 'PASSWORD_CHANGE_REQUIRED';

/** Opens the sign-in page, which returns here afterwards. */
export function signInAgain() {
  location.assign(`/login?next=${encodeURIComponent(location.hash)}`);
}

/** Returns what went wrong and what to do, in the console's language. */
export function explain(error) {
  if (!(error instanceof ApiError)) return t('unexpected', { message: error?.message ?? String(error) });
  if (error.status === 0) return t('unreachable');
  if (error.code === 'TOO_MANY_LOGINS') return t('TOO_MANY_LOGINS', { minutes: Math.max(1, Math.ceil((error.retryAfter ?? 900) / 60)) });
  if (error.code in text.en) return t(error.code);
  return error.message || t('status', { status: error.status });
}
