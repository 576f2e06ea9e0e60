// What an answer used and what it costs: simple rules, so that tests can compute the same.
//
// Input: one token for each four characters of texts, of calls and of tools, 256 for each picture, at least 1. Output: one token for
// each piece of text that is streamed, one for each four characters of a call's arguments, and the reasoning.
// From the cache come whole blocks of 64 tokens of the items that begin a request and were a whole earlier one of the team.
import { createHash } from 'node:crypto';
import { TOOL_TICKS } from './models.mjs';

const PICTURE = 256;
const BLOCK = 64;
const quarter = (text) => Math.ceil(text.length / 4);

function partTokens(part) {
  if (typeof part === 'string') return quarter(part);
  return part.type === 'input_image' ? PICTURE : quarter(part.text ?? part.refusal ?? '');
}

/** Returns the tokens of one item of the input. */
export function itemTokens(item) {
  const parts = [item.content ?? item.output ?? []].flat();
  return parts.reduce((sum, part) => sum + partTokens(part), 0) + quarter(item.arguments ?? '') + quarter(item.name ?? '')
    + (item.summary ?? []).reduce((sum, { text }) => sum + quarter(text), 0);
}

/** Returns the tokens of a call's arguments. */
export const argumentTokens = (text) => Math.max(1, quarter(text));

/** Returns the tokens of a whole request. */
export function inputTokens({ items, tools = [], instructions = '' }) {
  const declared = tools.length > 0 ? quarter(JSON.stringify(tools)) : 0;
  return Math.max(1, items.reduce((sum, item) => sum + itemTokens(item), 0) + declared + quarter(instructions ?? ''));
}

/** Returns the cost in ticks. `searches` counts calls of the server's tools. */
export function costOf(model, { input, cached = 0, output, searches = 0 }) {
  const times = model.threshold && input >= model.threshold ? 2 : 1;
  return times * ((input - cached) * model.prompt + cached * model.cached + output * model.completion) + searches * TOOL_TICKS;
}

/** Returns `usage` as the service writes it. */
export function usageOf(model, { input, cached = 0, output, reasoning = 0, web = 0, x = 0 }, options = {}) {
  const cost = costOf(model, { input, cached, output, searches: web + x });
  return {
    input_tokens: input, input_tokens_details: { cached_tokens: cached }, output_tokens: output, output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output, num_sources_used: 0, num_server_side_tools_used: web + x, ...(options.nocost ? {} : { cost_in_usd_ticks: cost }),
    server_side_tool_usage_details: { web_search_calls: web, x_search_calls: x, code_interpreter_calls: 0, file_search_calls: 0, mcp_calls: 0, document_search_calls: 0,
      image_generation_calls: 0 },
    context_details: { input_tokens: input, output_tokens: output },
  };
}

/** Which inputs a team has sent: their beginnings are in the cache of prompts. */
export class PromptCache {
  #seen = new Map();

  /** Returns how many tokens of the request a former request of the team had at its beginning, and remembers this one. */
  hit(team, model, items) {
    const place = `${team} ${model.id}`;
    const seen = this.#seen.get(place) ?? new Set();
    this.#seen.set(place, seen);
    let [cached, tokens, prefix] = [0, 0, ''];
    for (const item of items) {
      prefix = createHash('sha256').update(prefix).update(JSON.stringify(item)).digest('hex');
      tokens += itemTokens(item);
      if (seen.has(prefix)) cached = tokens;
    }
    seen.add(prefix);
    return cached - cached % BLOCK;
  }

  reset() { this.#seen.clear(); }
}
