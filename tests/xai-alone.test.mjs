// A gateway that has keys of xAI's API and no Grok account: it is whole, and asks no other host. It reads its accounts by itself.
// Directives in prompts, such as [[n:40]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { until } from './lib/gateway.mjs';
import { openaiOf } from './lib/openai.mjs';
import { test } from './lib/suite.mjs';
import { xaiGatewayForFile } from './lib/xai.mjs';

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';
const { xai, gw } = xaiGatewayForFile({ reads: true, vars: { grok_base_url: NOWHERE, grok_assets_url: NOWHERE } });

test('answers and models need a key of xAI and nothing else', async () => {
  await gw.addKeys(['basic-1']);
  const client = openaiOf(gw);
  for (const model of ['xai/grok-4.6', 'grok-4', 'grok-4-fast']) {
    const { choices: [{ message }] } = await client.chat.completions.create({ model, messages: [{ role: 'user', content: '[[text:Good morning.]]' }] });
    assert.match(message.content, /Good morning\.$/, model);
  }
  const { data } = await client.images.generate({ model: 'grok-imagine-image', prompt: 'a red moon', response_format: 'b64_json' });
  assert.equal(Buffer.from(data[0].b64_json, 'base64').subarray(0, 2).toString('hex'), 'ffd8');
  const [account] = await gw.tokens();
  assert.ok(account.spent_today_usd > 0, JSON.stringify(account));
  const list = async () => {
    const ids = [];
    for await (const { id } of openaiOf(gw).models.list()) ids.push(id);
    return ids.includes('xai/grok-4.7') && ids;
  };
  const ids = await until(list, 'models of xAI', 30_000);
  assert.ok(ids.includes('xai/grok-imagine-image'), String(ids));
  assert.deepEqual([...new Set(xai.calls.map(({ kind }) => kind))].sort(), ['images', 'key', 'models', 'responses']);
});

test('nothing of the console asks for Grok', async () => {
  const [{ id }] = await gw.tokens();
  const tested = await gw.ok('POST', '/tokens/test', { token: id });
  assert.ok(tested, 'it is tested');
  const check = await gw.ok('POST', '/upstream/check', { id }).catch((error) => error);
  assert.ok(!(check instanceof Error), String(check));
  const stats = await gw.ok('GET', '/stats');
  assert.equal(stats.xai.active ?? stats.xai.total, 1, JSON.stringify(stats.xai));
});
