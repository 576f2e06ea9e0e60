// A scripted Grok: the part of grok.com's back end that the gateway uses, on 127.0.0.1, for tests and demonstrations.
//
//   import { startGrok, jwt } from './fake-grok.mjs';      // in a test: const grok = await startGrok()
//   node tests/fake-grok.mjs [--port N] [--pace MS]        // prints "ready http://127.0.0.1:N"
//
// Prompts steer it by directives such as [[n:200]] [[slow:50]] [[cut:20]], tokens by their name, such as quota-1 or dead-2, tests
// by `grok.script(rule, options)`. The legend of directives and options is fake-grok/directives.mjs.
import { fileURLToPath } from 'node:url';
import { startGrok } from './fake-grok/server.mjs';
import { runAsProgram } from './lib/scripted.mjs';

export { startGrok } from './fake-grok/server.mjs';
export { jwt, userIdOf, uuid } from './fake-grok/options.mjs';
export { ERRORS } from './fake-grok/errors.mjs';
export { STREAM_ERRORS } from './fake-grok/stream-errors.mjs';

if (process.argv[1] === fileURLToPath(import.meta.url)) runAsProgram('Grok', startGrok);
