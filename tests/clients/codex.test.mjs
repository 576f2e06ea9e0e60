// Codex, unmodified and cut off from the internet: an answer, and a command that it runs through its tools.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { startGrok } from '../fake-grok.mjs';
import { codex, runCodex } from '../lib/codex.mjs';
import { after, before, beforeEach, test } from '../lib/suite.mjs';
import { gatewayForClients } from '../lib/xai.mjs';

// Its instructions may have double brackets, which are not meant for the scripted Grok.
let grok;
const gw = gatewayForClients(async () => ({ grok: grok = await startGrok({ lenient: true }) }));
after(() => grok?.stop());
let program;
before(async () => { program = await codex(); }, { timeout: 900_000 });
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3']));

test('codex exec prints an answer', { timeout: 150_000 }, async () => {
  const { last } = await runCodex(program, gw, 'Say it. [[text:Hello from Grok]]');
  assert.equal(last.trim(), 'Hello from Grok');
  const rows = await gw.logged(1);
  assert.ok(rows.every(({ status, stream, model }) => status === 200 && stream && model === 'grok-4'), JSON.stringify(rows));
  // Its first request is long: the tools and the instructions.
  assert.ok(rows[0].prompt_tokens > 5_000, rows[0].prompt_tokens);
});

test('codex exec runs a command and reads what it printed', { timeout: 150_000 }, async () => {
  const { last, printed } = await runCodex(program, gw, 'Use exec_command, where cmd is "seq 41 43".');
  assert.match(printed, /succeeded in/);
  assert.match(last, /41\n42\n43/);
  assert.equal(grok.calls.filter(({ kind }) => kind === 'chat').length, 2);
});
