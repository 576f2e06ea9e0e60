// OpenAI's Agents SDK for Python, with its models for chats and for responses.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { pythonPackages } from '../lib/packages.mjs';
import { checks } from '../lib/python.mjs';
import { beforeEach, test } from '../lib/suite.mjs';
import { gatewayForClients } from '../lib/xai.mjs';

const python = await pythonPackages();
const gw = gatewayForClients();
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3']));

test('five turns, two calls at once, streams, types, hand-offs', { timeout: 280_000 }, async () => {
  const held = await checks(python, fileURLToPath(new URL('agents_client.py', import.meta.url)), gw);
  assert.deepEqual(held, ['five_turns_with_two_calls_at_once', 'streamed_turns', 'settings', 'typed_output', 'hand_offs']);
});

test('the model for responses: dialogues, stored ones, streams', { timeout: 280_000 }, async () => {
  const held = await checks(python, fileURLToPath(new URL('agents_responses.py', import.meta.url)), gw);
  assert.deepEqual(held, ['turns_with_the_whole_dialogue', 'turns_by_the_previous_response', 'streamed_turns', 'typed_output']);
});
