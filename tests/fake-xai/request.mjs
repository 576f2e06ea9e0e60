// The body of POST /responses: its members and what they may have together.
import { Refused, illTyped, invalid, unsupported } from './errors.mjs';
import { readInput } from './input.mjs';
import { languageModel } from './models.mjs';
import { checkSchema } from './schemas.mjs';
import { flag, isObject, list, map, maybe, nothingElse, number, object, oneOf, text, whole } from './shapes.mjs';

const MOST_TOOLS = 128;
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const INCLUDES = ['reasoning.encrypted_content', 'web_search_call.action.sources', 'x_search_call.action.sources', 'no_inline_citations'];
const domains = list(text, 1, 5);
const handles = list(text, 1, 10);
const day = (value, path) => { if (!/^\d{4}-\d\d-\d\d$/.test(text(value, path))) invalid(`${path} must be a date such as 2026-11-03`); };
const isAny = () => {};

const TOOLS = {
  function: object({ 'type!': text, 'name!': text, description: maybe(text), parameters: maybe(checkSchema), strict: maybe(flag) }),
  web_search: object({ 'type!': text, filters: object({ allowed_domains: domains, excluded_domains: domains }), allowed_domains: domains, excluded_domains: domains,
    enable_image_understanding: flag }),
  x_search: object({ 'type!': text, allowed_x_handles: handles, excluded_x_handles: handles, from_date: day, to_date: day, enable_image_understanding: flag,
    enable_video_understanding: flag }),
};

function tool(value, path) {
  map(value, path);
  if (!Object.hasOwn(TOOLS, value.type)) illTyped(`${path}: unknown variant \`${value.type}\`, expected one of ${Object.keys(TOOLS).join(', ')}`);
  TOOLS[value.type](value, path);
  if (value.type === 'function' && !NAME.test(value.name)) invalid(`${path}.name must match ${NAME.source}, not ${JSON.stringify(value.name)}`);
  const { allowed_domains: allowed, excluded_domains: excluded } = { ...value, ...value.filters };
  if (allowed && excluded) invalid(`${path} takes allowed_domains or excluded_domains, not both`);
  if (value.allowed_x_handles && value.excluded_x_handles) invalid(`${path} takes allowed_x_handles or excluded_x_handles, not both`);
}

const FORMATS = {
  text: object({ 'type!': text }),
  json_object: object({ 'type!': text }),
  json_schema: object({ 'type!': text, 'name!': text, 'schema!': checkSchema, strict: maybe(flag), description: text }),
};

function format(value, path) {
  map(value, path);
  if (!Object.hasOwn(FORMATS, value.type)) illTyped(`${path}: unknown variant \`${value.type}\`, expected one of ${Object.keys(FORMATS).join(', ')}`);
  FORMATS[value.type](value, path);
  if (value.type === 'json_schema' && !NAME.test(value.name)) invalid(`${path}.name must match ${NAME.source}`);
}

const MEMBERS = object({
  'model!': text, 'input!': isAny, instructions: maybe(text), stream: flag, store: flag, include: maybe(list(oneOf(...INCLUDES))), tools: maybe(list(tool, 0, MOST_TOOLS)),
  tool_choice: isAny, parallel_tool_calls: flag, text: object({ format }), reasoning: maybe(object({ effort: maybe(oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh')),
    summary: maybe(oneOf('auto', 'concise', 'detailed')) })), max_output_tokens: maybe(whole(1, 1_000_000)), temperature: maybe(number(0, 2)), top_p: maybe(number(0, 1)),
  previous_response_id: maybe(text), prompt_cache_key: maybe(text), user: maybe(text), safety_identifier: maybe(text), metadata: maybe(map), service_tier: oneOf('auto', 'default'),
  truncation: oneOf('disabled', 'auto'), background: nothingElse(false), logprobs: maybe(flag), top_logprobs: whole(0, 8), max_turns: maybe(whole(1, 1000)), max_tool_calls: maybe(whole(1, 128)),
  search_parameters: isAny, presence_penalty: number(-2, 2), frequency_penalty: number(-2, 2), stop: isAny, presencePenalty: isAny, frequencyPenalty: isAny,
});

/** What reasoning models refuse, by the names under which the service writes it. */
const NOT_FOR_REASONING = { presence_penalty: 'presencePenalty', frequency_penalty: 'frequencyPenalty', stop: 'stop', presencePenalty: 'presencePenalty', frequencyPenalty: 'frequencyPenalty' };

function checkForModel(body, model) {
  for (const [member, name] of Object.entries(NOT_FOR_REASONING)) {
    if (body[member] !== undefined && model.thinks) unsupported(`Model ${model.id} does not support parameter ${name}.`);
  }
  const effort = body.reasoning?.effort;
  if (effort === undefined || effort === null) return;
  if (model.efforts.length === 0) unsupported(`Model ${model.id} does not support parameter reasoningEffort.`);
  if (!model.efforts.includes(effort)) unsupported(`Model ${model.id} does not support reasoning effort ${effort}: ${model.efforts.join(', ')}.`);
}

function checkChoice(choice, tools) {
  if (choice === undefined || choice === null) return;
  if (typeof choice === 'string') {
    if (!['auto', 'none', 'required'].includes(choice)) illTyped(`tool_choice: unknown variant \`${choice}\`, expected one of auto, none, required`);
    if (choice === 'required' && tools.length === 0) invalid('tool_choice is required, but there are no tools');
    return;
  }
  object({ 'type!': oneOf('function'), 'name!': text })(choice, 'tool_choice');
  if (!tools.some(({ type, name }) => type === 'function' && name === choice.name)) invalid(`tool_choice names ${choice.name}, which is not among the tools`);
}

/** Checks a request and returns { model, items, functions, tools }. */
export function readRequest(body, team) {
  if (!isObject(body)) illTyped('invalid type, expected struct ModelRequest');
  if (body.search_parameters !== undefined) throw new Refused('retired', 'Live search is deprecated. Please switch to the Agent Tools API: https://docs.x.ai/docs/guides/tools/overview');
  MEMBERS(body, '');
  const model = languageModel(body.model);
  if (!model) throw new Refused('no_model', undefined, { model: body.model });
  checkForModel(body, model);
  if (typeof body.previous_response_id === 'string') throw new Refused('no_response', body.previous_response_id);
  const tools = body.tools ?? [];
  const functions = tools.filter(({ type }) => type === 'function');
  const twice = tools.find((one, n) => tools.findIndex(({ type, name }) => type === one.type && name === one.name) < n);
  if (twice) invalid(`Tool ${twice.name ?? twice.type} is defined more than once`);
  checkChoice(body.tool_choice, tools);
  return { model, items: readInput(body.input, { team, model }), tools, functions };
}
