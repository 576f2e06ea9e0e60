// The length of tests' names: the file names the subject, the test's own name the case.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

export const LONGEST_NAME = 60;
const CALL = /(?:^|[^\w.])(?:t\.)?(?:test|it|describe)(?:\.\w+)?\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g;

/** Returns what is longer than the limit of these names, with the length in front. */
export const tooLong = (names) => names.filter((name) => name.length > LONGEST_NAME).map((name) => `${name.length} characters: ${name}`);

/**
 * Returns a line for each name in the source of a test file that is longer than the limit. A value in a template counts
 * as nothing here: its length is known when the test runs.
 */
export function longNames(source) {
  const names = [...source.matchAll(CALL)].map(([, , name]) => name.replace(/\$\{[^}]*\}/g, '').replace(/\\(.)/g, '$1'));
  return tooLong(names);
}

/** Returns a line for each long name in the test files below these folders of `root`. */
export function longNamesBelow(root, folders) {
  const files = folders.flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(root, folder, file)));
  return files.filter((file) => file.endsWith('.test.mjs') && !file.includes('node_modules')).flatMap((file) => longNames(readFileSync(file, 'utf8')).map((line) => `${relative(root, file)}: ${line}`));
}
