// instructor: models of pydantic out of answers.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { pythonPackages } from '../lib/packages.mjs';
import { checks } from '../lib/python.mjs';
import { beforeEach, test } from '../lib/suite.mjs';
import { gatewayForClients } from '../lib/xai.mjs';

const python = await pythonPackages();
const gw = gatewayForClients();
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3']));

test('models by tools and by schemas, and in streams', { timeout: 280_000 }, async () => {
  const held = await checks(python, fileURLToPath(new URL('instructor_client.py', import.meta.url)), gw);
  assert.deepEqual(held, ['models', 'partial_models', 'lists', 'parallel_calls', 'spoilt_answers']);
});
