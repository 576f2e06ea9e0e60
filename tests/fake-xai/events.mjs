// The events of one answer in the order of the Responses API, and the response that they amount to.
import { pieces } from '../fake-grok/answer.mjs';
import { uuid } from '../fake-grok/options.mjs';
import { asEvent } from './errors.mjs';
import { seal } from './reasoning.mjs';
import { argumentTokens, usageOf } from './usage.mjs';

const wordsOf = (text) => pieces({}, text);

/** Cuts a text into pieces of `size` characters, or leaves it whole: the service sends the arguments of a call in one piece. */
const sliced = (text, size) => (size > 0 ? Array.from({ length: Math.ceil(text.length / size) }, (_, n) => text.slice(n * size, (n + 1) * size)) : [text]);

export class Answer {
  output = [];
  spent = { output: 0, reasoning: 0, web: 0, x: 0 };
  /** Why the answer is incomplete. */
  reason = null;
  #calls = 0;

  constructor({ body, model, options, plan, team, input, cached, id, at, facts }) {
    Object.assign(this, { body, model, options, plan, team, input, cached, id, at, facts });
    this.left = body.max_output_tokens ?? Infinity;
  }

  /** Returns the response as it is now. */
  response(status, more = {}) {
    const { body } = this;
    const ended = status !== 'in_progress';
    return {
      created_at: Math.floor(this.at / 1000), completed_at: ended ? Math.floor(Date.now() / 1000) : null, id: this.id, max_output_tokens: body.max_output_tokens ?? null, model: this.model.id,
      object: 'response', output: ended ? this.output : [], parallel_tool_calls: body.parallel_tool_calls ?? true, previous_response_id: null,
      reasoning: { effort: body.reasoning?.effort ?? null, summary: body.reasoning?.summary ?? null }, temperature: body.temperature ?? null,
      text: body.text?.format ? body.text : { format: { type: 'text' } }, tool_choice: body.tool_choice ?? 'auto', tools: body.tools ?? [], top_p: body.top_p ?? null,
      usage: ended && !this.options.nousage ? this.usage() : null, user: body.user ?? null, incomplete_details: this.reason ? { reason: this.reason } : null, status,
      store: body.store ?? true, metadata: { system_fingerprint: `fp_${this.model.id.replace(/\W/g, '')}` }, background: false, service_tier: 'default', truncation: 'disabled', top_logprobs: 0,
      presence_penalty: 0, frequency_penalty: 0, prompt_cache_key: body.prompt_cache_key ?? null, max_tool_calls: null, safety_identifier: null, error: null, instructions: body.instructions ?? null,
      ...(ended && this.plan.citations.length > 0 ? { citations: this.plan.citations } : {}), ...more,
    };
  }

  usage() { return usageOf(this.model, { input: this.input, cached: this.cached, ...this.spent }, this.options); }

  /** Takes one token or more of what may be written. Returns false when none is left. */
  #take(tokens, isReasoning = false) {
    if (this.left < tokens) {
      this.reason = 'max_output_tokens';
      return false;
    }
    this.left -= tokens;
    this.spent.output += tokens;
    if (isReasoning) this.spent.reasoning += tokens;
    return true;
  }

  * #item(item, parts) {
    const index = this.output.length;
    this.output.push(item);
    const done = yield* parts(index);
    const ended = { ...item, ...done };
    this.output[index] = ended;
    if (!this.options.noend) yield { type: 'response.output_item.done', item: ended, output_index: index };
  }

  * #thinking() {
    const item = { id: `rs_${this.id}`, summary: [], type: 'reasoning', status: 'in_progress' };
    const raw = Boolean(this.options.raw_reasoning);
    const place = (output_index) => ({ item_id: item.id, output_index, [raw ? 'content_index' : 'summary_index']: 0 });
    const [part, delta] = raw ? ['reasoning_part', 'reasoning_text'] : ['reasoning_summary_part', 'reasoning_summary_text'];
    const kind = raw ? 'reasoning_text' : 'summary_text';
    yield* this.#item(item, function* parts(index) {
      yield { type: 'response.output_item.added', item, output_index: index };
      if (!raw) yield { type: `response.${part}.added`, ...place(index), part: { text: '', type: kind } };
      let text = '';
      for (const word of wordsOf(this.plan.thoughts)) {
        if (!this.#take(1, true)) break;
        text += word;
        yield { type: `response.${delta}.delta`, delta: word, ...place(index) };
      }
      yield { type: `response.${delta}.done`, ...place(index), text };
      if (!raw) yield { type: `response.${part}.done`, ...place(index), part: { text, type: kind } };
      const sealed = this.body.include?.includes('reasoning.encrypted_content') ? { encrypted_content: seal(this.team, this.plan.thoughts) } : {};
      return { ...(raw ? { content: [{ text, type: kind }] } : { summary: [{ text, type: kind }] }), status: this.reason ? 'incomplete' : 'completed', ...sealed };
    }.bind(this));
  }

  * #searching({ type, query, found }) {
    const isWeb = type === 'web_search';
    this.spent[isWeb ? 'web' : 'x'] += 1;
    const n = this.#calls++;
    if (isWeb) {
      const sources = this.body.include?.includes('web_search_call.action.sources') ? { sources: found.map(({ url }) => ({ type: 'url', url })) } : {};
      const item = { type: 'web_search_call', id: `ws_${this.id}_call_${n}`, status: 'in_progress', action: { type: 'search', query, ...sources } };
      yield* this.#item(item, function* parts(output_index) {
        yield { type: 'response.output_item.added', item, output_index };
        for (const step of ['in_progress', 'searching', 'completed']) yield { type: `response.web_search_call.${step}`, item_id: item.id, output_index };
        return { status: 'completed' };
      });
      return;
    }
    const input = JSON.stringify({ query, limit: '10' });
    const item = { type: 'custom_tool_call', id: `ctc_${this.id}_call_${n}`, call_id: `xs_call_${this.id}_${n}`, name: 'x_keyword_search', input: '', status: 'in_progress' };
    yield* this.#item(item, function* parts(output_index) {
      yield { type: 'response.output_item.added', item, output_index };
      yield { type: 'response.custom_tool_call_input.delta', item_id: item.id, output_index, delta: input };
      yield { type: 'response.custom_tool_call_input.done', item_id: item.id, output_index, input };
      return { input, status: 'completed' };
    });
  }

  * #calling({ name, input }, n) {
    const tokens = argumentTokens(input);
    if (!this.#take(tokens)) return;
    const item = { type: 'function_call', id: `fc_${this.id}_${n}`, call_id: `call-${uuid(`call ${n} of ${this.id}`)}-${n}`, name, arguments: '', status: 'in_progress' };
    const { arguments_by: size } = this.options;
    yield* this.#item(item, function* parts(output_index) {
      yield { type: 'response.output_item.added', item, output_index };
      for (const delta of sliced(input, size)) yield { type: 'response.function_call_arguments.delta', item_id: item.id, output_index, delta };
      yield { type: 'response.function_call_arguments.done', item_id: item.id, output_index, name, arguments: input };
      return { arguments: input, status: 'completed' };
    });
  }

  /** Yields a message of these pieces; `kind` is `output_text` or `refusal`. */
  * #message(words, kind, annotations = []) {
    const item = { content: [], id: `msg_${this.id}`, role: 'assistant', type: 'message', status: 'in_progress' };
    const isText = kind === 'output_text';
    const partOf = (text, marks) => (isText ? { type: kind, text, logprobs: [], annotations: marks } : { type: kind, refusal: text });
    yield* this.#item(item, function* parts(output_index) {
      const place = { item_id: item.id, output_index, content_index: 0 };
      yield { type: 'response.output_item.added', item, output_index };
      yield { type: 'response.content_part.added', ...place, part: partOf('', []) };
      let text = '';
      for (const [n, word] of words.entries()) {
        if (this.options.late_after > 0 && n === this.options.late_after) yield { failure: this.#late() };
        if (!this.#take(1)) break;
        text += word;
        yield { type: `response.${kind}.delta`, ...place, delta: word, ...(isText ? { logprobs: [] } : {}) };
      }
      const marks = this.reason ? [] : annotations;
      for (const [annotation_index, annotation] of marks.entries()) yield { type: 'response.output_text.annotation.added', ...place, annotation_index, annotation };
      yield { type: `response.${kind}.done`, ...place, ...(isText ? { text, logprobs: [] } : { refusal: text }) };
      yield { type: 'response.content_part.done', ...place, part: partOf(text, marks) };
      return { content: [partOf(text, marks)], status: this.reason ? 'incomplete' : 'completed' };
    }.bind(this));
  }

  #late() {
    const { late, failed } = this.options;
    return late ?? (typeof failed === 'string' ? failed : 'internal');
  }

  * #items() {
    const { plan } = this;
    if (plan.thoughts) yield* this.#thinking();
    for (const search of plan.searches) if (!this.reason) yield* this.#searching(search);
    if (this.reason) return;
    if (plan.refusal) return yield* this.#message(wordsOf(plan.refusal), 'refusal');
    if (plan.preface) yield* this.#message(wordsOf(plan.preface), 'output_text');
    for (const [n, call] of plan.calls.entries()) if (!this.reason) yield* this.#calling(call, n);
    if (plan.calls.length === 0) yield* this.#message(plan.pieces, 'output_text', plan.annotations);
  }

  /** Ends with a failure: an `error` event, or with `failed` a response that failed. */
  * #fail(name) {
    const { code, message } = asEvent(name, this.facts);
    if (this.options.failed) yield { type: 'response.failed', response: this.response('failed', { error: { code, message } }) };
    else yield { type: 'error', code, message, param: null };
  }

  /** Yields every event in order. */
  * events() {
    const { options } = this;
    if (options.inband) return yield* this.#fail(options.inband);
    yield { type: 'response.created', response: this.response('in_progress') };
    yield { type: 'response.in_progress', response: this.response('in_progress') };
    if (options.empty) return;
    for (const event of this.#items()) {
      if (event.failure) return yield* this.#fail(event.failure);
      yield event;
      if (options.unknown) yield { type: 'response.something.new', item_id: 'new_1', delta: 'not part of the answer', text: 'not part of the answer' };
    }
    if (!(options.late_after > 0) && (options.late || options.failed)) return yield* this.#fail(this.#late());
    if (options.incomplete) this.reason ??= options.incomplete;
    if (options.nodone) return;
    const status = this.reason ? 'incomplete' : 'completed';
    yield { type: `response.${status}`, response: this.response(status) };
  }
}
