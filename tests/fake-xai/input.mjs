// The items of a request's `input`: their members, and their order.
import { illTyped, invalid } from './errors.mjs';
import { checkPicture } from './pictures.mjs';
import { unseal } from './reasoning.mjs';
import { isObject, list, map, maybe, object, oneOf, text } from './shapes.mjs';

const STATUS = oneOf('in_progress', 'completed', 'incomplete');
const ROLES = { user: ['input_text', 'input_image'], system: ['input_text'], developer: ['input_text'], assistant: ['output_text', 'refusal'] };

const PARTS = {
  input_text: object({ 'type!': text, 'text!': text }),
  output_text: object({ 'type!': text, 'text!': text, annotations: list(map), logprobs: maybe(list(map)) }),
  refusal: object({ 'type!': text, 'refusal!': text }),
  input_image: object({ 'type!': text, 'image_url!': checkPicture, detail: oneOf('auto', 'low', 'high') }),
};

function content(value, path, role) {
  if (typeof value === 'string') return;
  if (!Array.isArray(value)) illTyped(`${path}: data did not match any variant of untagged enum MessageContent`);
  if (value.length === 0) invalid('Each message must have at least one content element.');
  value.forEach((part, n) => {
    const at = `${path}[${n}]`;
    map(part, at);
    if (!Object.hasOwn(PARTS, part.type)) illTyped(`${at}: unknown variant \`${part.type}\`, expected one of ${Object.keys(PARTS).join(', ')}`);
    if (!ROLES[role].includes(part.type)) invalid(`${at}: a message of the role ${role} has no ${part.type}`);
    PARTS[part.type](part, at);
  });
}

function output(value, path) {
  if (typeof value === 'string') return;
  list((part, at) => {
    map(part, at);
    if (!['input_text', 'input_image'].includes(part.type)) illTyped(`${at}: unknown variant \`${part.type}\`, expected input_text or input_image`);
    PARTS[part.type](part, at);
  }, 1)(value, path);
}

const summary = list(object({ 'type!': oneOf('summary_text'), 'text!': text }));
const ITEMS = {
  message: object({ type: text, 'role!': oneOf(...Object.keys(ROLES)), 'content!': () => {}, id: text, status: STATUS }),
  function_call: object({ 'type!': text, 'call_id!': text, 'name!': text, 'arguments!': text, id: text, status: STATUS }),
  function_call_output: object({ 'type!': text, 'call_id!': text, 'output!': output, id: text, status: STATUS }),
  reasoning: object({ 'type!': text, id: text, 'summary!': summary, content: maybe(list(map)), encrypted_content: maybe(text), status: STATUS }),
  web_search_call: object({ 'type!': text, 'id!': text, action: map, status: STATUS }),
  x_search_call: object({ 'type!': text, 'id!': text, action: map, call_id: text, name: text, arguments: text, status: STATUS }),
  custom_tool_call: object({ 'type!': text, id: text, 'call_id!': text, 'name!': text, 'input!': text, status: STATUS }),
};

function json(value, path) {
  try { if (isObject(JSON.parse(value))) return; } catch { /* refused below */ }
  invalid(`${path} must be a JSON object in a string`);
}

/** Calls need their outputs, each once and in that order. */
function pairs(items) {
  const calls = new Map();
  items.forEach((item, n) => {
    const at = `input[${n}]`;
    if (item.type === 'function_call') {
      if (item.call_id === '') invalid(`${at}.call_id is empty`);
      if (calls.has(item.call_id)) invalid(`${at}: a second function call with call_id ${item.call_id}`);
      json(item.arguments, `${at}.arguments`);
      calls.set(item.call_id, 'open');
    }
    if (item.type === 'function_call_output') {
      const state = calls.get(item.call_id);
      if (state === undefined) invalid(`No tool call found for function call output with call_id ${item.call_id}.`);
      if (state === 'closed') invalid(`${at}: a second output for call_id ${item.call_id}`);
      calls.set(item.call_id, 'closed');
    }
  });
  for (const [id, state] of calls) if (state === 'open') invalid(`No tool output found for function call ${id}.`);
}

/** Checks the input and returns its items; a text is one message of the user. */
export function readInput(input, { team, model }) {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input === '' ? invalid('Each message must have at least one content element.') : input }];
  list((item, at) => {
    map(item, at);
    const type = item.type ?? 'message';
    if (!Object.hasOwn(ITEMS, type)) illTyped(`${at}: unknown variant \`${type}\`, expected one of ${Object.keys(ITEMS).join(', ')}`);
    ITEMS[type](item, at);
    if (type === 'message') content(item.content, `${at}.content`, item.role);
    if (type === 'reasoning' && typeof item.encrypted_content === 'string') unseal(team, item.encrypted_content);
  }, 1)(input, 'input');
  const ids = input.map(({ id }) => id).filter((id) => id !== undefined);
  const twice = ids.find((id, n) => ids.indexOf(id) < n);
  if (twice !== undefined) invalid(`Duplicate item found with id ${twice}`);
  pairs(input);
  const items = input.map((item) => ({ type: 'message', ...item }));
  if (!items.some(({ type, role }) => type === 'function_call_output' || role === 'user')) invalid('At least one message of the user is needed.');
  if (!model.pictures && items.some((item) => [item.content, item.output].flat().some((part) => part?.type === 'input_image'))) invalid('Image inputs are not supported by this model.');
  return items;
}

/** Returns the text of a message or of a tool's result. */
export const textOf = (content) => (typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('\n'));
