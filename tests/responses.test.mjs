// OpenAI's Responses API with the official client for Node: whole and streamed, tools, JSON, stored responses.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { beforeEach, test } from './lib/suite.mjs';
import { WEATHER, checkResponses } from './checks/responses.mjs';
import { NotFoundError, BadRequestError, APIError } from 'openai';
import { readFile } from 'node:fs/promises';
import { ENCRYPTED, gatewayForFile, startGateway } from './lib/gateway.mjs';
import { sqlite, databaseOf } from './lib/database.mjs';
import { openaiOf } from './lib/openai.mjs';

const gw = gatewayForFile({ vars: ENCRYPTED });
const model = 'grok-4';
beforeEach(() => gw.pool(['basic-1']));
checkResponses({ gw, model });

test('a response is continued, also after a restart, by its key', async () => {
  const first = await startGateway({ vars: ENCRYPTED });
  const { dataDir, key, grok } = first;
  let running = first.host;
  try {
    await first.addTokens(['basic-1']);
    const client = openaiOf(first);
    const one = await client.responses.create({ model, input: '[[echo]] My name is Ann.', instructions: 'never repeated' });
    const two = await client.responses.stream({ model, input: '[[echo]] second', previous_response_id: one.id }).finalResponse();
    assert.match(two.output_text, /My name is Ann[\s\S]*My name is Ann[\s\S]*second/);
    assert.doesNotMatch(two.output_text, /^系统/m, 'instructions are not repeated');
    const other = (await first.ok('POST', '/keys/add', { name: 'other' })).key;
    await first.host.stop();
    running = null;
    const again = await startGateway({ dataDir, grok, vars: ENCRYPTED, fresh: true });
    try {
      again.key = key;
      const mine = openaiOf(again);
      const three = await mine.responses.create({ model, input: '[[echo]] third', previous_response_id: two.id });
      assert.match(three.output_text, /My name is Ann[\s\S]*second[\s\S]*third/);
      assert.equal(three.previous_response_id, two.id);
      assert.equal((await mine.responses.retrieve(one.id)).output_text, one.output_text);
      const items = [];
      for await (const item of mine.responses.inputItems.list(two.id, { order: 'asc', limit: 2 })) items.push(item);
      assert.deepEqual(items.map(({ type, role }) => role ?? type), ['user', 'reasoning', 'assistant', 'user']);
      assert.deepEqual(items[0].content, [{ type: 'input_text', text: '[[echo]] My name is Ann.' }]);
      const reference = { type: 'item_reference', id: one.output.at(-1).id };
      const named = await mine.responses.create({ model, input: [reference, { role: 'user', content: '[[echo]] and now?' }] });
      assert.match(named.output_text, /My name is Ann[\s\S]*and now/);
      again.key = other;
      const stranger = openaiOf(again);
      const refused = (work, code) => assert.rejects(work, (error) => error instanceof NotFoundError && (!code || error.code === code));
      await refused(stranger.responses.create({ model, input: 'x', previous_response_id: one.id }), 'previous_response_not_found');
      await refused(stranger.responses.create({ model, input: [reference] }));
      await refused(stranger.responses.retrieve(one.id));
      await refused(stranger.responses.delete(one.id));
      await refused(stranger.responses.inputItems.list(one.id).asResponse());
      await mine.responses.delete(two.id);
      await refused(mine.responses.retrieve(two.id));
      await refused(mine.responses.create({ model, input: 'x', previous_response_id: three.id }), 'previous_response_not_found');
    } finally {
      await again.host.stop();
    }
    const path = await databaseOf(dataDir);
    assert.ok(Number(await sqlite('count', path, 'responses')) >= 3);
    assert.doesNotMatch((await readFile(path)).toString('latin1'), /My name is Ann/, 'what is stored is encrypted');
  } finally {
    await running?.stop();
    await first.grok.stop();
  }
});

test('refusals name the field, and a stream that breaks says so', async () => {
  await gw.pool(['basic-1', 'basic-2', 'basic-3']);
  const client = openaiOf(gw);
  const refused = (body, param) => assert.rejects(client.responses.create({ model, input: 'x', ...body }), (error) => error instanceof BadRequestError && error.param === param);
  await refused({ background: true }, 'background');
  await refused({ tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }, 'tools.0.type');
  await refused({ input: [] }, 'input');
  await assert.rejects(async () => { for await (const _ of await client.responses.create({ model, input: '[[n:50]] [[cut:30]]', stream: true })); }, APIError);
});

test('a chat takes the items that Cursor sends', async () => {
  const body = { model, stream: false, input: [{ role: 'user', content: [{ type: 'input_text', text: 'What is the weather in Paris?' }] }], tools: [WEATHER] };
  const { body: answer } = await gw.call('POST', '/v1/chat/completions', { body, headers: { authorization: `Bearer ${gw.key}` } });
  assert.equal(answer.choices[0].message.tool_calls[0].function.name, 'get_weather');
});
