// Values for a JSON schema, taken from a question and from results as far as they have any.

const QUOTED = /["“«]([^"”»]+)["”»]|(?<![\p{L}\p{N}])'([^']+)'(?![\p{L}\p{N}])/gu;
const NAMES = /(?<=[\p{L}\p{N},;:)] )\p{Lu}[\p{L}\p{N}]*(?:[ -]\p{Lu}[\p{L}\p{N}]*)*/gu;
const FIRST_NAME = /^(?!(?:What|Who|Where|When|How|Which|Now|But|Also|Then|There|It|This|That)\b)\p{Lu}\p{L}+(?= (?:is|was|has|lives|works|and|wants|likes)\b|[,’']| \p{Lu})/u;
const DATE = /\d{4}-\d\d-\d\d/;
const FORMATS = { date: '2031-05-17', 'date-time': '2031-05-17T08:30:00Z', time: '08:30:00Z', email: 'ann@example.org', uri: 'https://example.org/', uuid: '3f0c9a52-7d1e-4b6a-9c38-5e2f7a1b4d60' };

/** Returns a text without quotations and identifiers, `get_weather` and `GetWeather`. */
const plainIn = (text) => text.replace(QUOTED, ' ').replace(/\b(?:\w+_\w+|[A-Z][a-z]+[A-Z]\w*)\b/g, ' ');
const quotedIn = (text) => [...text.matchAll(QUOTED)].map(([, one, other]) => one ?? other);
const namesIn = (text) => [FIRST_NAME.exec(plainIn(text)), ...plainIn(text).matchAll(NAMES)].filter(Boolean).map(([name]) => name);
const numbersIn = (text) => [...plainIn(text).replace(DATE, ' ').matchAll(/(?<![\p{L}\d.])-?\d+(?:\.\d+)?/gu)].map(([number]) => Number(number));

/** What values are taken from. Each is taken once, as long as there are others. `nth` is the first of the names to take. */
export class Source {
  constructor(question, results = [], nth = 0) {
    const found = results.join('\n');
    this.text = `${question}\n${found}`;
    this.question = question;
    // Results have what the question lacks.
    const either = (values) => { const asked = values(question); return asked.flat().length > 0 ? asked : values(found); };
    [this.quoted, this.names] = either((text) => [quotedIn(text), namesIn(text)]);
    this.numbers = either(numbersIn);
    this.names.push(...this.names.splice(0, nth));
  }

  /** Returns what the text says about a property literally: `city: Paris`, `"city":"Paris"`, `the city is Paris`. */
  about(property, pattern) {
    const name = property.replace(/[_-]/g, '[ _-]').replace(/([a-z])([A-Z])/g, '$1[ _-]?$2');
    return new RegExp(`\\b${name}"?(?:\\s*[:=]\\s*|\\s+(?:is|are|of|as|called)\\s+)["“]?(${pattern})`, 'iu').exec(this.text)?.[1];
  }

  /** Takes the next of a list; the last one stays for those who come later. */
  next(list) { return list.length > 1 ? list.shift() : list[0]; }

  mentions(word) { return new RegExp(`(?<![\\p{L}\\p{N}])${String(word).replace(/[^\p{L}\p{N}]/gu, '.')}`, 'iu').test(this.text); }
}

/** Returns a schema with its reference followed and its first fitting alternative chosen. */
function plain(schema, root) {
  if (schema === true || schema === undefined) return {};
  if (typeof schema.$ref === 'string') {
    const { $ref, ...own } = schema;
    const target = $ref.replace(/^#\/?/, '').split('/').filter(Boolean).reduce((at, key) => at?.[key.replace(/~1/g, '/').replace(/~0/g, '~')], root);
    return plain({ ...target, ...own }, root);
  }
  for (const many of ['anyOf', 'oneOf']) {
    if (Array.isArray(schema[many])) {
      const { [many]: options, ...own } = schema;
      return plain({ ...own, ...(options.find(({ type }) => type !== 'null') ?? options[0]) }, root);
    }
  }
  if (Array.isArray(schema.allOf)) {
    const { allOf, ...own } = schema;
    const parts = [own, ...allOf.map((part) => plain(part, root))];
    return Object.assign({}, ...parts, { properties: Object.assign({}, ...parts.map(({ properties }) => properties)), required: parts.flatMap(({ required }) => required ?? []) });
  }
  return schema;
}

const typeOf = ({ type, properties, items }) => (Array.isArray(type) ? type.find((name) => name !== 'null') : type) ?? (properties ? 'object' : items ? 'array' : 'string');

function number(schema, source, name) {
  const said = source.about(name, '-?\\d+(?:\\.\\d+)?');
  let value = said !== undefined ? Number(said) : source.next(source.numbers) ?? schema.minimum ?? 1;
  if (typeOf(schema) === 'integer') value = Math.trunc(value);
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum } = schema;
  const least = typeof exclusiveMinimum === 'number' ? Math.max(minimum, exclusiveMinimum + 1) : minimum;
  const most = typeof exclusiveMaximum === 'number' ? Math.min(maximum, exclusiveMaximum - 1) : maximum;
  value = Math.min(Math.max(value, least), most);
  return schema.multipleOf ? Math.ceil(value / schema.multipleOf) * schema.multipleOf : value;
}

function text(schema, source, name) {
  if (schema.format && FORMATS[schema.format]) {
    const found = schema.format === 'date' ? DATE.exec(source.text)?.[0] : schema.format === 'email' ? /[\w.+-]+@[\w.-]+\.\w+/.exec(source.text)?.[0] : undefined;
    return found ?? FORMATS[schema.format];
  }
  let value = source.about(name, '[\\p{L}\\p{N}][\\p{L}\\p{N} -]*[\\p{L}\\p{N}]|[\\p{L}\\p{N}]') ?? source.next(source.quoted) ?? source.next(source.names) ?? (source.question.trim() || `some ${name}`);
  value = value.slice(0, schema.maxLength ?? 500);
  return value.padEnd(schema.minLength ?? 0, '.');
}

function list(schema, source, root, name, depth) {
  if (Array.isArray(schema.prefixItems)) return schema.prefixItems.map((item) => fill(item, source, root, name, depth + 1));
  const item = plain(schema.items, root);
  const most = schema.maxItems ?? Infinity;
  const wanted = item.enum ? item.enum.filter((value) => source.mentions(value)).length
    : typeOf(item) === 'string' ? source.quoted.length || source.names.length : /number|integer/.test(typeOf(item)) ? source.numbers.length : 1;
  // A list inside of a list of its own kind ends somewhere.
  const length = depth > 3 ? schema.minItems ?? 0 : Math.min(Math.max(wanted, 1, schema.minItems ?? 0), most, 10);
  if (item.enum && wanted > 0) return item.enum.filter((value) => source.mentions(value)).slice(0, length);
  return Array.from({ length }, () => fill(item, source, root, name, depth + 1));
}

/** Returns a value that fits the schema. `name` is the property that it is for. */
export function fill(given, source, root = given, name = 'value', depth = 0) {
  const schema = plain(given, root);
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum.find((value) => value !== null && source.mentions(value)) ?? schema.enum[0];
  switch (typeOf(schema)) {
    case 'object': {
      // Where nothing is required, everything is meant.
      const required = new Set(schema.required?.length > 0 ? schema.required : depth < 3 ? Object.keys(schema.properties ?? {}) : []);
      const isWanted = ([key, value]) => required.has(key) || (depth < 3 && (source.mentions(key) || (plain(value, root).enum ?? []).some((word) => source.mentions(word))));
      const members = Object.entries(schema.properties ?? {}).filter((member) => isWanted(member) && depth < 12);
      return Object.fromEntries(members.map(([key, value]) => [key, fill(value, source, root, key, depth + 1)]));
    }
    case 'array': return list(schema, source, root, name, depth);
    case 'number': case 'integer': return number(schema, source, name);
    case 'boolean': return !/\b(not|no|never|without)\b|n't\b/i.test(source.question);
    case 'null': return null;
    default: return text(schema, source, name);
  }
}
