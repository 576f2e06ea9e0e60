// Claude Code, unmodified and cut off from the internet: an answer, and a command that it runs through its tools.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startGrok } from '../fake-grok.mjs';
import { claudeCode, runClaude } from '../lib/claude-code.mjs';
import { after, beforeEach, test } from '../lib/suite.mjs';
import { gatewayForClients } from '../lib/xai.mjs';

const program = await claudeCode();
// Its system prompt has double brackets, which are not meant for the scripted Grok.
let grok;
const gw = gatewayForClients(async () => ({ grok: grok = await startGrok({ lenient: true }) }));
after(() => grok?.stop());
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3', 'basic-4']));

const chats = () => grok.calls.filter(({ kind }) => kind === 'chat');

test('Claude Code prints an answer', { timeout: 150_000 }, async () => {
  const { stdout, folder } = await runClaude(program, gw, ['-p', 'Say it. [[text:Hello from Grok]]']);
  assert.equal(stdout.trim(), 'Hello from Grok');
  const rows = await gw.logged(1);
  assert.ok(rows.every(({ status, stream, model }) => status === 200 && stream && model.startsWith('claude-')), JSON.stringify(rows));
  // Its first request is long: the tools and the system prompt.
  assert.ok(rows[0].prompt_tokens > 5_000, rows[0].prompt_tokens);
  await rm(folder, { recursive: true, force: true });
});

test('Claude Code runs a command and reads what it printed', { timeout: 150_000 }, async () => {
  const command = 'echo forty-$((40+2)) > made.txt && cat made.txt';
  const { stdout, folder } = await runClaude(program, gw, ['-p', `Use Bash to run "${command}"`, '--allowedTools', 'Bash']);
  assert.equal(await readFile(join(folder, 'made.txt'), 'utf8'), 'forty-42\n');
  assert.match(stdout, /forty-42/);
  assert.equal(chats().length, 2);
  await rm(folder, { recursive: true, force: true });
});

test('the model that it is started with is that of its family', { timeout: 150_000 }, async () => {
  for (const [model, mode] of [['haiku', 'fast'], ['sonnet', 'auto'], ['grok-fast', 'fast']]) {
    grok.reset();
    const { stdout, folder } = await runClaude(program, gw, ['-p', 'Say it. [[text:yes]]', '--model', model]);
    assert.equal(stdout.trim(), 'yes');
    assert.deepEqual(chats().map((chat) => chat.mode), [mode], model);
    await rm(folder, { recursive: true, force: true });
  }
});
