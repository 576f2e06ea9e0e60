// pydantic-ai: agents with tools, and typed output in each of its modes.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { pythonPackages } from '../lib/packages.mjs';
import { checks } from '../lib/python.mjs';
import { beforeEach, test } from '../lib/suite.mjs';
import { gatewayForClients } from '../lib/xai.mjs';

const python = await pythonPackages();
const gw = gatewayForClients();
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3']));

test('tools, typed output, and both in streams', { timeout: 280_000 }, async () => {
  const held = await checks(python, fileURLToPath(new URL('pydantic_ai_client.py', import.meta.url)), gw);
  assert.deepEqual(held, ['tools', 'tools_streamed', 'typed_output', 'typed_output_streamed', 'tools_and_typed_output', 'complaints_of_tools']);
});
