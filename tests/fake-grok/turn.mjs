// The events of one turn on the socket, from its options: the same text as answer.mjs gives over HTTP.
//
// Beside events a turn yields orders to the sender: { order: 'hold' | 'close' | 'finished' | 'await-pong' | 'binary', … }.
import { THOUGHTS, SEARCH_RESULTS, answerText, caption, pieces } from './answer.mjs';
import { drawing, film } from './cards.mjs';
import { CHANNEL, Form } from './form.mjs';
import { eventsOf } from './frames-to-events.mjs';
import { question, uuid } from './options.mjs';
import { inStream, streamError } from './stream-errors.mjs';

export const HOLD = { order: 'hold' };
/** From here on the answer is complete: what follows belongs to no answer. */
export const FINISHED = { order: 'finished' };

const POSTS = [
  { userhandle: 'redwoods', name: 'Redwoods', text: 'The tallest one is kept secret.', post_id: '1790000000000000001' },
  { userhandle: 'arborist', name: 'An arborist', text: '115.9 m, measured by hand.', post_id: '1790000000000000002' },
];

function* opening(ctx) {
  yield { type: 'conversation.queue.updated', queue: [] };
  yield { type: 'conversation.item.added', item: { id: ctx.userItemId, object: 'realtime.item', type: 'message', role: 'user', status: 'completed',
    x_grok: { client_message_id: ctx.clientMessageId } } };
}

const created = (ctx) => ({ type: 'response.created', response: { id: ctx.id, status: 'in_progress', output_modalities: ['text'],
  x_grok: { created_at: ctx.time, model: ctx.mode } } });

/** Returns the end of the response itself. */
export function done(options, ctx, status = 'completed', reason) {
  const details = reason ? { status_details: { reason } } : {};
  return { type: options.alias_done ? 'response.completed' : 'response.done', response: { id: ctx.id, status: options.done_status ?? status, ...details, usage: {} } };
}

/** Ends the turn with the failure `name`. After an `error` event the service says nothing more. */
function* fail(name, options, ctx, form) {
  const { error, output } = inStream(name, options);
  if (error) {
    yield { type: 'error', error };
    return yield HOLD;
  }
  yield form.output(output);
  yield done(options, ctx, 'incomplete', 'stream_error');
  yield FINISHED;
}

/** Failures that options ask for, at the start or after `late_after` pieces of text. Returns true when the turn has ended. */
function* scriptedFailure(options, ctx, form) {
  if (options.error_event) {
    const error = typeof options.error_event === 'object' ? options.error_event : { code: coded(options.error_event), message: 'scripted error' };
    yield { type: options.response_error ? 'response.error' : 'error', error };
    yield HOLD;
    return true;
  }
  if (options.bare_error) {
    yield { order: 'bare', value: { error: typeof options.bare_error === 'object' ? options.bare_error : { code: 13, message: 'internal error' } } };
    yield HOLD;
    return true;
  }
  if (options.stream_error) {
    yield form.output(streamError(options.stream_error, options));
    // A normal one is a remark: the answer goes on.
    if (options.severity === 'normal') return false;
    yield done(options, ctx, 'incomplete', 'stream_error');
    yield FINISHED;
    return true;
  }
  if (!options.inband) return false;
  yield* fail(options.inband, options, ctx, form);
  return true;
}

const coded = (value) => (value === true ? 13 : /^\d+$/.test(value) ? Number(value) : value);

function* thinking(options, ctx, form) {
  yield form.thought(THOUGHTS.header, 'header');
  yield* form.marker('KIND_THINKING_START');
  yield form.thought(THOUGHTS.first, 'summary');
  if (options.search) {
    form.step = 1;
    yield form.tool({ tool_usage_card_id: 't1', intent: 'Look it up', web_search: { args: { query: 'tallest tree' } } });
    yield form.found(SEARCH_RESULTS, 't1');
  }
  if (options.x_posts !== undefined) {
    yield form.tool({ tool_usage_card_id: 't2', x_search: { args: { query: 'tallest tree' } } });
    yield form.posts(POSTS.slice(0, Number(options.x_posts)), 't2');
  }
  if (options.progress_report) {
    for (const percentage of [10, 60]) {
      yield form.chunk({ progress_report: { category: 'RESEARCH', state: 'RUNNING', message: `Read ${percentage / 10} pages`, percentage } });
    }
  }
  form.step = 2;
  yield form.thought(THOUGHTS.last, 'summary');
  yield* form.marker('KIND_RESPONSE_START');
}

/** Inline citations: each search result once, and the first one again at once. */
function* citations(form) {
  const cite = ({ url }, n) => form.chunk({ render_citation: { id: `c${n}`, kind: 'CITATION_KIND_WEB_PAGE', url, citation_id: n } });
  yield cite(SEARCH_RESULTS[0], 0);
  yield cite(SEARCH_RESULTS[0], 0);
  yield cite(SEARCH_RESULTS[1], 1);
}

/** Yields the streamed text. Returns true when a failure of `late_after` has ended the turn. */
function* text(options, ctx, form, said) {
  if (options.think) yield* thinking(options, ctx, form);
  const tokens = pieces(options, said);
  for (const [n, token] of tokens.entries()) {
    if (options.late_after && n === options.late_after && (yield* scriptedFailure(options, ctx, form))) return true;
    yield form.text(token);
    if (options.cite && !form.classic && n === Math.max(0, tokens.length - 2)) yield* citations(form);
  }
  if (options.late_thinking) yield form.thought(THOUGHTS.late, 'summary');
  return false;
}

/** Things that a client may show or leave out, but that must not break it. */
function* extras(options, ctx, form) {
  if (options.searched_image) {
    yield form.chunk({ render_searched_image: { id: 's1', size: 'LARGE', image: { thumbnail: 'https://example.org/tree-small.jpg', source: 'example.org',
      title: 'A tree', link: 'https://example.org/tree', original: 'https://example.org/tree.jpg' } } });
  }
  if (options.file_preview) {
    yield form.chunk({ render_file_preview: { file_name: 'trees.csv', url: `users/${ctx.userId}/${uuid(`file-${ctx.id}`)}/content`, mime_type: 'text/csv' } });
  }
  if (options.unknown) {
    yield { type: 'conversation.something.new', text: 'not part of the answer', delta: 'not part of the answer' };
    yield form.chunk({ render_something_new: { id: 'n1', text: 'not part of the answer' } });
    yield { type: 'response.grok.output', response_id: ctx.id, output: { something_new: { text: 'not part of the answer' } } };
  }
  if (options.binary) yield { order: 'binary', bytes: Buffer.from([0, 1, 2, 255]) };
  if (options.ping || options.ws_ping) yield { order: 'await-pong', level: options.ws_ping ? 'frame' : 'event' };
}

/** Yields what comes after the end: none of it belongs to the answer. */
function* afterwards(options, ctx, form) {
  if (options.noafter) return;
  form.step += 1;
  if (!form.classic) yield form.chunk({ text: { text: 'Finishing', channel: CHANNEL.header } }, { response_id: '' });
  if (options.afterword) yield form.text(String(options.afterword));
  if (!form.classic && ctx.session.disable_text_follow_ups !== true) {
    yield form.chunk({ follow_up_suggestions: { suggestions: [{ label: 'How old is it?', properties: { message_type: 'STANDARD', follow_up_type: 'DEFAULT' },
      tool_overrides: {} }] } });
  }
  yield { type: 'response.persisted', response_id: ctx.id, status: 'ok' };
  yield { type: 'conversation.title.updated', title: question(ctx.message).slice(0, 40) || 'A conversation' };
}

const part = (ctx, type, fields) => ({ type, response_id: ctx.id, item_id: ctx.itemId, output_index: 0, ...fields });

function* closing(options, ctx, said) {
  if (options.noend) return;
  yield part(ctx, 'response.output_text.done', { content_index: 0, text: options.nomessage ? '' : said });
  yield part(ctx, 'response.content_part.done', { content_index: 0, part: { type: 'text', text: options.nomessage ? '' : said } });
  yield part(ctx, 'response.output_item.done', { item: { id: ctx.itemId, type: 'message', role: 'assistant', status: 'completed' } });
}

/** Returns the mode's refusal, for an account that does not have it. */
function* unavailable(options, ctx, form) {
  yield form.output(streamError('model_not_available', options));
  yield done(options, ctx, 'incomplete', 'stream_error');
  yield FINISHED;
}

/** Yields every event of the turn in order. */
export function* turnEvents(options, ctx) {
  const form = new Form(options, ctx);
  if (options.nothing) return yield { order: 'close', code: 1000 };
  if (typeof options.raw === 'string' || Buffer.isBuffer(options.raw)) return yield { order: 'raw', text: String(options.raw) };
  if (options.inband && !options.late_after && inStream(options.inband).error) return yield* fail(options.inband, options, ctx, form);
  yield* opening(ctx);
  if (options.error && inStream(options.error).error) return yield* fail(options.error, options, ctx, form);
  yield created(ctx);
  if (options.empty) return yield { order: 'close', code: 1000 };
  if (!ctx.allowed) return yield* unavailable(options, ctx, form);
  const early = options.error ?? options.inband_echo ?? (options.moderated ? 'moderated' : undefined);
  if (early) return yield* fail(early, options, ctx, form);
  if (!options.late_after && (yield* scriptedFailure(options, ctx, form))) return;
  yield { order: 'begun' };
  if (Array.isArray(options.frames)) return yield* eventsOf(options, ctx, form, { done, closing, afterwards, FINISHED });
  yield* answer(options, ctx, form);
}

function* answer(options, ctx, form) {
  yield part(ctx, 'response.output_item.added', { item: { id: ctx.itemId, type: 'message', role: 'assistant', status: 'in_progress' } });
  yield part(ctx, 'response.content_part.added', { content_index: 0, part: { type: 'text', text: '' } });
  const rollouts = ctx.mode === 'heavy' ? { rollout_ids: ['Agent 1', 'Agent 2', 'Agent 3'] } : {};
  if (!form.classic) yield form.chunk({ ui_layout: { reasoning_ui_layout: 'UNIFIED', will_think_long: false, effort: 'LOW', steer_model_id: 'grok-4', ...rollouts } });
  let said = '';
  if (options.video) yield* film(options, ctx, form);
  else if (options.picture) {
    said = caption(options, ctx.message);
    yield* drawing(options, ctx, form, said);
  } else {
    said = answerText(options, ctx.message, ctx.files);
    if (!options.onlymodel && (yield* text(options, ctx, form, said))) return;
  }
  yield* extras(options, ctx, form);
  if (options.late) return yield* fail(options.late, options, ctx, form);
  yield* closing(options, ctx, said);
  if (options.nodone) return yield { order: 'close', code: 1000 };
  yield options.model_error ? done(options, ctx, 'failed', 'internal_error') : done(options, ctx);
  yield FINISHED;
  yield* afterwards(options, ctx, form);
}
