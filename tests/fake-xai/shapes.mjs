// Types of a request's members. What the service's own reader would refuse is 422, values outside of their range 400.
import { illTyped, invalid } from './errors.mjs';

export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const nameOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'sequence' : typeof value === 'object' ? 'map' : typeof value);

/** Each type takes a value and its path. */
export const text = (value, path) => (typeof value === 'string' ? value : illTyped(`${path}: invalid type: ${nameOf(value)}, expected a string`));
export const flag = (value, path) => (typeof value === 'boolean' ? value : illTyped(`${path}: invalid type: ${nameOf(value)}, expected a boolean`));
export const whole = (least, most) => (value, path) => {
  if (!Number.isInteger(value)) illTyped(`${path}: invalid type: ${nameOf(value)}, expected an integer`);
  if (value < least || value > most) invalid(`${path} must be from ${least} to ${most}, not ${value}`);
};
export const number = (least, most) => (value, path) => {
  if (typeof value !== 'number') illTyped(`${path}: invalid type: ${nameOf(value)}, expected a number`);
  if (value < least || value > most) invalid(`${path} must be from ${least} to ${most}, not ${value}`);
};
export const oneOf = (...words) => (value, path) => {
  text(value, path);
  if (!words.includes(value)) illTyped(`${path}: unknown variant \`${value}\`, expected one of ${words.map((word) => `\`${word}\``).join(', ')}`);
};
export const list = (type, least = 0, most = Infinity) => (value, path) => {
  if (!Array.isArray(value)) illTyped(`${path}: invalid type: ${nameOf(value)}, expected a sequence`);
  if (value.length < least || value.length > most) invalid(`${path} must have from ${least} to ${most} elements, not ${value.length}`);
  value.forEach((each, n) => type(each, `${path}[${n}]`));
};
export const map = (value, path) => (isObject(value) ? value : illTyped(`${path}: invalid type: ${nameOf(value)}, expected a map`));
export const nothingElse = (only) => (value, path) => { if (value !== only) invalid(`${path} is not supported with the value ${JSON.stringify(value)}`); };
/** Takes null too, which is as if the member was not there. */
export const maybe = (type) => (value, path) => { if (value !== null) type(value, path); };

/** Returns a type of objects: `members` by their name; a name with `!` behind must be there. Others are refused. */
export const object = (members) => {
  const types = Object.fromEntries(Object.entries(members).map(([name, type]) => [name.replace('!', ''), type]));
  const required = Object.keys(members).filter((name) => name.endsWith('!')).map((name) => name.slice(0, -1));
  return (value, path) => {
    map(value, path || 'the body');
    const at = (name) => (path ? `${path}.${name}` : name);
    for (const name of Object.keys(value)) if (!Object.hasOwn(types, name)) invalid(`Argument not supported: ${at(name)}`);
    for (const name of required) if (value[name] === undefined) illTyped(`${path ? `${path}: ` : ''}missing field \`${name}\``);
    for (const [name, member] of Object.entries(value)) types[name](member, at(name));
  };
};
