// What clients see of xAI's failures, and what they do to its key.
// Directives in prompts, such as [[cut:3]]: fake-xai/directives.mjs
import assert from 'node:assert/strict';
import { ERRORS } from './fake-xai.mjs';
import { parseSse } from './lib/sse.mjs';
import { beforeEach, test } from './lib/suite.mjs';
import { until } from './lib/gateway.mjs';
import { HOST } from './lib/hosts.mjs';
import { xaiGatewayForFile, xaiKey } from './lib/xai.mjs';

const { xai, gw } = xaiGatewayForFile({ clock: true });
beforeEach(() => gw.keys(['basic-1']));

const model = 'xai/grok-4.6';
const ask = (content = 'hi', more) => gw.chat(content, { model, reasoning_format: 'hidden', ...more });
const rowOf = (name) => gw.keyRow(name);
const stream = async (content) => {
  const response = await gw.chatRaw(content, { model, stream: true, reasoning_format: 'hidden' });
  return response.status === 200 ? { status: 200, ...parseSse(await response.text()) } : { status: response.status, body: await response.json() };
};

/** By failure: the client's status and code, Retry-After, and the key's status afterwards. */
const SEEN = {
  wrong_key: [502, 'upstream_error', null, 'normal'], no_authorization: [502, 'upstream_error', null, 'normal'], odd_authorization: [502, 'upstream_error', null, 'normal'],
  blocked_key: [502, 'upstream_error', null, 'normal'], disabled_key: [502, 'upstream_error', null, 'normal'], blocked_team: [502, 'upstream_error', null, 'normal'],
  no_permission: [403, 'model_not_available', null, 'normal'], no_credits: [429, 'rate_limit_exceeded', 36_000, 'cooling'], rate_limited: [429, 'rate_limit_exceeded', 7, 'cooling'],
  rate_limited_bare: [429, 'rate_limit_exceeded', 60, 'cooling'], policy: [400, 'content_policy_violation', null, 'normal'], moderated: [400, 'content_policy_violation', null, 'normal'],
  internal: [502, 'upstream_error', null, 'normal'], internal_openai: [502, 'upstream_error', null, 'normal'], unavailable: [503, 'upstream_overloaded', null, 'normal'],
  overloaded: [503, 'upstream_overloaded', null, 'normal'], bad_gateway: [502, 'upstream_error', null, 'normal'], gateway_timeout: [502, 'upstream_error', null, 'normal'],
  encrypted: [400, 'invalid_value', null, 'normal'],
};

test('every listed failure is a clear answer, and changes its key', async () => {
  assert.deepEqual(Object.keys(SEEN).sort(), Object.keys(ERRORS).sort());
  const seen = {};
  for (const [error, [, , wait]] of Object.entries(SEEN)) {
    await gw.keys(['basic-1']);
    xai.reset();
    xai.script({}, { error });
    const { status, body, headers } = await ask();
    const after = headers.get('retry-after') === null ? null : Number(headers.get('retry-after'));
    const isNear = wait !== null && after !== null && after <= wait && after > wait - 30;
    seen[error] = [status, body.error.code, isNear ? wait : after, (await rowOf('basic-1')).status_code];
    assert.doesNotMatch(JSON.stringify(body), /xai-|xa\*|<html>|Team [0-9a-f]{8}|Grok/, error);
  }
  assert.deepEqual(seen, SEEN);
});

test('errors within a stream count as those before it', async () => {
  for (const [directive, status] of [['[[inband:rate_limited]]', 429], ['[[inband:internal]]', 502], ['[[nothing]]', 502], ['[[empty]]', 502], ['[[cut:0]]', 502],
    ['[[cut:2]]', 502], ['[[reset]]', 502]]) {
    for (const way of [ask, stream]) {
      await gw.keys(['basic-1']);
      const answer = await way(`hi [[think:0]] ${directive}`);
      assert.equal(answer.status, status, `${directive}: ${JSON.stringify(answer.body)}`);
    }
  }
});

test('what breaks off after its first words ends with an error', async () => {
  for (const directive of ['[[n:50]] [[slow:5]] [[cut:40]]', '[[n:50]] [[slow:5]] [[truncate:40]]', '[[n:9]] [[slow:20]] [[late_after:4]] [[late:internal]]', '[[n:9]] [[slow:20]] [[late_after:4]] [[failed:unavailable]]']) {
    await gw.keys(['basic-1', 'basic-2']);
    xai.reset();
    const streamed = await stream(directive);
    assert.ok(streamed.error && streamed.text.startsWith('word0 '), `${directive}: ${JSON.stringify(streamed)}`);
    assert.match(streamed.error.message, /^xAI/, 'it names whose failure it is');
    assert.equal(xai.calls.length, 1, 'nothing is asked twice that has begun');
    assert.equal((await rowOf('basic-1')).status_code, 'normal');
  }
});

test('a limit beyond 2^53 is for xAI to refuse', async () => {
  for (const max_tokens of [2 ** 53, 1e308]) {
    const { status, body } = await ask('hi', { max_tokens });
    assert.equal(status, 400, JSON.stringify(body));
    assert.match(body.error.message, /^xAI's API refused the request: .*max_output_tokens/);
  }
});

test('silence before an answer ends with the time limit', async () => {
  await gw.settings({ stream_first_response_timeout: 1 });
  for (const way of [ask, stream]) {
    const { status, body } = await way('[[hang]]');
    assert.deepEqual([status, body.error.code], [504, 'upstream_timeout']);
    assert.match(body.error.message, /^xAI did not answer in time/);
  }
  await xai.until(() => xai.open === 0);
  assert.ok(xai.calls.every(({ aborted }) => aborted), 'the connections are closed');
  await gw.settings({ stream_first_response_timeout: null });
});

test('a pause of five minutes is borne, a longer one ends', { skip: HOST !== 'workerd' && 'its clock cannot be turned' }, async () => {
  const asked = stream('[[n:50]] [[hang:40]]');
  await xai.until(() => xai.calls[0]?.frames >= 40);
  await gw.hurry(100);
  const began = Date.now();
  const { error, text } = await asked;
  await gw.hurry(1);
  assert.ok(error && text.startsWith('word0 '), text);
  const seconds = (Date.now() - began) / 10;
  assert.ok(seconds >= 280, `${seconds} s`);
  await xai.until(() => xai.open === 0);
});

test('another key answers, and clients see one answer', async () => {
  for (const name of ['wrong-1', 'blocked-1', 'disabled-1', 'banned-1', 'denied-1', 'limited-1', 'throttled-1', 'broke-1', 'broken-1', 'inband-1', 'empty-1']) {
    await gw.keys([name, 'basic-1']);
    xai.reset();
    for (let n = 0; n < 2; n++) {
      const { status, body, text } = await ask('[[text:good]]');
      assert.deepEqual([status, body.choices?.[0].message.content], [200, 'good'], `${name}: ${text}`);
    }
    assert.equal(xai.state(xaiKey(name)).calls, 1, `${name} is left alone after that`);
  }
});

test('limits of the account are kept', async () => {
  xai.limit(xaiKey('basic-1'), { requests: 2, window: 30 });
  const answers = [];
  for (let n = 0; n < 4; n++) answers.push(await ask());
  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 429, 429]);
  assert.equal(xai.calls.length, 3, 'while it rests, it is not asked');
  const wait = Number(answers[3].headers.get('retry-after'));
  assert.ok(wait > 20 && wait <= 30, `Retry-After ${wait}`);
  assert.equal((await rowOf('basic-1')).status_code, 'cooling');
});

test('a blocked key is given up, and says why', async () => {
  await gw.keys(['blocked-1', 'basic-1']);
  const refused = () => until(async () => (await rowOf('blocked-1')).status_code !== 'normal' && rowOf('blocked-1'), 'it is given up', 15_000);
  for (let n = 0; n < 14; n++) assert.equal((await ask()).status, 200);
  const row = await refused();
  assert.match(`${row.state_reason} ${row.last_failure_reason}`, /blocked/, JSON.stringify(row));
  const calls = xai.state(xaiKey('blocked-1')).calls;
  for (let n = 0; n < 7; n++) assert.equal((await ask()).status, 200);
  assert.equal(xai.state(xaiKey('blocked-1')).calls, calls, 'it is not asked again');
});
