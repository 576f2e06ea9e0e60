// One chat over `POST /v1/chat/completions`, streamed: the server-sent events read as they come, and what went wrong told apart.
import { ApiError, explain } from '../../api.js';
import { texts } from '../../i18n.js';
import { text } from './stream.text.js';

const t = texts(text);

/** A chat that failed. Besides the gateway's codes: `broken_off`, `not_a_stream`, and status 0 when there was no answer. */
export class ChatError extends ApiError {}

/**
 * @typedef {object} ChatResult
 * @property {string | null} finishReason as the answer says it, `aborted` when `signal` ended it, null after a failure
 * @property {{ prompt_tokens: number, completion_tokens: number, total_tokens: number } | null} usage with `stream_options.include_usage`
 * @property {ChatError | null} error for [`explainChat`]; text that came before it stands
 * @property {string | null} requestId
 *
 * @param {object} chat
 * @param {string} chat.key the API key
 * @param {object} chat.body the request, `stream` left out
 * @param {AbortSignal} [chat.signal]
 * @param {(delta: string, raw: string) => void} chat.onChunk called for every event and comment; `delta` is the text it brings, often empty
 * @returns {Promise<ChatResult>} never rejects for what the network or the gateway does
 */
export async function streamChat({ key, body, signal, onChunk }) {
  const result = { finishReason: null, usage: null, error: null, requestId: null };
  try {
    const response = await callV1('/chat/completions', key, { method: 'POST', signal, body: JSON.stringify({ ...body, stream: true }) });
    result.requestId = response.headers.get('x-request-id');
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw new ChatError(response.status, { code: 'not_a_stream' });
    await follow(response, result, onChunk);
  } catch (error) {
    result.finishReason = null;
    if (signal?.aborted) result.finishReason = 'aborted';
    // A body knows one error for all that happens to its connection.
    else if (error instanceof TypeError) result.error = brokenOff();
    else if (error instanceof ChatError) result.error = error;
    else throw error;
    result.requestId ??= error.requestId ?? null;
  }
  return result;
}

/**
 * A call of `/v1` with a key, and no cookie.
 * @returns {Promise<Response>} of a success
 * @throws {ChatError}
 */
export async function callV1(path, key, options = {}) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(`/v1${path}`, { ...options, credentials: 'omit', headers }).catch((error) => {
    throw error.name === 'AbortError' ? error : new ChatError(0);
  });
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  const error = failure(response.status, answer.error, Number(response.headers.get('retry-after')) || null);
  throw Object.assign(error, { requestId: response.headers.get('x-request-id') });
}

const brokenOff = () => new ChatError(200, { code: 'broken_off' });

const failure = (status, error, retryAfter = null) =>
  new ChatError(status, { message: error?.message, code: error?.code, field: error?.param }, retryAfter);

/** Reads to the end, into `result`; it has to come after `[DONE]`. */
async function follow(response, result, onChunk) {
  let whole = false;
  for await (const { data, raw } of events(response.body)) {
    whole ||= data === '[DONE]';
    const chunk = data === null || whole ? {} : parse(data);
    const choice = chunk.choices?.[0];
    onChunk(choice?.delta?.content ?? '', raw);
    if (chunk.error) throw failure(response.status, chunk.error);
    if (chunk.usage) result.usage = chunk.usage;
    if (choice?.finish_reason) result.finishReason = choice.finish_reason;
  }
  if (!whole) throw brokenOff();
}

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    throw new ChatError(200, { code: 'not_a_stream' });
  }
}

/**
 * The events of a stream as they are complete: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream.
 * An event that the end cuts off is left out, as it says there. `data` is null for a block of comments; `raw` is the block as it came.
 * @param {ReadableStream<Uint8Array>} body
 */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let block = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // A `\r` at the very end may be half of a `\r\n`.
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line !== '') {
          block.push(line);
        } else if (block.length > 0) {
          yield { data: dataOf(block), raw: block.join('\n') };
          block = [];
        }
      }
    }
  } finally {
    // Whoever stops listening early ends the request. A body that has failed has nothing left to end.
    reader.cancel().catch(() => {});
  }
}

function dataOf(lines) {
  const data = lines.filter((line) => line === 'data' || line.startsWith('data:')).map((line) => line.slice(5).replace(/^ /, ''));
  return data.length > 0 ? data.join('\n') : null;
}

/** What went wrong and what to do, in the language of the console; what the gateway said of it, which is English, is in `error.message`. @param {ChatError} error */
export function explainChat(error) {
  if (!(error instanceof ChatError) || error.status === 0 || !(error.code in text.en)) return explain(error);
  const wait = error.retryAfter === null ? '' : ` ${t('retryAfter', { minutes: Math.max(1, Math.ceil(error.retryAfter / 60)) })}`;
  return t(error.code) + wait;
}
