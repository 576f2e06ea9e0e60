// Checks the schemas of tools and formats: a practical part of JSON Schema, whose root is an object. What is refused is the
// list of the documentation, and what is not a schema at all.
import { invalid } from './errors.mjs';
import { isObject } from './shapes.mjs';

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
const DEEPEST = 32;
const NESTED = { properties: 'map', $defs: 'map', definitions: 'map', patternProperties: 'map', anyOf: 'list', oneOf: 'list', allOf: 'list', prefixItems: 'list',
  items: 'one', not: 'one', additionalProperties: 'one', contains: 'one' };

function below(schema, keyword) {
  const value = schema[keyword];
  if (NESTED[keyword] === 'map') return isObject(value) ? Object.entries(value).map(([name, each]) => [`${keyword}.${name}`, each]) : invalid(`${keyword} of a schema must be an object`);
  if (NESTED[keyword] === 'list') return Array.isArray(value) && value.length > 0 ? value.map((each, n) => [`${keyword}[${n}]`, each]) : invalid(`${keyword} of a schema must be a list`);
  return [[keyword, value]];
}

/** What a pattern must not have: references back, properties of Unicode, edges of words, groups that look around or set modes. */
const NOT_IN_PATTERNS = /\\[1-9k]|\\[pP]\{|\\[bB]|\(\?(?!:)/;

function check(schema, root, path, depth) {
  if (schema === true || schema === false) return /\.properties\.[^.]*$/.test(path) ? invalid(`${path} is ${schema}, which is not supported for a property`) : undefined;
  if (!isObject(schema)) invalid(`${path} must be a schema`);
  if (depth > DEEPEST) invalid(`${path}: the schema is too deep`);
  for (const type of [schema.type ?? []].flat()) if (!TYPES.includes(type)) invalid(`${path}: ${JSON.stringify(type)} is not a type`);
  if (schema.enum !== undefined && !(Array.isArray(schema.enum) && schema.enum.length > 0)) invalid(`${path}.enum must be a list with elements`);
  if (Array.isArray(schema.items)) invalid(`${path}.items is a list: use prefixItems`);
  for (const keyword of ['minContains', 'maxContains']) if (schema[keyword] !== undefined) invalid(`${path}.${keyword} is not supported`);
  const { required } = schema;
  if (required !== undefined && !(Array.isArray(required) && required.every((name) => typeof name === 'string'))) invalid(`${path}.required must be a list of names`);
  if (typeof schema.pattern === 'string') {
    if (NOT_IN_PATTERNS.test(schema.pattern)) invalid(`${path}.pattern has a construct that is not supported`);
    try { new RegExp(schema.pattern, 'u'); } catch { invalid(`${path}.pattern is not a regular expression`); }
  }
  if (schema.$ref !== undefined) {
    const steps = /^#(?:\/.*)?$/.test(schema.$ref) ? schema.$ref.slice(1).split('/').filter(Boolean) : invalid(`${path}.$ref leads out of the schema`);
    const target = steps.reduce((at, step) => at?.[step.replace(/~1/g, '/').replace(/~0/g, '~')], root);
    if (target === undefined) invalid(`${path}.$ref leads nowhere: ${schema.$ref}`);
  }
  for (const keyword of Object.keys(NESTED)) {
    if (schema[keyword] !== undefined) for (const [name, each] of below(schema, keyword)) check(each, root, `${path}.${name}`, depth + 1);
  }
}

/** Refuses a schema that the service does not take. */
export function checkSchema(schema, path) {
  if (!isObject(schema)) invalid(`${path} must be a schema`);
  const isRoot = schema.type === 'object' || schema.type === undefined && (schema.properties || schema.$ref || schema.anyOf || Object.keys(schema).length === 0);
  if (!isRoot) invalid(`${path} must be of the type object`);
  check(schema, schema, path, 0);
}
