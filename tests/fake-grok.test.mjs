// The scripted Grok itself: it must break things the way it says, because the suite trusts it.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { grokForFile } from './lib/grok.mjs';
import { test } from './lib/suite.mjs';
import { fileURLToPath } from 'node:url';
import { ERRORS, jwt } from './fake-grok.mjs';

const grok = grokForFile();

const post = (path, body, token = jwt('basic-1'), more = {}) => fetch(grok.url + path, {
  method: 'POST', headers: { cookie: `sso-rw=${token};sso=${token}`, 'x-statsig-id': 'signed', 'content-type': 'application/json' }, body: JSON.stringify(body), ...more });
const chat = (message, token, more) => post('/rest/app-chat/conversations/new', { message, modelName: 'grok-4' }, token, more);
const lines = (text) => text.trim().split('\n').map((line) => JSON.parse(line));
const said = (frames) => frames.map((f) => f.result?.response).filter((r) => r?.token && !r.isThinking).map((r) => r.token).join('');

test('a plain question is thought about, searched and answered', async () => {
  const frames = lines(await (await chat('用户：hello')).text());
  const responses = frames.map((frame) => frame.result.response ?? {});
  assert.ok(responses.some((r) => r.isThinking && r.messageTag === 'header'));
  assert.ok(responses.some((r) => r.webSearchResults?.results.length === 2));
  assert.equal(said(frames), responses.find((r) => r.modelResponse).modelResponse.message);
  assert.match(said(frames), /“hello”/);
  assert.equal(grok.of('chat')[0].tokenName, 'basic-1');
});

test('byte by byte, glued, SSE, BOM and widths give the same text', async () => {
  const expected = said(lines(await (await chat('[[n:40]]')).text()));
  for (const way of ['[[split:1]]', '[[split:7]]', '[[width:3]]']) {
    assert.equal(said(lines(await (await chat(`[[n:40]] ${way}`)).text())), expected, way);
  }
  const glued = await (await chat('[[n:40]] [[concat]]')).text();
  assert.ok(!glued.includes('\n'));
  assert.equal(said(lines(glued.replaceAll('}{"result"', '}\n{"result"'))), expected);
  const sse = await (await chat('[[n:40]] [[sse]]')).text();
  assert.ok(sse.endsWith('data: [DONE]\n\n'));
  const bom = new Uint8Array(await (await chat('[[bom]]')).arrayBuffer());
  assert.deepEqual([...bom.slice(0, 3)], [0xef, 0xbb, 0xbf]);
});

test('every listed failure has its status and text', async () => {
  for (const [name, { status, body }] of Object.entries(ERRORS)) {
    const answer = await chat(`[[error:${name}]]`);
    assert.equal(answer.status, status, name);
    assert.equal(await answer.text(), typeof body === 'string' ? body : JSON.stringify(body), name);
  }
  const first = lines(await (await chat('[[inband:too_many]]')).text());
  assert.deepEqual(first, [{ error: { code: 8, message: 'Too many requests', details: [] } }]);
});

test('a token’s name counts, a rule by token and count beats it', async () => {
  assert.equal((await chat('hi', jwt('quota-1'))).status, 429);
  assert.equal((await chat('hi', 'quota-raw')).status, 429);
  assert.equal((await chat('hi', jwt('dead-1'))).status, 401);
  grok.script({ token: jwt('basic-1'), times: 1 }, { error: 'internal' });
  assert.deepEqual([(await chat('hi')).status, (await chat('hi')).status], [500, 200]);
  assert.equal(grok.tokens.get(jwt('basic-1')), 2);
});

test('cut, reset, truncated, empty and model-only streams', async () => {
  await assert.rejects((await chat('[[n:50]] [[cut:20]]')).text(), 'a cut stream must not end cleanly');
  await assert.rejects(chat('[[reset]]'));
  const torn = await (await chat('[[n:50]] [[truncate:12]]')).text();
  assert.throws(() => JSON.parse(torn.split('\n').at(-1)));
  assert.equal(said(lines(await (await chat('[[empty]]')).text())), '');
  const only = lines(await (await chat('[[onlymodel]] [[text:all at once]]')).text());
  assert.equal(said(only), '');
  assert.ok(only.some((f) => f.result.response?.modelResponse?.message === 'all at once'));
});

test('a departure is recorded with its time, around the head', async () => {
  for (const message of ['[[hang]]', '[[n:50]] [[hang:10]]', '[[n:500]] [[slow:20]]']) {
    grok.reset();
    const leaving = new AbortController();
    const answer = chat(message, undefined, { signal: leaving.signal }).then((response) => response.text()).catch(() => 'left');
    const call = await grok.until(() => grok.calls[0]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(call.endedAt, null, message);
    leaving.abort();
    assert.equal(await answer, 'left');
    await call.done;
    assert.equal(call.aborted, true, message);
  }
});

test('slow tokens come one by one', async () => {
  const answer = await chat('[[n:5]] [[slow:30]]');
  let pieces = 0;
  for await (const _ of answer.body) pieces += 1;
  assert.ok(pieces >= 5, `${pieces} pieces`);
});

test('rate limits: both shapes, falling with use, and scripted', async () => {
  const limits = async (modelName, token) => (await post('/rest/rate-limits', { requestKind: 'DEFAULT', modelName }, token)).json();
  await (await chat('hi')).text();
  assert.equal((await limits('grok-4')).remainingTokens, 79);
  const heavy = await limits('grok-4-heavy', jwt('super-1'));
  assert.deepEqual([heavy.remainingQueries, heavy.totalQueries, heavy.lowEffortRateLimits], [20, 20, null]);
  grok.limit(jwt('basic-1'), { remaining: 0, window: 2, shape: 'B' });
  assert.deepEqual(await limits('grok-4'), { windowSizeSeconds: 2, remainingQueries: 0, totalQueries: 80, waitTimeSeconds: 2,
    lowEffortRateLimits: null, highEffortRateLimits: null });
  assert.equal((await post('/rest/rate-limits', {}, jwt('dead-1'))).status, 401);
});

test('pictures, videos, uploads have an owner and honour ranges', async () => {
  const owner = jwt('basic-1');
  const get = (path, token, headers = {}) => fetch(`${grok.url}/${path}`, { headers: { cookie: `sso=${token}`, ...headers } });
  const frames = lines(await (await chat('draw a moon')).text());
  const urls = frames.map((f) => f.result.response?.modelResponse?.generatedImageUrls).find((list) => list);
  assert.equal(new Set(urls).size, 2);
  const picture = await get(urls[0], owner);
  assert.equal(picture.headers.get('content-type'), 'image/jpeg');
  assert.deepEqual([...new Uint8Array(await picture.arrayBuffer()).slice(0, 2)], [0xff, 0xd8]);
  assert.equal((await get(urls[0], jwt('basic-2'))).status, 403);
  assert.equal((await fetch(`${grok.url}/${urls[0]}`)).status, 403);
  assert.equal((await get(urls[0].replace('/image', '-part-0/image'), owner)).status, 404);

  const call = { message: '[[bytes:5000000]]', toolOverrides: { videoGen: true } };
  const video = lines(await (await post('/rest/app-chat/conversations/new', call)).text())
    .map((f) => f.result.response?.streamingVideoGenerationResponse?.videoUrl).find(Boolean);
  const whole = new Uint8Array(await (await get(video, owner)).arrayBuffer());
  assert.equal(whole.length, 5_000_000);
  const part = await get(video, owner, { range: 'bytes=4000000-4000099' });
  assert.equal(part.headers.get('content-range'), 'bytes 4000000-4000099/5000000');
  assert.deepEqual(new Uint8Array(await part.arrayBuffer()), whole.slice(4_000_000, 4_000_100));
  assert.equal((await get(video, owner, { range: 'bytes=9000000-' })).status, 416);

  const content = Buffer.from('picture').toString('base64');
  const stored = await (await post('/rest/app-chat/upload-file', { fileName: 'a.png', fileMimeType: 'image/png', content })).json();
  assert.equal(await (await get(stored.fileUri, owner)).text(), 'picture');
  assert.match((await (await post('/rest/media/post/create', { mediaType: 'MEDIA_POST_TYPE_IMAGE' })).json()).post.id, /^[0-9a-f-]{36}$/);
});

test('as a program it prints its address and ends on SIGTERM', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('fake-grok.mjs', import.meta.url)), '--pace', '0']);
  const url = await new Promise((resolve) => child.stdout.on('data', (data) => resolve(/ready (\S+)/.exec(data)[1])));
  const order = (path, body) => fetch(`${url}/__control/${path}`, { method: 'POST', body: JSON.stringify(body) });
  await order('script', { rule: { token: 'basic-9', times: 1 }, options: { error: 'unavailable' } });
  const answer = await fetch(`${url}/rest/app-chat/conversations/new`, { method: 'POST', headers: { cookie: `sso=${jwt('basic-9')}`, 'x-statsig-id': 'signed' }, body: '{}' });
  assert.equal(answer.status, 503);
  const calls = await (await fetch(`${url}/__control/calls?kind=chat`)).json();
  assert.equal(calls.length, 1);
  child.kill('SIGTERM');
  assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0);
});
