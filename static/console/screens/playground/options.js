// The options of a request: tools, the form of the answer, thinking. They are checked here, so that a fault is named at its field.

/** Options as they are entered; `choice` is a mode, or `=` and the name of a tool. */
export const DEFAULTS = { tools: '', choice: 'auto', format: 'text', schema: '', reasoning: '' };
export const CHOICES = ['auto', 'none', 'required'];
export const FORMATS = ['text', 'json_object', 'json_schema'];
/** The first leaves it to the gateway's setting. */
export const REASONING = ['', 'raw', 'parsed', 'hidden'];

export const EXAMPLES = {
  tools: JSON.stringify([{
    type: 'function',
    function: {
      name: 'get_weather', description: 'Returns the current weather of a city.',
      parameters: { type: 'object', properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] } }, required: ['city'] },
    },
  }], null, 2),
  schema: JSON.stringify({ type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } }, required: ['name', 'age'], additionalProperties: false }, null, 2),
};

/** What the gateway accepts (src/protocols/openai/chat_completions/parse/tools.rs). */
const NAME = /^[\w.:/-]{1,128}$/;

/** A fault in an option: a key of `options.text.js` and its values. */
class Fault extends Error {
  constructor(key, values = {}) {
    super(key);
    Object.assign(this, { key, values });
  }
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Fault('notJson', { reason: error.message });
  }
}

/** Returns the declaration in a tool: below its type, or beside it, as the Responses API has it. */
function declaredIn(tool, n) {
  if (!isObject(tool)) throw new Fault('toolNotObject', { n });
  if (tool.type !== 'function' && tool.type !== 'custom') throw new Fault('toolType', { n });
  if (tool[tool.type] === undefined && tool.name !== undefined) return { declared: tool, path: '' };
  if (!isObject(tool[tool.type])) throw new Fault('toolDeclaration', { n, field: tool.type });
  return { declared: tool[tool.type], path: `${tool.type}.` };
}

/** Returns the tools of a text and their names. @throws {Fault} naming the first tool and field at fault */
function toolsIn(text) {
  if (text.trim() === '') return { tools: [], names: [] };
  const tools = parsed(text);
  if (!Array.isArray(tools)) throw new Fault('toolsNotList');
  const names = [];
  for (const [at, tool] of tools.entries()) {
    const n = at + 1;
    const { declared, path } = declaredIn(tool, n);
    if (typeof declared.name !== 'string' || !NAME.test(declared.name)) throw new Fault('toolName', { n, field: `${path}name` });
    if (names.includes(declared.name)) throw new Fault('toolTwice', { n, name: declared.name });
    for (const [field, isIt] of [['description', (value) => typeof value === 'string'], ['parameters', isObject]]) {
      if (declared[field] != null && !isIt(declared[field])) throw new Fault(`tool:${field}`, { n, field: `${path}${field}` });
    }
    names.push(declared.name);
  }
  return { tools, names };
}

/** Returns `tool_choice`, undefined for the default. */
function choiceOf(choice, tools, names) {
  if (choice === 'auto') return undefined;
  if (!choice.startsWith('=')) return choice;
  const name = choice.slice(1);
  const tool = tools[names.indexOf(name)];
  if (!tool) throw new Fault('choiceUnknown', { name });
  return { type: tool.type, [tool.type]: { name } };
}

/** Returns `response_format`, undefined for text. A schema may be the schema alone, or an object of name and schema. */
function formatOf({ format, schema: text }) {
  if (format === 'text') return undefined;
  if (format === 'json_object') return { type: format };
  if (text.trim() === '') throw new Fault('schemaMissing');
  const schema = parsed(text);
  if (!isObject(schema)) throw new Fault('schemaNotObject');
  const isNamed = isObject(schema.schema);
  if (isNamed && typeof schema.name !== 'string') throw new Fault('schemaName');
  return { type: format, json_schema: isNamed ? schema : { name: 'answer', strict: true, schema } };
}

/**
 * Checks options.
 * @param {typeof DEFAULTS} options
 * @returns {{ fields: object, faults: { tools?: Fault, choice?: Fault, schema?: Fault }, names: string[] }} the fields of the
 *   request without those at fault, and the names of the tools
 */
export function checked({ tools: text, choice, reasoning, ...format }) {
  const fields = {};
  const faults = {};
  const attempt = (name, work) => {
    try { return work(); } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      faults[name] = fault;
      return undefined;
    }
  };
  const { tools, names } = attempt('tools', () => toolsIn(text)) ?? { tools: [], names: [] };
  if (tools.length > 0) Object.assign(fields, { tools, tool_choice: attempt('choice', () => choiceOf(choice, tools, names)) });
  fields.response_format = attempt('schema', () => formatOf(format));
  if (reasoning !== '') fields.reasoning_format = reasoning;
  return { fields, faults, names };
}
