// What the scripted Grok answers on its socket: the same text as over HTTP, in every form, with pictures and all that surrounds them.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { jwt } from './fake-grok.mjs';
import { grokForFile } from './lib/grok.mjs';
import { attached, said, split } from './lib/mgw.mjs';

const grok = grokForFile();

/** One turn; gives its events from the first of the turn on. */
async function turn(message, { token, rule, ...options } = {}) {
  if (rule) grok.script({ times: 1 }, rule);
  const client = await attached(grok, token, options);
  await client.ask(message);
  await client.until(['conversation.title.updated', 'response.persisted', 'response.done']).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  await client.close();
  const start = client.events.findIndex((event) => event.type === 'conversation.queue.updated');
  const events = client.events.slice(start).filter((event) => event.type !== 'conversation.commands.updated');
  return Object.assign(events, { client, call: grok.of('chat').at(-1) });
}

/** Returns the same message over the HTTP stream. */
async function overHttp(message, options) {
  if (options) grok.script({ times: 1 }, options);
  const answer = await fetch(`${grok.url}/rest/app-chat/conversations/new`, { method: 'POST', headers: { cookie: `sso=${jwt('basic-1')}`, 'x-statsig-id': 'signed' },
    body: JSON.stringify({ message, modelName: 'grok-4' }) });
  const frames = split(await answer.text()).map((frame) => frame.result.response).filter(Boolean);
  const text = frames.filter((frame) => frame.token && !frame.isThinking).map((frame) => frame.token).join('');
  const thoughts = frames.filter((frame) => frame.token && frame.isThinking && frame.messageTag !== 'tool_usage_card').map((frame) => frame.token);
  return { text: text || frames.map((frame) => frame.modelResponse?.message).find(Boolean) || '', thoughts,
    pictures: frames.map((frame) => frame.modelResponse?.generatedImageUrls).find((list) => list?.length > 0) ?? [] };
}

const chunks = (events, name) => events.map((event) => event.chunk?.[name]).filter(Boolean);
const thoughts = (events) => chunks(events, 'text').filter(({ channel }) => channel?.includes('NOTETAKER')).map(({ text }) => text);
const names = (events) => events.map(({ type, chunk }) => (chunk ? Object.keys(chunk).find((key) => key !== 'metadata') : type.replace(/^response\.|^conversation\./, '')));

test('the events of a plain turn, in order', async () => {
  const events = await turn('hello [[text:Hi there]]');
  assert.deepEqual(names(events), ['queue.updated', 'item.added', 'created', 'output_item.added', 'content_part.added', 'ui_layout', 'text', 'phase_marker', 'text',
    'tool_usage_card', 'tool_result', 'text', 'phase_marker', 'text', 'text', 'output_text.done', 'content_part.done', 'output_item.done', 'done',
    'text', 'follow_up_suggestions', 'persisted', 'title.updated']);
  assert.equal(said(events), 'Hi there');
  assert.deepEqual(thoughts(events), ['Thinking about the question', '- What is asked is clear.', '- Now the answer can be written.', 'Finishing']);
  assert.deepEqual(chunks(events, 'phase_marker').map(({ kind }) => kind), ['KIND_THINKING_START', 'KIND_RESPONSE_START']);
  assert.deepEqual(chunks(events, 'tool_result')[0].web_search.webpages.map(({ url }) => url), ['https://example.org/hyperion', 'https://example.org/redwoods']);
  const whole = events.find((event) => event.type === 'response.output_text.done');
  assert.equal(whole.text, 'Hi there', 'the whole text once more');
  assert.equal((await turn('[[nomessage]] [[n:3]]')).find((event) => event.type === 'response.output_text.done').text, '');
  const end = events.find((event) => event.type === 'response.done');
  assert.deepEqual([end.response.status, end.response.usage], ['completed', {}]);
  const ids = new Set(events.filter((event) => event.response_id).map((event) => event.response_id));
  assert.deepEqual([...ids], [end.response.id], 'one response');
  assert.ok(events.filter((event) => event.chunk?.text && events.indexOf(event) > events.indexOf(end)).every((event) => event.response_id === ''));
  assert.equal(new Set(events.map((event) => event.event_id)).size, events.length);
});

test('a turn is recorded as an HTTP chat is', async () => {
  const { call } = await turn('[[n:5]] hello', { token: jwt('super-3'), mode: 'expert' });
  assert.deepEqual([call.kind, call.transport, call.mode, call.token, call.tokenName], ['chat', 'websocket', 'expert', jwt('super-3'), 'super-3']);
  assert.deepEqual([call.status, call.aborted], [101, false]);
  assert.deepEqual([call.body.message, call.body.mode, call.body.fileAttachments, call.body.temporary], ['[[n:5]] hello', 'expert', [], true]);
  assert.equal(call.headers['user-agent'], 'Mozilla/5.0 (suite)');
  assert.ok(call.frames === 26 && call.bytes > 1_000 && call.endedAt >= call.at, `${call.frames} frames`);
  assert.equal((await call.done), call);
  assert.equal(grok.tokens.get(jwt('super-3')), 1);
  const socket = grok.of('socket')[0];
  assert.deepEqual([socket.turns, call.socket, socket.closeCode], [1, socket.id, 1005]);
});

test('both transports give the same text and thoughts', async () => {
  for (const message of ['hello', '你好', '[[n:40]]', '[[n:40]] [[width:3]]', '[[big]]', '[[echo]] say this', '[[text:The answer.]]', '[[onlymodel]] [[text:all at once]]',
    '[[noend]] [[n:5]]', '[[nomessage]] [[n:5]]', '[[n:12]] [[split:1]]', '[[n:12]] [[split:1000]]', '[[n:12]] [[concat]]', '[[n:12]] [[glue]]', '[[text:]]',
    '[[n:12]] [[classic]]', '[[n:12]] [[nochannel]]', '[[n:12]] [[cite]]', '[[n:12]] [[unknown]]', '[[n:12]] [[binary]]', '[[n:12]] [[alias_done]]', '[[n:12]] [[afterword:more]]',
    '[[n:12]] [[stream_error:tool_call_failed]] [[severity:normal]]', '[[n:9]] [[searched_image]] [[file_preview]] [[progress_report]] [[x_posts:2]]']) {
    const expected = await overHttp(message);
    assert.equal(said(await turn(message)), expected.text, message);
  }
  for (const options of [{ tokens: ['a ', '<xai', ':tag>', 'b'] }, { text: 'x', think: false }, { n: 7, search: false }]) {
    const expected = await overHttp('scripted', options);
    const events = await turn('scripted', { rule: options });
    assert.equal(said(events), expected.text);
    assert.deepEqual(thoughts(events).slice(0, -1), expected.thoughts);
  }
  const late = thoughts(await turn('[[text:x]] [[late_thinking]]'));
  assert.deepEqual(late, [...(await overHttp('[[text:x]] [[late_thinking]]')).thoughts, 'Finishing']);
});

test('the classic form: deltas, reasoning, results, cards', async () => {
  for (const options of [{ rule: { classic: true } }, { x_grok: { use_chunk: false } }]) {
    const events = await turn('[[text:Hi there]]', options);
    assert.deepEqual(names(events), ['queue.updated', 'item.added', 'created', 'output_item.added', 'content_part.added', 'output_text.delta', 'reasoning_text.delta',
      'grok.output', 'search.result', 'reasoning_text.delta', 'output_text.delta', 'output_text.delta', 'output_text.done', 'content_part.done', 'output_item.done', 'done',
      'persisted', 'title.updated']);
    assert.equal(events[5].x_grok.is_thinking, true);
    assert.equal(events[8].search_result.web_results[1].title, 'Coast redwoods');
    assert.equal(said(events), 'Hi there');
  }
  const drawn = await turn('[[picture]] [[classic]]');
  const cards = drawn.map((event) => event.output?.card_attachment).filter(Boolean);
  assert.deepEqual(cards.map((card) => typeof card), ['object', 'object', 'string', 'string']);
});

test('glued messages, fragments, binaries, both kinds of ping', async () => {
  const glued = await turn('[[n:20]] [[glue]]');
  assert.ok(glued.client.messages < glued.client.received.length / 2, `${glued.client.messages} messages`);
  const quiet = await turn('[[n:5]] [[noafter]]');
  assert.equal(quiet.at(-1).type, 'response.done');
  assert.equal((await turn('[[binary]]')).client.binaries, 1);
  assert.equal(said(await turn('[[text:x]] [[ws_ping]]')), 'x');
  const client = await attached(grok);
  client.say('[[text:x]] [[ping]]');
  const ping = await client.until('ping');
  assert.ok(!client.events.some((event) => event.type === 'response.done'), 'it waits for the pong');
  client.send({ type: 'pong', client_event_id: ping.event_id }, null);
  await client.until('response.done');
  await client.close();
});

test('slow tokens come one by one, and the first one late', async () => {
  const times = [];
  const client = await attached(grok);
  client.ws.on('message', () => times.push(Date.now()));
  const began = Date.now();
  await client.ask('[[n:6]] [[slow:15]] [[first:100]]');
  assert.ok(times[0] - began >= 95, `first after ${times[0] - began} ms`);
  assert.ok(times.at(-1) - times[0] >= 15 * 15, `${times.at(-1) - times[0]} ms`);
  assert.ok(client.messages > 20);
  await client.close();
});

test('thought channels, X posts, citations, the mode of agents', async () => {
  const raw = await turn('hi', { rule: { thinking_channel: 'CHANNEL_ASSISTANT_THINKING', x_posts: 2, text: 'A b c.', cite: true, progress_report: true } });
  assert.equal(chunks(raw, 'text').filter(({ channel }) => channel === 'CHANNEL_ASSISTANT_THINKING').length, 3);
  assert.deepEqual(chunks(raw, 'tool_result')[1].x_post.posts.map(({ userhandle, post_id }) => `https://x.com/${userhandle}/status/${post_id}`),
    ['https://x.com/redwoods/status/1790000000000000001', 'https://x.com/arborist/status/1790000000000000002']);
  assert.deepEqual(chunks(raw, 'render_citation').map(({ url }) => url), ['https://example.org/hyperion', 'https://example.org/hyperion', 'https://example.org/redwoods']);
  assert.deepEqual(names(raw).slice(-12, -8), ['render_citation', 'render_citation', 'render_citation', 'text'], 'before the last piece');
  assert.deepEqual(chunks(raw, 'progress_report').map(({ percentage }) => percentage), [10, 60]);
  assert.deepEqual(chunks(await turn('[[x_posts]]'), 'tool_result')[1].x_post, {});
  const heavy = await turn('hi', { token: jwt('super-1'), mode: 'heavy' });
  assert.equal(chunks(heavy, 'ui_layout')[0].rollout_ids.length, 3);
  assert.ok(heavy.filter((event) => event.chunk).every((event) => /^Agent \d$/.test(event.chunk.metadata.rollout_id)));
});

test('pictures are announced, previewed, finished by their key', async () => {
  const events = await turn('draw a moon');
  assert.deepEqual(names(events).slice(5, -8), ['ui_layout', 'tool_usage_card', 'render_start', 'render_start', ...Array(4).fill('render_generated_image'), 'text']);
  assert.equal(said(events), "I generated images with the prompt: 'draw a moon'");
  const images = chunks(events, 'render_generated_image').map(({ image_chunk }) => image_chunk);
  const [inline, key] = [/^data:image\/jpeg;base64,\/9j\//, /^users\/[0-9a-f-]{36}\/generated\/[0-9a-f-]{36}\/image\.jpg$/];
  for (const { progress, imageUrl } of images) assert.match(imageUrl, progress === 50 ? inline : key);
  const get = (token) => fetch(`${grok.url}/${images[1].imageUrl}`, { headers: { cookie: `sso=${token}` } });
  assert.equal((await get(jwt('basic-1'))).headers.get('content-type'), 'image/jpeg');
  assert.equal((await get(jwt('basic-2'))).status, 403);
  for (const [x_grok, count] of [[{ image_generation_count: 1 }, 1], [{ enable_image_generation: false }, 0], [{ image_generation_count: 0 }, 0]]) {
    assert.equal(chunks(await turn('draw a moon', { x_grok }), 'render_generated_image').length, count * 2);
  }
});

test('pictures: every form an option asks for', async () => {
  const images = async (message, form) => chunks(await turn(`[[picture]] ${message}`, form), 'render_generated_image').map(({ image_chunk }) => image_chunk);
  const finals = (list) => list.filter(({ progress }) => progress !== 50);
  assert.deepEqual(names(await turn('[[picture]] [[unannounced]]')).filter((name) => /render_start|tool/.test(name)), []);
  assert.equal(finals(await images('[[duplicates]]')).length, 4);
  assert.deepEqual(finals(await images('[[placeholder]]')).slice(2).map(({ imageUrl }) => imageUrl), ['', '/', 'https://assets.grok.com/']);
  assert.ok(finals(await images('[[fullurl]]')).every(({ imageUrl }) => imageUrl.startsWith(`${grok.url}/users/`)));
  assert.ok(finals(await images('[[noprogress]]')).every((image) => !('progress' in image)));
  assert.deepEqual(finals(await images('[[picture_moderated]]')).map(({ moderated }) => moderated), [true, false]);
  assert.deepEqual((await images('[[picture_error:1006]]')).map(({ systemErrCode }) => systemErrCode), [1006, 1006]);
  const [large] = await images('[[preview:3000000]]');
  assert.ok(large.imageUrl.length > 4_000_000);
  const cards = (await turn('[[picture]] [[cards]]')).map((event) => event.output?.card_attachment).filter(Boolean);
  assert.deepEqual(cards.map((card) => typeof card), ['object', 'object', 'string', 'string']);
  assert.equal(JSON.parse(cards[3]).cardType, 'generated_image_card');
  assert.match(said(await turn('[[picture]] [[render_tag]] [[text:Here.]]')), /<grok:render card_id="g0"[^>]*><\/grok:render>Here\.$/);
  const film = chunks(await turn('[[video]] [[bytes:50000]]'), 'render_generated_video').map(({ video_chunk }) => video_chunk);
  assert.deepEqual([film.length, film.at(-1).progress], [9, 100]);
  const file = await fetch(`${grok.url}/${film.at(-1).video_url}`, { headers: { cookie: `sso=${jwt('basic-1')}` } });
  assert.equal((await file.arrayBuffer()).byteLength, 50_000);
});

test('scripted HTTP frames say the same, events go out unchanged', async () => {
  const response = (fields) => ({ result: { response: fields } });
  const model = (message, generatedImageUrls = [], partial = false) => response({ modelResponse: { message, generatedImageUrls, partial } });
  const end = response({ finalMetadata: {} });
  const thought = (token) => response({ token, isThinking: true, messageTag: 'summary' });
  const spoken = await turn('x', { rule: { frames: [thought('thought'), response({ token: 'So ' }), response({ token: 'it is.' }), model('So it is.'), end] } });
  assert.deepEqual([said(spoken), thoughts(spoken)[0]], ['So it is.', 'thought']);
  const frames = [model('', ['users/u/generated/first/image.jpg']), model('Here', ['users/u/generated/a/image.jpg', '/']),
    model('', ['users/u/generated/late/image.jpg'], true), end];
  const drawn = await turn('x', { rule: { frames } });
  assert.equal(said(drawn), 'Here');
  assert.deepEqual(chunks(drawn, 'render_generated_image').map(({ image_chunk }) => image_chunk.imageUrl), ['users/u/generated/a/image.jpg', '/']);
  const raw = '{"event":{"type":"conversation.queue.updated"}}{"event":{"type":"response.done","response":{"status":"completed"}}}';
  const events = await turn('x', { rule: { frames: [{ type: 'response.output_text.delta', delta: 'as it is' }, raw] } });
  assert.equal(said(events), 'as it is');
  grok.script({}, { frames: [thought('unfinished')] });
  const client = await attached(grok);
  client.say('x');
  assert.equal((await client.closed).code, 1000);
  assert.ok(!client.events.some((event) => event.type === 'response.done'));
});
