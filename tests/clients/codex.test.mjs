// Codex, unmodified: an answer, and a command that it runs for the model. It knows the gateway by its config.toml.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gatewayForFile } from '../lib/gateway.mjs';
import { codexProgram } from '../lib/packages.mjs';
import { after, before, beforeEach, test } from '../lib/suite.mjs';

const codex = await codexProgram();
const gw = gatewayForFile();
let folder;
before(async () => { folder = await mkdtemp(join(tmpdir(), 'grok2api-codex-')); });
after(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3']));

/** Runs `codex exec` with this prompt, and gives its last message and what it printed. */
async function exec(prompt) {
  const config = ['model = "grok-4"', 'model_provider = "grok2api"', '[model_providers.grok2api]', 'name = "Grok2API"', `base_url = "${gw.url}/v1"`,
    'env_key = "GROK2API_KEY"', 'wire_api = "responses"'];
  await writeFile(join(folder, 'config.toml'), config.join('\n'));
  const last = join(folder, 'last.txt');
  // A machine of tests may forbid the sandbox.
  const options = ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '--output-last-message', last, prompt];
  const env = { ...process.env, CODEX_HOME: folder, GROK2API_KEY: gw.key };
  const running = promisify(execFile)(codex, options, { cwd: folder, env, timeout: 120_000 });
  running.child.stdin.end();
  const { stdout, stderr } = await running;
  return { last: await readFile(last, 'utf8'), printed: stdout + stderr };
}

test('codex exec answers', { timeout: 150_000 }, async () => {
  const { last } = await exec('[[text:Hello from Grok]]');
  assert.equal(last.trim(), 'Hello from Grok');
});

test('codex exec runs a command for the model', { timeout: 150_000 }, async () => {
  const { last, printed } = await exec('Use exec_command, where cmd is "echo made-by-$((40+2))".');
  assert.match(printed, /made-by-42/);
  assert.match(last, /made-by-42/);
});
