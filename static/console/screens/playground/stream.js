// Streams one chat over `POST /v1/chat/completions`: reads the server-sent events and classifies errors.
import { ApiError, explain } from '../../api.js';
import { texts } from '../../i18n.js';
import { text } from './stream.text.js';

const t = texts(text);

/** A failed chat. Codes are the gateway's, `broken_off` and `not_a_stream`; status 0 means no response. */
export class ChatError extends ApiError {}

/**
 * Sends a chat and reads its stream.
 * @typedef {object} ChatResult
 * @property {string | null} finishReason of the answer, `aborted` if `signal` ended it, null after an error
 * @property {{ prompt_tokens: number, completion_tokens: number, total_tokens: number } | null} usage with `stream_options.include_usage`
 * @property {ChatError | null} error for [`explainChat`]; text received before it stays valid
 * @property {string | null} requestId
 *
 * @param {object} chat
 * @param {string} chat.key the API key
 * @param {object} chat.body the request without `stream`
 * @param {AbortSignal} [chat.signal]
 * @param {(delta: object, raw: string) => void} chat.onChunk called for every event and comment; `delta` is what it adds to the message, often nothing
 * @returns {Promise<ChatResult>} never rejects for an error of the network or the gateway
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
    // A broken connection rejects with a TypeError, before and after the headers.
    else if (error instanceof TypeError) result.error = brokenOff();
    else if (error instanceof ChatError) result.error = error;
    else throw error;
    result.requestId ??= error.requestId ?? null;
  }
  return result;
}

/**
 * Calls `/v1` with a key and without cookies.
 * @returns {Promise<Response>} a successful response
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

/** Reads the stream into `result`. Throws if it ends before `[DONE]`. */
async function follow(response, result, onChunk) {
  let whole = false;
  for await (const { data, raw } of events(response.body)) {
    whole ||= data === '[DONE]';
    const chunk = data === null || whole ? {} : parse(data);
    const choice = chunk.choices?.[0];
    onChunk(choice?.delta ?? {}, raw);
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
 * Yields the complete events of a stream: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream.
 * An incomplete event at the end is dropped, as the specification says. `data` is null for a block of comments; `raw` is the
 * block as received.
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
      // A `\r` at the end may be the first half of a `\r\n`.
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
    // A caller that stops early ends the request. Cancelling a failed body rejects, which is expected.
    reader.cancel().catch(() => {});
  }
}

function dataOf(lines) {
  const data = lines.filter((line) => line === 'data' || line.startsWith('data:')).map((line) => line.slice(5).replace(/^ /, ''));
  return data.length > 0 ? data.join('\n') : null;
}

/** Returns what went wrong and what to do, in the console's language; `error.message` has the gateway's English message. @param {ChatError} error */
export function explainChat(error) {
  if (!(error instanceof ChatError) || error.status === 0 || !(error.code in text.en)) return explain(error);
  const wait = error.retryAfter === null ? '' : ` ${t('retryAfter', { minutes: Math.max(1, Math.ceil(error.retryAfter / 60)) })}`;
  return t(error.code) + wait;
}
