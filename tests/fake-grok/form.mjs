// One answer in either of the socket's two forms: chunks, or the classic text events.
export const CHANNEL = {
  answer: 'CHANNEL_ASSISTANT_RESPONSE',
  thinking: 'CHANNEL_ASSISTANT_THINKING',
  header: 'CHANNEL_ASSISTANT_NOTETAKER_HEADER',
  summary: 'CHANNEL_ASSISTANT_NOTETAKER_SUMMARY',
};

const webpage = ({ title, url, preview }) => ({ url, title, snippet: preview, site_name: new URL(url).hostname, favicon: '' });

/** Builds a turn's events. `step` and `phase` go into the metadata of every chunk. */
export class Form {
  step = 0;
  phase = 0;

  constructor(options, ctx) {
    this.options = options;
    this.ctx = ctx;
    this.classic = Boolean(options.classic) || ctx.session.use_chunk !== true;
  }

  #event(type, fields) { return { type, response_id: this.ctx.id, item_id: this.ctx.itemId, ...fields }; }

  /** The first agent leads: the answer is its own. */
  chunk(payload, fields, agent = 1 + (this.step % 3)) {
    const rollout = this.ctx.mode === 'heavy' ? { rollout_id: `Agent ${agent}` } : {};
    return this.#event('response.chunk', { chunk: { metadata: { step_id: this.step, phase_index: this.phase, ...rollout }, ...payload }, ...fields });
  }

  output(output) { return this.#event('response.grok.output', { output }); }

  /** Returns a piece of the answer. */
  text(text) {
    if (this.classic) return this.#event('response.output_text.delta', { delta: text });
    return this.chunk({ text: { text, ...(this.options.nochannel ? {} : { channel: CHANNEL.answer }) } }, {}, 1);
  }

  /** Returns a heading or a summary of the thinking. The classic form has two events for it. */
  thought(text, which) {
    if (this.classic && which === 'header') return this.#event('response.output_text.delta', { delta: text, x_grok: { is_thinking: true } });
    if (this.classic) return this.#event('response.reasoning_text.delta', { delta: text });
    return this.chunk({ text: { text, channel: this.options.thinking_channel ?? CHANNEL[which] } });
  }

  /** The marker of a phase's start; the classic form has none. */
  * marker(kind) {
    this.phase += 1;
    if (!this.classic) yield this.chunk({ phase_marker: { kind, phase_index: this.phase } });
  }

  tool(card) { return this.classic ? this.output({ tool_usage_card: card }) : this.chunk({ tool_usage_card: card }); }

  /** Returns what a search of the web found. */
  found(results, call) {
    if (this.classic) return this.#event('response.search.result', { search_result: { search_type: 'web', web_results: results.map(webpage) } });
    return this.chunk({ tool_result: { tool_call_id: call, web_search: { webpages: results.map(webpage) } } });
  }

  /** Posts of X; none are an empty object. */
  posts(posts, call) {
    const result = { tool_call_id: call, x_post: posts.length > 0 ? { posts } : {} };
    return this.classic ? this.output({ tool_result: result }) : this.chunk({ tool_result: result });
  }
}
