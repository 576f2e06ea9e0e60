// A scripted Grok: the part of grok.com's back end that the gateway uses, on 127.0.0.1, for tests and demonstrations.
//
//   import { startGrok, jwt } from './fake-grok.mjs';      // in a test: const grok = await startGrok()
//   node tests/fake-grok.mjs [--port N] [--pace MS]        // prints "ready http://127.0.0.1:N"
//
// Prompts steer it by directives such as [[n:200]] [[slow:50]] [[cut:20]], tokens by their name, such as quota-1 or dead-2, tests
// by `grok.script(rule, options)`. The legend of directives and options is fake-grok/directives.mjs.
import { fileURLToPath } from 'node:url';
import { startGrok } from './fake-grok/server.mjs';

export { startGrok } from './fake-grok/server.mjs';
export { jwt, userIdOf, uuid } from './fake-grok/options.mjs';
export { ERRORS } from './fake-grok/errors.mjs';
export { STREAM_ERRORS } from './fake-grok/stream-errors.mjs';

async function main(args) {
  const value = (name, otherwise) => {
    const at = args.indexOf(name);
    const number = at < 0 ? otherwise : Number(args[at + 1]);
    if (!Number.isInteger(number) || number < 0) throw new Error(`${name} takes a number`);
    return number;
  };
  const grok = await startGrok({ port: value('--port', 0), pace: value('--pace', 20), lenient: true });
  console.log(`ready ${grok.url}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => grok.stop().then(() => process.exit(0)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(`fake Grok: ${error.code === 'EADDRINUSE' ? 'the port is in use' : error.message}`);
    process.exit(1);
  });
}
