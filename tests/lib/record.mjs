// What became of the tests of a run: which failed, and which took the longest.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const TESTS = fileURLToPath(new URL('..', import.meta.url));

const SHOWN = 10;
const seconds = (ms) => `${(ms / 1000).toFixed(1).padStart(7)} s`;

export class Record {
  /** Each test: its name, its file, its milliseconds, and whether it passed. */
  #tests = [];
  /** The milliseconds of each file. */
  #files = new Map();
  /** Tests whose suite, which is named as its file, has not ended yet. */
  #open = [];
  /** Also true for failures outside tests: a file that could not be loaded, a hook. */
  hasFailures = false;

  /** Listens to what `run` of node:test emits: the events of a process come in one piece, and a suite after its tests. */
  listen(events) {
    events.on('test:pass', (event) => this.#ended(event, true));
    events.on('test:fail', (event) => {
      this.hasFailures = true;
      this.#ended(event, false);
    });
  }

  #ended({ name, file, nesting, details: { type, duration_ms: ms } }, passed) {
    if (type === 'suite') {
      this.#tests.push(...this.#open.splice(0).map((test) => ({ ...test, file: name })));
      this.#files.set(name, ms);
    } else if (nesting > 0) {
      this.#open.push({ name, ms, passed });
    } else if (name !== file) {
      const own = relative(TESTS, file ?? TESTS).replace('.test.mjs', '');
      this.#tests.push({ name, ms, passed, file: own });
      this.#files.set(own, (this.#files.get(own) ?? 0) + ms);
    }
  }

  /** Returns how many tests there were in the files that `isMeant` takes by their name. */
  count(isMeant) {
    return this.#tests.filter(({ file }) => isMeant(file)).length;
  }

  /** Returns the names of all tests, as they ran. */
  get names() { return this.#tests.map(({ name }) => name); }

  print(host) {
    const slowest = (list) => list.toSorted((a, b) => b.ms - a.ms).slice(0, SHOWN);
    console.log(`\nthe slowest tests on ${host}, of ${this.#tests.length}`);
    for (const { ms, file, name } of slowest(this.#tests)) console.log(`${seconds(ms)}  ${file}: ${name}`);
    console.log(`the slowest files on ${host}, of ${this.#files.size}`);
    for (const { ms, name } of slowest([...this.#files].map(([name, ms]) => ({ name, ms })))) console.log(`${seconds(ms)}  ${name}`);
    for (const { file, name } of this.#tests.filter(({ passed }) => !passed)) console.log(`FAILED  ${file}: ${name}`);
  }
}
