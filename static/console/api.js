// Calls of the admin API. The session is a cookie that scripts cannot read; writes carry the page's own `Origin`.
import { texts } from './i18n.js';
import { search } from './search.js';
import { text } from './api.text.js';

const t = texts(text);

/** A call that failed: `status` 0 when there was no answer. */
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
 * @param {string} method
 * @param {string} path below `/api`
 * @param {{ query?: Record<string, unknown>, body?: unknown, signal?: AbortSignal, staysHere?: boolean }} [options]
 *   empty query values are left out; `staysHere` leaves an ended session to the caller
 * @returns {Promise<any>} the whole answer
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
    // The page is being left: nobody needs to hear of this call.
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

/** To the sign-in page, and from there back to this place. */
export function signInAgain() {
  location.assign(`/login?next=${encodeURIComponent(location.hash)}`);
}

/** What went wrong and what to do, in the language of the console. */
export function explain(error) {
  if (!(error instanceof ApiError)) return t('unexpected', { message: error?.message ?? String(error) });
  if (error.status === 0) return t('unreachable');
  if (error.code === 'TOO_MANY_LOGINS') return t('TOO_MANY_LOGINS', { minutes: Math.max(1, Math.ceil((error.retryAfter ?? 900) / 60)) });
  if (error.code in text.en) return t(error.code);
  return error.message || t('status', { status: error.status });
}
