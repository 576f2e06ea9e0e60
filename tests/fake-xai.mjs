// A scripted api.x.ai: the part of xAI's official API that the gateway uses, on 127.0.0.1, for tests and demonstrations.
//
//   import { startXai } from './fake-xai.mjs';             // in a test: const xai = await startXai()
//   node tests/fake-xai.mjs [--port N] [--pace MS]         // prints "ready http://127.0.0.1:N/v1"
//
// Prompts steer it by directives such as [[n:200]] [[slow:50]] [[cut:20]], keys by their name, such as xai-limited-1 or
// xai-blocked-2, tests by `xai.script(rule, options)`. The legend of directives and options is fake-xai/directives.mjs.
import { fileURLToPath } from 'node:url';
import { runAsProgram } from './lib/scripted.mjs';
import { startXai } from './fake-xai/server.mjs';

export { startXai } from './fake-xai/server.mjs';
export { ERRORS } from './fake-xai/errors.mjs';
export { hashOf, teamOf } from './fake-xai/keys.mjs';
export { costOf } from './fake-xai/usage.mjs';
export { languageModel, imageModel } from './fake-xai/models.mjs';

if (process.argv[1] === fileURLToPath(import.meta.url)) runAsProgram('xAI', startXai);
