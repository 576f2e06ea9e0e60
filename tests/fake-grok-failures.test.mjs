// How turns of the scripted Grok fail on its socket: every kind of error, and every way to break off.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from './lib/suite.mjs';
import { ERRORS, STREAM_ERRORS, jwt } from './fake-grok.mjs';
import { grokForFile } from './lib/grok.mjs';
import { attached, handshake, open, said } from './lib/mgw.mjs';

const grok = grokForFile();

const END = ['response.done', 'response.completed'];

/** Asks and waits for an end, an error or the close; gives the events after the session's start. */
async function failing(message, { rule, token, mode, until = [...END, 'error', 'response.error', 'bare'] } = {}) {
  if (rule) grok.script({ times: 1 }, rule);
  const client = await attached(grok, token, { mode });
  client.say(message);
  await Promise.race([client.until(until).catch(() => {}), client.closed]);
  await sleep(10);
  const start = client.events.findIndex((event) => event.type === 'conversation.attached') + 1;
  const events = client.events.slice(start).filter((event) => event.type !== 'conversation.commands.updated');
  return Object.assign(events, { client, call: grok.of('chat').at(-1) });
}

const errorOf = (events) => events.find((event) => event.output?.stream_error)?.output.stream_error;

/** The turn ended with a stream_error of this kind, and with a response that is not complete. */
function endsWith(events, kind, message = STREAM_ERRORS[kind].message) {
  const error = errorOf(events);
  assert.deepEqual([error.kind, error.message, error.severity], [kind, message, 'STREAM_ERROR_SEVERITY_FATAL']);
  const { response } = events.find((event) => END.includes(event.type));
  assert.deepEqual([response.status, response.status_details.reason], ['incomplete', 'stream_error']);
  assert.equal(events.at(-1).type, 'response.done');
}

test('every stream_error kind, in both forms, has its fields', async () => {
  assert.equal(Object.keys(STREAM_ERRORS).length, 20);
  for (const [kind, { message, ...fields }] of Object.entries(STREAM_ERRORS)) {
    const events = await failing(`[[stream_error:${kind}]]`);
    endsWith(events, kind);
    for (const [name, value] of Object.entries(fields)) assert.equal(errorOf(events)[name], value, kind);
    assert.equal(said(events), '');
    const oneof = errorOf(await failing('hi', { rule: { stream_error: kind, stream_error_form: 'oneof' } }));
    assert.deepEqual(oneof[kind], fields);
    assert.equal(oneof.kind, undefined);
    await Promise.all([events.client.close()]);
  }
});

test('stream_error in mid-answer, and a normal one', async () => {
  const late = await failing('[[n:20]] [[late_after:5]] [[stream_error:internal_error]]');
  endsWith(late, 'internal_error');
  assert.equal(said(late), 'word0 word1 word2 树3🌲 word4');
  const normal = await failing('[[text:goes on]] [[stream_error:tool_call_failed]] [[severity:normal]]');
  assert.deepEqual([said(normal), errorOf(normal).severity], ['goes on', 'STREAM_ERROR_SEVERITY_NORMAL']);
  assert.equal(normal.find((event) => event.type === 'response.done').response.status, 'completed');
  const cancelled = await failing('[[n:3]] [[done_status:cancelled]]');
  assert.equal(cancelled.find((event) => event.type === 'response.done').response.status, 'cancelled');
  const failed = await failing('[[n:3]] [[model_error]]');
  assert.deepEqual(failed.find((event) => event.type === 'response.done').response.status_details, { reason: 'internal_error' });
});

test('failures of a conversation come by token, rule and keyword', async () => {
  const words = (name) => ERRORS[name].body.error.message;
  for (const [name, kind] of [['usage_limit', 'usage_limit_reached'], ['message_limit', 'usage_limit_reached'], ['heavy_usage', 'internal_error'],
    ['heavy_usage_503', 'internal_error'], ['moderated', 'content_moderated'], ['model_not_found', 'model_not_available']]) {
    endsWith(await failing('hi', { rule: { error: name } }), kind, words(name));
    endsWith(await failing(`[[error:${name}]]`), kind, words(name));
    endsWith(await failing(`[[inband:${name}]]`), kind, words(name));
  }
  for (const name of ['policy', 'invalid', 'post_not_found']) {
    const { code, message } = ERRORS[name].body.error;
    for (const events of [await failing('hi', { rule: { error: name } }), await failing(`[[error:${name}]]`)]) {
      assert.deepEqual(events.at(-1).error, { code, message }, name);
    }
  }
  endsWith(await failing('hi', { token: jwt('usage-1') }), 'usage_limit_reached', words('usage_limit'));
  endsWith(await failing('hi', { token: jwt('busy-1') }), 'internal_error', words('heavy_usage'));
  endsWith(await failing('[[moderated]]'), 'content_moderated', words('moderated'));
  endsWith(await failing('[[error:concurrency_limit]]'), 'concurrency_limit');
});

test('a keyword for a refused handshake gives an error event', async () => {
  const codes = { dead: 16, bad_credentials: 16, blocked_user: 7, anti_bot: 7, too_many: 8, challenge: 'anti_bot', empty_403: 'anti_bot', 503: 13 };
  for (const [name, code] of Object.entries(codes)) {
    for (const message of [`[[error:${name}]]`, `[[inband:${name}]]`, `[[inband_echo:${name}]]`, `[[n:4]] [[late:${name}]]`]) {
      const events = await failing(message);
      assert.equal(events.at(-1).type, 'error', message);
      assert.equal(events.at(-1).error.code, code, message);
      assert.equal(events.client.ws.readyState, 1, 'it does not close');
      assert.equal(said(events), message.includes('late') ? 'word0 word1 word2 树3🌲' : '', message);
      assert.equal(events.call.aborted, false);
    }
  }
  const first = await failing('hi', { token: jwt('inband-1') });
  assert.deepEqual(first.map((event) => event.type), ['error']);
  grok.script({ contains: 'refuse me' }, { error: 'dead' });
  assert.equal((await failing('refuse me')).at(-1).error.code, 16);
});

test('error events of any code, name and without an envelope', async () => {
  const scripted = await failing('hi', { rule: { error_event: { code: 'conversation_not_found', message: 'Conversation not found' } } });
  assert.deepEqual(scripted.at(-1).error, { code: 'conversation_not_found', message: 'Conversation not found' });
  assert.equal((await failing('[[error_event:8]]')).at(-1).error.code, 8);
  assert.equal((await failing('[[error_event:8]] [[response_error]]')).at(-1).type, 'response.error');
  const bare = await failing('hi', { rule: { bare_error: { code: 7, message: 'This page is out of date' } } });
  assert.deepEqual(bare.client.received.at(-1), { error: { code: 7, message: 'This page is out of date' } });
  const late = await failing('[[n:9]] [[late_after:3]] [[bare_error]]');
  assert.deepEqual([late.at(-1).type, said(late)], ['bare', 'word0 word1 word2']);
});

test('modes that an account does not have', async () => {
  const has = { 'basic-1': ['auto', 'fast', 'expert'], 'super-1': ['auto', 'fast', 'expert', 'heavy'], 'free-1': ['auto', 'fast'] };
  for (const [token, modes] of Object.entries(has)) {
    for (const mode of ['auto', 'fast', 'expert', 'heavy', 'build']) {
      const events = await failing('[[text:fine]]', { token: jwt(token), mode });
      if (modes.includes(mode)) assert.equal(said(events), 'fine', `${token} ${mode}`);
      else endsWith(events, 'model_not_available');
    }
  }
  endsWith(await failing('hi', { rule: { freemode: true }, mode: 'expert' }), 'model_not_available');
  grok.limit('basic-1', { allowed: ['build'] });
  assert.equal(said(await failing('[[text:fine]]', { mode: 'build' })), 'fine');
  endsWith(await failing('hi'), 'model_not_available');
});

test('connections cut, closed, closed cleanly without end, torn', async () => {
  const codes = { '[[n:50]] [[cut:20]]': 1006, '[[cut]]': 1006, '[[reset]]': 1006,
    '[[n:50]] [[close:20]]': 1011, '[[close]]': 1011, '[[n:50]] [[close:20]] [[close_code:4001]]': 4001,
    '[[nothing]]': 1000, '[[empty]]': 1000, '[[n:5]] [[nodone]]': 1000, '[[raw:no frames here]]': 1000, '[[n:50]] [[truncate:20]]': 1000 };
  for (const [message, code] of Object.entries(codes)) {
    const client = await attached(grok);
    client.ws.on('message', (data) => { client.last = data.toString(); });
    client.say(message);
    assert.equal((await client.closed).code, code, message);
    assert.ok(!client.events.some((event) => END.includes(event.type)), message);
    const call = await grok.of('chat').at(-1).done;
    assert.equal(call.aborted, false, `${message}: the service broke it off`);
    if (/:20\]\]/.test(message)) assert.equal(call.frames, message.includes('truncate') ? 19 : 20, message);
    if (/raw/.test(message)) assert.equal(client.last, 'no frames here');
    if (/truncate/.test(message)) assert.throws(() => JSON.parse(client.last));
    if (/\[\[(cut|close|reset|nothing)\]\]/.test(message)) assert.equal(call.frames, 0, message);
  }
  assert.equal(said((await failing('[[n:50]] [[cut:20]]'))).split(' ').length, 7, 'what was sent before arrives');
});

test('silence in mid-answer, with and without pongs; session.ended', async () => {
  for (const [message, pongs] of [['[[hang]]', 1], ['[[n:50]] [[hang:20]]', 1], ['[[hang]] [[nopong]]', 0], ['[[n:50]] [[hang:20]] [[nopong]]', 0]]) {
    const client = await attached(grok);
    const ready = () => grok.of('chat').at(-1)?.frames === (/:20/.test(message) ? 20 : 0);
    client.say(message);
    await grok.until(() => grok.of('chat').at(-1)?.body.message === message && ready());
    await sleep(10);
    client.send({ type: 'ping' }, null);
    await sleep(30);
    assert.equal(client.events.filter((event) => event.type === 'pong').length, pongs, message);
    const call = grok.of('chat').at(-1);
    assert.equal(call.endedAt, null);
    await client.close();
    assert.equal((await call.done).aborted, true, message);
  }
  const hanging = await open(grok, handshake(grok, jwt('hang-1')));
  hanging.create();
  await hanging.until('conversation.attached');
  await hanging.close();
  const ended = await failing('[[n:50]] [[ended:20]]', { until: 'session.ended' });
  assert.deepEqual([ended.at(-1).type, ended.length, ended.client.ws.readyState], ['session.ended', 21, 1]);
  await ended.client.close();
  assert.equal((await ended.call.done).aborted, false);
});

test('a failed turn spends nothing, a complete one spends once', async () => {
  const left = async () => (await (await fetch(`${grok.url}/rest/rate-limits`, { method: 'POST', headers: { cookie: `sso=${jwt('basic-1')}` },
    body: '{"modelName":"fast"}' })).json()).remainingQueries;
  const before = await left();
  for (const message of ['[[error:usage_limit]]', '[[inband:too_many]]', '[[stream_error:internal_error]]', '[[cut:20]]', '[[empty]]']) await failing(message);
  assert.equal(await left(), before);
  for (const message of ['hi', '[[glue]]', '[[classic]]', '[[picture]]']) await failing(message);
  assert.equal(await left(), before - 4);
});
