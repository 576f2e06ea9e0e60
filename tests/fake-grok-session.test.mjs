// The scripted Grok's socket before the answer: the order of events, the session's options, the message's shape.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from './lib/suite.mjs';
import { jwt, uuid } from './fake-grok.mjs';
import { grokForFile } from './lib/grok.mjs';
import { MODE_OPTIONS, attached, handshake, open, said } from './lib/mgw.mjs';

const grok = grokForFile();

const types = (client) => client.events.map((event) => event.type).filter((type) => type !== 'conversation.commands.updated');

/** Returns what the service answers to one event of a client that has got as far as `client`. */
async function objection(client, event, sessionId) {
  client.send(event, sessionId);
  const { error } = await client.until('error');
  await client.close();
  return error;
}

const item = (x_grok, more = {}) => ({ type: 'conversation.item.create', ...more, item: { type: 'message', role: 'user', ...more.item,
  x_grok: { client_message_id: randomUUID(), input_chunks: [{ text: { text: 'hi' } }], ...x_grok } } });

test('a session is created, echoes its event and is attached', async () => {
  const client = await attached(grok);
  const [created, attach] = client.received;
  assert.deepEqual([created.event.type, created.event.client_event_id, created.session_id], ['session.created', 'evt_init_1', client.sessionId]);
  assert.match(client.sessionId, /^[0-9a-f-]{36}$/);
  assert.deepEqual(attach.event.conversation, { id: client.sessionId, object: 'realtime.conversation' });
  assert.equal(attach.event.mode, 'new');
  assert.match(created.event.event_id, /^evt_[0-9a-f]{32}_0$/);
  const { session, sessionId } = grok.of('socket')[0];
  assert.deepEqual([session.model, session.x_grok.is_temporary, sessionId], ['fast', true, client.sessionId]);
  await client.close();
});

test('the list of commands comes to some clients', async () => {
  for (const commands of [true, false]) {
    grok.rules.length = 0;
    grok.script({}, { commands });
    const client = await attached(grok);
    await client.ask('hi');
    assert.equal(client.events.some((event) => event.type === 'conversation.commands.updated'), commands);
    await client.close();
  }
});

test('options of a session that the service does not take', async () => {
  const { use_chunk, ...others } = MODE_OPTIONS;
  const bad = [
    { model: 'grok-4', x_grok: MODE_OPTIONS }, { x_grok: MODE_OPTIONS }, { model: 'fast' }, { model: 'fast', x_grok: { use_chunk } },
    ...[{ protocol_capabilities: ['custom_methods_v1'] }, { is_temporary: 'yes' }, { image_generation_count: 9 }]
      .map((wrong) => ({ model: 'fast', x_grok: { ...MODE_OPTIONS, ...wrong } })),
  ];
  for (const session of bad) {
    const client = await open(grok, handshake(grok));
    const error = await objection(client, { type: 'session.create', session });
    assert.equal(error.code, 3, JSON.stringify(session));
    assert.deepEqual(types(client), ['error'], 'and nothing else');
  }
  const again = await open(grok, handshake(grok));
  const continued = { model: 'fast', x_grok: { ...others, conversation_id: uuid('old'), load_existing: true } };
  assert.equal((await objection(again, { type: 'session.create', session: continued })).code, 'conversation_not_found');
  for (const model of ['auto', 'fast', 'expert', 'heavy', 'build']) await (await attached(grok, jwt('super-1'), { mode: model })).close();
});

test('events before the session are refused, later ones dropped', async () => {
  const early = await open(grok, handshake(grok));
  assert.equal((await objection(early, { type: 'response.create' })).code, 'session_not_found');
  grok.script({}, { attach: 80 });
  const client = await open(grok, handshake(grok));
  client.create();
  await client.until('session.created');
  client.say('too early');
  await client.until('conversation.attached');
  await sleep(80);
  assert.deepEqual(types(client), ['session.created', 'conversation.attached'], 'a client that does not wait hangs');
  assert.deepEqual([grok.of('chat').length, grok.of('socket')[1].dropped], [0, 2]);
  assert.equal(said((await client.ask('[[text:in time]]')).events), 'in time');
  await client.close();
});

test('every event names the session, but a ping', async () => {
  for (const sessionId of [null, uuid('another')]) {
    for (const event of [item(), { type: 'response.create' }, { type: 'presence.update', visible: true }]) {
      const client = await attached(grok);
      assert.equal((await objection(client, event, sessionId)).code, 'session_not_found', event.type);
      assert.ok(!client.events.some((each) => each.type.startsWith('response')), 'nothing else');
    }
  }
  const client = await attached(grok);
  client.send({ type: 'ping' }, null);
  await client.until('pong');
  client.send({ type: 'presence.update', visible: true });
  client.send({ type: 'something.else' });
  assert.equal((await client.until('error')).error.message, 'unknown event something.else');
  await client.close();
  assert.deepEqual(grok.of('socket').at(-1).events.map((event) => event.type), ['session.create', 'ping', 'presence.update', 'something.else']);
  assert.deepEqual(grok.of('socket').at(-1).refused, ['unknown event something.else']);
});

test('a message of another shape', async () => {
  const mention = (file_id) => ({ mention: { target: { file_mention: { file_id } } } });
  const bad = [
    item({}, { item: { type: 'text' } }), item({}, { item: { role: 'system' } }),
    item({ client_message_id: 'evt_1' }), item({ input_chunks: [] }),
    item({ input_chunks: [{ text: 'hi' }] }), item({ input_chunks: [{ text: { text: 'a' }, mention: {} }] }),
    item({ input_chunks: [{ mention: { file_mention: { file_id: 'a' } } }] }),
    item({}, { file_attachment_ids: ['a'] }), item({}, { item: { file_attachment_ids: ['a'] } }), item({ input_chunks: [mention(uuid('never uploaded'))] }),
    { type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] } },
    { type: 'response.create' },
  ];
  for (const event of bad) {
    const client = await attached(grok);
    const { code } = await objection(client, event);
    assert.ok([3, 'attachment_not_found'].includes(code), JSON.stringify(event));
  }
  const both = await attached(grok);
  both.send(item());
  assert.match((await objection(both, { ...item(), type: 'response.create' })).message, /takes no item/);
  for (const raw of ['not JSON', '[]', '{"event":"ping"}', '{}']) {
    const client = await attached(grok);
    client.ws.send(raw);
    assert.equal((await client.until('error')).error.message, 'not an event', raw);
    await client.close();
  }
});

test('files are mentioned in both lists, and only those', async () => {
  const stored = await (await fetch(`${grok.url}/http/upload-file-v2/direct`, { method: 'POST', headers: { cookie: `sso=${jwt('basic-1')}` },
    body: (() => { const form = new FormData(); form.set('file', new File(['x'], 'a.png', { type: 'image/png' })); return form; })() })).json();
  const id = stored.fileMetadata.fileMetadataId;
  const chunks = [{ mention: { target: { file_mention: { file_id: id } } } }, { text: { text: 'and ' } }, { text: { text: 'this?' } }];
  for (const [onEvent, onItem] of [[[id], undefined], [undefined, [id]], [[id], []], [[id, id], [id]]]) {
    const client = await attached(grok);
    const error = await objection(client, item({ input_chunks: chunks }, { file_attachment_ids: onEvent, item: { file_attachment_ids: onItem } }));
    assert.match(error.message, /file_attachment_ids differs/);
  }
  const client = await attached(grok);
  client.send(item({ input_chunks: chunks }, { file_attachment_ids: [id], item: { file_attachment_ids: [id] } }));
  client.send({ type: 'response.create' });
  await client.until('response.done');
  await client.close();
  const { body } = grok.of('chat')[0];
  assert.deepEqual([body.message, body.fileAttachments, body.chunks], ['and this?', [id], ['mention', 'text', 'text']]);
});

test('several turns share a session, one after the other', async () => {
  const client = await attached(grok);
  await client.ask('[[text:one]]');
  client.received = [];
  assert.equal(said((await client.ask('[[text:two]]')).events), 'two');
  client.received = [];
  client.say('[[hang:3]]');
  await client.until('response.created');
  client.say('meanwhile');
  assert.equal((await client.until('error')).error.code, 9);
  await client.close();
  assert.deepEqual(grok.of('chat').map((call) => call.body.message), ['[[text:one]]', '[[text:two]]', '[[hang:3]]']);
  assert.equal(grok.of('socket')[0].turns, 3);
});

test('silent, unattached, wrong conversation, no echo, both glued', async () => {
  for (const [options, wanted] of [[{ silent: true }, []], [{ unattached: true }, ['session.created']]]) {
    grok.reset();
    grok.script({}, options);
    const client = await open(grok, handshake(grok));
    client.create();
    client.send({ type: 'ping' }, null);
    await sleep(60);
    assert.deepEqual(types(client).filter((type) => type !== 'pong'), wanted);
    await client.close();
    assert.equal(grok.of('socket')[0].status, 101);
  }
  grok.reset();
  grok.script({}, { wrong_conversation: true, noid: true, glue: true });
  const client = await attached(grok);
  const [created, attach] = client.events;
  assert.equal(created.client_event_id, undefined);
  assert.notEqual(attach.conversation.id, client.sessionId);
  assert.ok(client.messages < client.received.length, 'glued');
  await client.close();
});

test('an error and a close in place of the session', async () => {
  grok.script({ times: 1 }, { create_error: { code: 8, message: 'Too many sessions' } });
  const refused = await open(grok, handshake(grok));
  refused.create();
  assert.deepEqual((await refused.until('error')).error, { code: 8, message: 'Too many sessions' });
  assert.deepEqual(types(refused), ['error']);
  await refused.close();
  grok.script({ times: 1 }, { close_early: 1013 });
  const closed = await open(grok, handshake(grok));
  closed.create();
  assert.equal((await closed.closed).code, 1013);
  assert.deepEqual(closed.received, []);
});

test('large messages are refused, and a departure is recorded', async () => {
  const client = await attached(grok);
  client.say('x'.repeat(33 << 20));
  assert.equal((await client.closed).code, 1009);
  const leaving = await attached(grok);
  leaving.say('[[n:500]] [[slow:20]]');
  await leaving.until((event) => event.chunk?.text);
  const [call] = grok.of('chat');
  assert.equal(call.endedAt, null);
  leaving.ws.terminate();
  await call.done;
  assert.equal(call.aborted, true);
  assert.equal((await grok.of('socket')[1].done).closeCode, 1006);
});
