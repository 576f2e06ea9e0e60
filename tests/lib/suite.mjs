// `test` and its hooks, as node:test has them, for files that can share a process. There the hooks of each file must stay
// its own: node:test would run them round the tests of all, so a file's calls are collected while it loads and made inside
// of a `describe`.
import * as runner from 'node:test';

/** The calls of the file being loaded; null where a file has its process for itself. */
let calls = null;
let shared = false;
const ends = [];

const call = (name) => (...args) => { calls ? calls.push([name, args]) : runner[name](...args); };
export const test = call('test');
export const before = call('before');
export const after = call('after');
export const beforeEach = call('beforeEach');
export const afterEach = call('afterEach');

/** Returns whether files share this process. */
export const isShared = () => shared;

/** Runs `end` when every file of this process is through. */
export function atEnd(end) {
  ends.push(end);
}

/** Loads these files of `tests/` and runs their tests, a file after the other, each within `timeout` milliseconds. */
export async function runFiles(names, timeout) {
  shared = true;
  const files = [];
  for (const name of names) {
    calls = [];
    try {
      await import(`../${name}.test.mjs`);
    } catch (error) {
      calls = [['test', ['the file loads', () => { throw error; }]]];
    }
    files.push([name, calls]);
  }
  calls = null;
  runner.after(async () => { for (const end of ends) await end(); });
  for (const [name, own] of files) runner.describe(name, { timeout }, () => own.forEach(([kind, args]) => runner[kind](...args)));
}
