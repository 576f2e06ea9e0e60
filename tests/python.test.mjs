// The official OpenAI client for Python, in a virtual environment of its own under target/.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { gatewayForFile } from './lib/gateway.mjs';
import { checks, environment } from './lib/python.mjs';
import { beforeEach, test } from './lib/suite.mjs';

const OPENAI = '3.54.0';
const script = (name) => fileURLToPath(new URL(name, import.meta.url));

const python = await environment('openai', [`openai==${OPENAI}`]);
const gw = gatewayForFile();
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3', 'basic-4']));

test('models, chat, usage, errors, pictures in the Python client', { timeout: 300_000 }, async () => {
  assert.deepEqual(await checks(python, script('openai_client.py'), gw), ['models', 'chat', 'stream', 'errors', 'pictures']);
});

test('edits of pictures in the Python client', { timeout: 300_000 }, async () => {
  await gw.settings({ x_statsig_id: 'operator-value' });
  assert.deepEqual(await checks(python, script('openai_edits.py'), gw), ['edits']);
  await gw.settings({ x_statsig_id: null });
});

test('tools and structured output in the Python client', { timeout: 300_000 }, async () => {
  const held = await checks(python, script('openai_tools.py'), gw);
  assert.deepEqual(held, ['tools', 'tools_streamed', 'tools_parsed', 'parallel_calls', 'results', 'demanded_calls', 'custom_tools', 'structured_output', 'structured_output_streamed',
    'json_object', 'refusals', 'repairs', 'errors']);
});

test('the Responses API in the Python client', { timeout: 300_000 }, async () => {
  const held = await checks(python, script('openai_responses.py'), gw);
  assert.deepEqual(held, ['text', 'stream', 'tools_and_previous_response', 'parsed', 'errors']);
});
