// The scripted Grok's door: who gets a socket and who does not, identity, uploads, limits by mode, signed routes.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from './lib/suite.mjs';
import { jwt, startGrok } from './fake-grok.mjs';
import { png } from './fake-grok/media.mjs';
import { grokForFile } from './lib/grok.mjs';
import { attached, handshake, open, said, userIdOf } from './lib/mgw.mjs';

const grok = grokForFile();

/** Returns a good handshake with some headers replaced; undefined removes one. */
function changed(headers, path) {
  const good = handshake(grok);
  const all = { ...good.headers, ...headers };
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
  return { path: path ?? good.path, headers: all };
}

const refusal = (shake) => open(grok, shake).then(() => assert.fail('it was let in'), (error) => error);
const call = (method, path, { token = jwt('basic-1'), headers = {}, body } = {}) => fetch(grok.url + path, { method, redirect: 'manual', body,
  headers: { ...(token ? { cookie: `sso=${token}; sso-rw=${token}` } : {}), ...headers } });

test('a good handshake is let in, with either origin, and recorded', async () => {
  for (const origin of ['https://grok.com', grok.url]) {
    const client = await open(grok, changed({ origin }));
    assert.equal(client.ws.extensions, '', 'no compression');
    await client.close();
  }
  const [socket] = grok.of('socket');
  assert.deepEqual([socket.status, socket.tokenName, socket.uid, socket.unwanted, socket.turns], [101, 'basic-1', userIdOf(jwt('basic-1')), [], 0]);
  assert.equal(grok.of('chat').length, 0, 'no turn, no chat');
  await (await open(grok, changed({ authorization: 'Bearer x', 'x-statsig-id': 'y' }))).close();
  assert.deepEqual(grok.of('socket')[2].unwanted, ['authorization', 'x-statsig-id']);
});

test('a faulty handshake is refused as the service refuses it', async () => {
  const token = jwt('basic-1');
  const id = userIdOf(token);
  const other = userIdOf(jwt('basic-2'));
  const cookie = (text) => changed({ cookie: text });
  const cases = [
    ['no cookies', changed({ cookie: undefined }), 401], ['no sso', cookie(`sso-rw=${token}; x-userid=${id}`), 401],
    ['no sso-rw', cookie(`sso=${token}; x-userid=${id}`), 403], ['another sso-rw', cookie(`sso=${token}; sso-rw=x; x-userid=${id}`), 403],
    ['no x-userid', cookie(`sso=${token}; sso-rw=${token}`), 403], ['another x-userid', cookie(`sso=${token}; sso-rw=${token}; x-userid=${other}`), 403],
    ['a cookie twice', cookie(`sso=${token}; sso-rw=${token}; x-userid=${id}; x-userid=${id}`), 403],
    ['another uid', changed({}, `/ws/mgw/?uid=${other}`), 403], ['no uid', changed({}, '/ws/mgw/'), 403],
    ['someone else in both', changed({ cookie: `sso=${token}; sso-rw=${token}; x-userid=${other}` }, `/ws/mgw/?uid=${other}`), 403],
    ['no slash', changed({}, `/ws/mgw?uid=${id}`), 404], ['another path', changed({}, `/ws/gw/?uid=${id}`), 404],
  ];
  for (const [what, shake, status] of cases) {
    const refused = await refusal(shake);
    assert.equal(refused.status, status, what);
    assert.ok(JSON.parse(refused.body).error.message, what);
    assert.equal(grok.of('socket').at(-1).status, status, what);
  }
  for (const [what, headers] of [['no origin', { origin: undefined }], ['another origin', { origin: 'https://example.org' }],
    ['no user agent', { 'user-agent': undefined }], ['an empty user agent', { 'user-agent': '' }]]) {
    const refused = await refusal(changed(headers));
    assert.equal(refused.status, 403, what);
    assert.match(refused.body, /Just a moment/, what);
  }
  assert.equal(grok.of('chat').length, 0, 'a bad handshake is not a chat');
});

test('scripted refusals of the handshake are recorded as a chat', async () => {
  const cases = { dead: 401, bad_credentials: 403, blocked_user: 403, suspended: 403, anti_bot: 403, challenge: 403, challenge_200: 200, empty_403: 403,
    internal: 500, unavailable: 503, bad_gateway: 502, too_many: 429, too_many_retry_after: 429, 418: 418 };
  for (const [error, status] of Object.entries(cases)) {
    grok.reset();
    grok.script({ times: 1 }, { error });
    const refused = await refusal(handshake(grok));
    assert.equal(refused.status, status, error);
    if (/^challenge/.test(error)) assert.match(refused.body, /Just a moment/);
    else if (error === 'empty_403') assert.equal(refused.body, '');
    else if (error !== 'bad_gateway') assert.ok(JSON.parse(refused.body).error.code, error);
    assert.equal(refused.headers['retry-after'], error === 'too_many_retry_after' ? '37' : undefined);
    assert.deepEqual(grok.of('chat').map((chat) => [chat.status, chat.transport, chat.body.message, chat.aborted]), [[status, 'websocket', '', false]]);
    await (await open(grok, handshake(grok))).close();
  }
  grok.reset();
  for (const [name, status] of [['dead-1', 401], ['suspect-1', 401], ['blocked-1', 403], ['quota-1', 429], ['broken-1', 500]]) {
    assert.equal((await refusal(handshake(grok, jwt(name)))).status, status, name);
    assert.equal(grok.tokens.get(jwt(name)), 1);
  }
  grok.script({}, { reset: true });
  assert.match((await refusal(handshake(grok))).message, /socket hang up|ECONNRESET/);
  grok.rules.length = 0;
  grok.script({ kind: 'socket', token: 'basic-1' }, { stall: true });
  assert.match((await open(grok, handshake(grok), { handshakeTimeout: 200 }).catch((error) => error)).message, /timed out/);
});

test('a rule counts once a turn, in the handshake or the turn', async () => {
  grok.script({ times: 1 }, { text: 'scripted' });
  grok.script({ contains: 'second', times: 1 }, { text: 'by its words' });
  const answers = [];
  for (const words of ['first', 'second', 'second', 'third']) {
    const client = await attached(grok);
    answers.push(said((await client.ask(`${words} [[text:plain]]`)).events));
    await client.close();
  }
  assert.deepEqual(answers, ['scripted', 'by its words', 'plain', 'plain']);
});

test('identity: both ways, every shape, the dead and the blocked', async () => {
  const id = userIdOf(jwt('basic-1'));
  const wayA = async (token) => (await call('GET', '/api/auth/session', { token })).json();
  assert.deepEqual([(await wayA()).status, (await wayA()).session.userId], ['authenticated', id]);
  const wayB = await call('GET', '/');
  assert.match(wayB.headers.get('set-cookie'), new RegExp(`x-userid=${id};`));
  assert.equal((await call('GET', '/api/auth/session', { token: jwt('dead-1') })).status, 401);
  assert.equal((await call('GET', '/api/auth/session', { token: null })).status, 401);
  for (const token of [jwt('dead-1'), null]) {
    const dead = await call('GET', '/', { token });
    assert.deepEqual([dead.status, dead.headers.get('location'), dead.headers.get('set-cookie')], [307, 'https://accounts.x.ai/', null]);
  }
  assert.equal((await wayA(jwt('blocked-1'))).status, 'blocked');
  assert.equal((await wayA(jwt('subid-1'))).sub, userIdOf(jwt('subid-1')));
  assert.equal((await wayA(jwt('noid-1'))).session.userId, undefined);
  for (const [shape, of] of [['user.id', (body) => body.user.id], ['userId', (body) => body.userId], ['sub', (body) => body.sub]]) {
    grok.rules.length = 0;
    grok.script({ kind: 'identity' }, { shape });
    assert.equal(of(await wayA()), id);
  }
  grok.script({ kind: 'identity', path: '/' }, { error: 'too_many' });
  assert.deepEqual([(await call('GET', '/')).status, (await call('GET', '/api/auth/session')).status], [429, 200]);
  assert.ok(grok.of('identity').length > 10);
});

test('only the signed routes refuse a POST without a signature', async () => {
  const paths = ['/rest/app-chat/conversations/new', '/rest/app-chat/upload-file', '/rest/media/post/create'];
  for (const path of paths) {
    const refused = await call('POST', path, { body: '{}' });
    assert.equal(refused.status, 403, path);
    assert.deepEqual((await refused.json()).error, { code: 7, message: 'Request rejected by anti-bot rules.', details: [] });
    assert.notEqual((await call('POST', path, { body: '{}', headers: { 'x-statsig-id': 'signed' } })).status, 403, path);
  }
  assert.equal((await call('POST', '/rest/rate-limits', { body: '{"modelName":"fast"}' })).status, 200);
  const lenient = await startGrok({ strict: false });
  const answer = await fetch(`${lenient.url}${paths[0]}`, { method: 'POST', headers: { cookie: `sso=${jwt('basic-1')}` }, body: '{"message":"hi"}' });
  assert.equal(answer.status, 200);
  await answer.text();
  await lenient.stop();
});

test('limits fall by mode, and a marketing name is unknown', async () => {
  const limits = async (modelName, token) => {
    const answer = await call('POST', '/rest/rate-limits', { token, body: JSON.stringify({ requestKind: 'DEFAULT', modelName }) });
    return answer.status === 200 ? answer.json() : answer.status;
  };
  assert.equal(await limits('grok-4-6'), 404);
  const before = await limits('expert');
  const client = await attached(grok, jwt('basic-1'), { mode: 'expert' });
  await client.ask('[[text:thought through]]');
  await client.close();
  assert.equal((await limits('expert')).remainingQueries, before.remainingQueries - 1);
  assert.equal((await limits('fast')).remainingQueries, (await limits('fast')).totalQueries);
  assert.equal((await limits('grok-4')).remainingTokens, 76, 'an old name sees four units');
  assert.deepEqual(await limits('heavy'), { windowSizeSeconds: 72_000, remainingQueries: 0, totalQueries: 0, lowEffortRateLimits: null, highEffortRateLimits: null });
  assert.deepEqual([(await limits('auto', jwt('free-1'))).totalQueries, (await limits('heavy', jwt('super-1'))).totalQueries], [7, 20]);
  grok.limit('basic-1', { modes: { fast: { total: 30, remaining: 2, window: 60 } } });
  assert.deepEqual(await limits('fast'), { windowSizeSeconds: 60, remainingQueries: 2, totalQueries: 30, lowEffortRateLimits: null, highEffortRateLimits: null });
  assert.equal((await limits('fast', jwt('exhausted-1'))).remainingQueries, 0);
});

const form = (bytes, { name = 'file', fileName = 'moon.png', type = 'image/png', source } = {}) => {
  const data = new FormData();
  if (source) data.set('file_source', source);
  data.set(name, new File([bytes], fileName, { type }));
  return data;
};
const upload = (body, token) => call('POST', '/http/upload-file-v2/direct', { token, body });

test('a multipart upload is recorded and mentioned by its owner', async () => {
  const bytes = png('moon');
  const answer = await (await upload(form(bytes, { source: 'IMAGINE_SELF_UPLOAD_FILE_SOURCE' }))).json();
  assert.equal(answer.terminalError, '');
  const { fileMetadataId, fileUri } = answer.fileMetadata;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const [{ body }] = grok.of('upload');
  assert.deepEqual(body, { fileName: 'moon.png', fileMimeType: 'image/png', size: bytes.length, sha256, fileSource: 'IMAGINE_SELF_UPLOAD_FILE_SOURCE' });
  assert.equal(body.content, bytes.toString('base64'));
  assert.ok(Buffer.from(await (await call('GET', `/${fileUri}`)).arrayBuffer()).equals(bytes));
  for (const id of [fileMetadataId, answer.uploadId]) {
    const client = await attached(grok);
    assert.equal(said((await client.ask('[[text:a moon]]', [id])).events), 'a moon');
    assert.deepEqual(grok.of('chat').at(-1).body.fileAttachments, [id]);
    await client.close();
  }
  const stranger = await attached(grok, jwt('basic-2'));
  stranger.say('mine?', [fileMetadataId]);
  assert.equal((await stranger.until('error')).error.code, 'attachment_not_found');
  await stranger.close();
});

test('a message recites the text files that it mentions', async () => {
  const text = 'used to be here\n树🌲\n'.repeat(10_000);
  const stored = async (...parts) => (await (await upload(form(...parts))).json()).fileMetadata.fileMetadataId;
  const ids = [await stored(png('moon')), await stored(text, { fileName: 'notes.txt', type: 'text/plain' })];
  const client = await attached(grok);
  assert.equal(said((await client.ask('[[recite]] [[width:9999]] and now?', ids)).events), `[[recite]] [[width:9999]] and now?\n--- notes.txt\n${text}`);
  await client.close();
  const answer = await call('POST', '/rest/app-chat/conversations/new', { headers: { 'x-statsig-id': 'signed' },
    body: JSON.stringify({ message: '[[recite]] [[onlymodel]]', modelName: 'grok-4', fileAttachments: ids }) });
  assert.ok((await answer.text()).includes(JSON.stringify(`[[recite]] [[onlymodel]]\n--- notes.txt\n${text}`)));
});

test('a longer message than the service takes is refused', async () => {
  const ask = async (message) => {
    const client = await attached(grok);
    const { events } = await client.ask(message);
    await client.close();
    return events.find((event) => event.output?.stream_error)?.output.stream_error.kind;
  };
  assert.equal(await ask('🌲'.repeat(40_000)), undefined);
  assert.equal(await ask('x'.repeat(40_001)), 'user_prompt_too_long');
  const over = (message) => call('POST', '/rest/app-chat/conversations/new', { headers: { 'x-statsig-id': 'signed' }, body: JSON.stringify({ message }) });
  assert.deepEqual([(await over('x'.repeat(40_000))).status, (await over('x'.repeat(40_001))).status], [200, 400]);
});

test('uploads that fail', async () => {
  for (const [what, body] of [['another part', form('x', { name: 'upload' })], ['no name', form('x', { fileName: '' })], ['JSON', '{"fileName":"a"}']]) {
    assert.equal((await upload(body)).status, 400, what);
  }
  assert.equal((await upload(form('x'), null)).status, 401);
  const program = await (await upload(form('MZ', { fileName: 'a.exe', type: 'application/x-msdownload' }))).json();
  assert.deepEqual([program.terminalError, program.fileMetadata], ['UNSUPPORTED_FILE_TYPE application/x-msdownload', undefined]);
  grok.script({ kind: 'upload', times: 1 }, { terminal_error: 'FILE_TOO_LARGE' });
  const refused = await (await upload(form('x'))).json();
  assert.deepEqual([refused.terminalError, refused.fileMetadata], ['FILE_TOO_LARGE', undefined]);
  grok.script({ kind: 'upload', times: 1 }, { upload_id_only: true });
  const { uploadId, ...rest } = await (await upload(form('x'))).json();
  assert.deepEqual(rest, { terminalError: '' });
  const status = (token) => call('GET', `/rest/app-chat/upload-file-v2/status?uploadId=${uploadId}`, { token });
  assert.equal((await (await status()).json()).uploadId, uploadId);
  assert.equal((await status(jwt('basic-2'))).status, 400);
  assert.equal((await upload(form(Buffer.alloc(36 << 20)))).status, 413);
});
