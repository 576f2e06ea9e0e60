// Scripted `frames` on the socket: those of the HTTP stream say the same thing there, and events go out as they are.

/**
 * Yields the events for `options.frames`. An element is a frame of the HTTP stream (`{ result: { response } }` or `{ error }`),
 * an event of the socket (an object with `type`), or a string, which is sent as a message of its own.
 */
export function* eventsOf(options, ctx, form, { done, closing, afterwards, FINISHED }) {
  let said = '';
  let whole = false;
  let last = null;
  for (const frame of options.frames) {
    if (typeof frame === 'string') yield { order: 'message', text: frame };
    else if (typeof frame.type === 'string') yield frame;
    else if (frame.error) {
      yield { type: 'error', error: frame.error };
      return yield { order: 'hold' };
    }
    const response = frame.result?.response;
    if (!response) continue;
    if (response.modelResponse && response.modelResponse.partial !== true) last = response.modelResponse;
    whole ||= Boolean(response.modelResponse?.partial !== true && response.modelResponse) || Boolean(response.finalMetadata) || response.isSoftStop === true;
    yield* spoken(response, form);
    if (response.token && !response.isThinking) said += response.token;
  }
  if (options.frames.some((frame) => /^response\.(done|completed)$/.test(frame.type))) return yield FINISHED;
  if (last) yield* pictured(last, form);
  if (!whole) return yield { order: 'close', code: 1000 };
  yield* closing(options, ctx, said || (last?.message ?? ''));
  yield last?.error ? done(options, ctx, 'failed', 'internal_error') : done(options, ctx);
  yield FINISHED;
  yield* afterwards(options, ctx, form);
}

/** Yields a frame's words and search results. */
function* spoken(response, form) {
  if (response.webSearchResults) yield form.found(response.webSearchResults.results, response.toolUsageCardId ?? 't1');
  if (!response.token || response.messageTag === 'tool_usage_card') return;
  yield response.isThinking ? form.thought(response.token, response.messageTag === 'header' ? 'header' : 'summary') : form.text(response.token);
}

/** Yields the pictures of the answer's last complete modelResponse. */
function* pictured({ generatedImageUrls = [] }, form) {
  for (const [n, imageUrl] of generatedImageUrls.entries()) {
    const image_chunk = { imageUuid: `${n}-${imageUrl}`, imageIndex: n, progress: 100, imageUrl, moderated: false };
    yield form.chunk({ render_generated_image: { id: `g${n}`, image_chunk } });
  }
}
