// The part of JSON Schema that the OpenAPI document uses.
const isA = {
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  null: (value) => value === null,
};

/** Returns what of `value` does not fit, with its path; a keyword that is unknown here is an error. */
export function faults(document, schema, value, path = 'it') {
  if (schema.$ref) return faults(document, schema.$ref.slice(2).split('/').reduce((node, name) => node[name], document), value, path);
  const found = [];
  const hold = (fits, rule) => { if (!fits) found.push(`${path} is ${JSON.stringify(value)}, against ${rule}`); };
  const { properties = {}, additionalProperties = true } = schema;
  for (const [keyword, rule] of Object.entries(schema)) {
    switch (keyword) {
      case 'type': hold([rule].flat().some((type) => isA[type](value)), `type ${rule}`); break;
      case 'const': hold(value === rule, `const ${rule}`); break;
      case 'enum': hold(rule.includes(value), `enum ${rule}`); break;
      case 'anyOf': hold(rule.some((option) => faults(document, option, value, path).length === 0), 'anyOf'); break;
      case 'minItems': hold(!Array.isArray(value) || value.length >= rule, `minItems ${rule}`); break;
      case 'maxItems': hold(!Array.isArray(value) || value.length <= rule, `maxItems ${rule}`); break;
      case 'minimum': hold(typeof value !== 'number' || value >= rule, `minimum ${rule}`); break;
      case 'maximum': hold(typeof value !== 'number' || value <= rule, `maximum ${rule}`); break;
      case 'items': if (Array.isArray(value)) value.forEach((item, n) => found.push(...faults(document, rule, item, `${path}[${n}]`))); break;
      case 'required': for (const name of rule) if (isA.object(value) && !(name in value)) found.push(`${path} lacks ${name}`); break;
      case 'properties': case 'additionalProperties': case 'description': case 'default': break;
      default: throw new Error(`the keyword ${keyword} at ${path} is not checked`);
    }
  }
  for (const [name, member] of isA.object(value) ? Object.entries(value) : []) {
    const rule = properties[name] ?? additionalProperties;
    if (rule === false) found.push(`${path}.${name} is not in the document`);
    else if (rule !== true) found.push(...faults(document, rule, member, `${path}.${name}`));
  }
  return found;
}
