// The official Anthropic client for Python, in a virtual environment of its own under target/.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { checks, environment } from '../lib/python.mjs';
import { beforeEach, test } from '../lib/suite.mjs';
import { gatewayForClients } from '../lib/xai.mjs';

const ANTHROPIC = '2.14.0';

const python = await environment('anthropic', [`anthropic==${ANTHROPIC}`]);
const gw = gatewayForClients();
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3', 'basic-4']));

test('messages, tools, types and errors in the Python client', { timeout: 280_000 }, async () => {
  const held = await checks(python, fileURLToPath(new URL('anthropic_client.py', import.meta.url)), gw);
  assert.deepEqual(held, ['messages', 'streams', 'tools', 'tool_runner', 'structured_output', 'count_tokens', 'errors']);
});
