// The scripted Grok over TLS, and the scripted resolver.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import https from 'node:https';
import { test } from './lib/suite.mjs';
import packet from 'dns-packet';
import { jwt, startGrok } from './fake-grok.mjs';
import { startDns } from './fake-grok/dns.mjs';
import { attached, handshake, open, said } from './lib/mgw.mjs';

const TYPE = 'application/dns-message';

test('the same over TLS, with a chain of its own for three names', async () => {
  const grok = await startGrok({ tls: true, name: 'localhost' });
  try {
    assert.match(grok.url, /^https:\/\/localhost:\d+$/);
    const shake = handshake(grok);
    await assert.rejects(open(grok, shake), { code: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED/ });
    for (const servername of ['localhost', 'grok.test', '127.0.0.1']) {
      const tls = { ca: grok.ca, lookup: (_, options, done) => (options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)) };
      const origin = `https://${servername}:${grok.port}`;
      const client = await open({ url: origin }, { ...shake, headers: { ...shake.headers, origin } }, tls);
      client.create();
      await client.until('conversation.attached');
      assert.equal(said((await client.ask('[[text:over TLS]]')).events), 'over TLS', servername);
      await client.close();
      const body = await new Promise((resolve, reject) => {
        https.get(`${origin}/api/auth/session`, { ...tls, headers: { cookie: `sso=${jwt('basic-1')}` } }, async (res) => {
          let text = '';
          for await (const part of res) text += part;
          resolve(JSON.parse(text));
        }).on('error', reject);
      });
      assert.equal(body.status, 'authenticated');
    }
    const elsewhere = { ca: grok.ca, servername: 'elsewhere.test', lookup: (_, options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) };
    await assert.rejects(open({ url: `https://elsewhere.test:${grok.port}` }, shake, elsewhere), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    const dead = await open(grok, handshake(grok, jwt('dead-1')), { ca: grok.ca }).catch((error) => error);
    assert.equal(dead.status, 401);
  } finally { await grok.stop(); }
});

test('stopping ends open sockets, and the record becomes JSON', async () => {
  const grok = await startGrok();
  const client = await attached(grok);
  client.say('[[hang]]');
  await grok.until(() => grok.of('chat')[0]);
  const calls = await (await fetch(`${grok.url}/__control/calls?kind=chat`)).json();
  assert.deepEqual([calls.length, calls[0].body.message, calls[0].transport], [1, '[[hang]]', 'websocket']);
  await grok.stop();
  assert.equal((await client.closed).code, 1006);
});

/** Returns the raw bytes of the resolver's answer about grok.test. */
async function bytes(dns, init) {
  const query = packet.encode({ type: 'query', questions: [{ type: 'A', name: 'grok.test' }] });
  const answer = await fetch(`${dns.url}?dns=${query.toString('base64url')}`, init);
  assert.equal(answer.status, 200);
  return { type: answer.headers.get('content-type'), body: Buffer.from(await answer.arrayBuffer()) };
}

/** Asks the resolver by GET or POST; gives the HTTP answer and the decoded message. */
async function ask(dns, name, type = 'A', method = 'GET') {
  const query = packet.encode({ type: 'query', id: method === 'GET' ? 0 : 77, flags: packet.RECURSION_DESIRED, questions: [{ type, name }] });
  const answer = method === 'GET' ? await fetch(`${dns.url}?dns=${query.toString('base64url')}`, { headers: { accept: TYPE } })
    : await fetch(dns.url, { method, headers: { 'content-type': TYPE, accept: TYPE }, body: query });
  return { answer, message: answer.status === 200 ? packet.decode(Buffer.from(await answer.arrayBuffer())) : null };
}

test('the resolver answers from its table, by GET and by POST', async () => {
  const dns = await startDns({ answers: { 'grok.test': { a: ['127.0.0.1', '127.0.0.2'], aaaa: ['::1'] }, 'alias.test': { cname: 'real.test', a: ['127.0.0.3'] } }, ttl: 30 });
  try {
    for (const method of ['GET', 'POST']) {
      const { answer, message } = await ask(dns, 'grok.test', 'A', method);
      assert.deepEqual([answer.headers.get('content-type'), answer.headers.get('cache-control')], [TYPE, 'max-age=30']);
      assert.deepEqual([message.rcode, message.id], ['NOERROR', method === 'GET' ? 0 : 77]);
      assert.deepEqual(message.answers.map(({ data, ttl }) => [data, ttl]), [['127.0.0.1', 30], ['127.0.0.2', 30]]);
    }
    assert.deepEqual((await ask(dns, 'GROK.test', 'AAAA')).message.answers.map(({ data }) => data), ['::1']);
    assert.deepEqual((await ask(dns, 'alias.test')).message.answers.map(({ type, data }) => [type, data]), [['CNAME', 'real.test'], ['A', '127.0.0.3']]);
    assert.deepEqual((await ask(dns, 'alias.test', 'AAAA')).message.answers, [], 'no such record, no error');
    assert.equal((await ask(dns, 'unknown.test')).message.rcode, 'NXDOMAIN');
    assert.deepEqual(dns.queries.slice(0, 3).map(({ name, type, method, id }) => [name, type, method, id]),
      [['grok.test', 'A', 'GET', 0], ['grok.test', 'A', 'POST', 77], ['grok.test', 'AAAA', 'GET', 0]]);
    assert.equal(dns.of('AAAA').length, 2);
    const statuses = [await fetch(dns.url), await fetch(`${dns.url}?dns=AAAA`), await fetch(dns.url, { method: 'POST', body: 'x' }), await fetch(dns.url, { method: 'PUT' }),
      await fetch(new URL('/', dns.url))].map(({ status }) => status);
    assert.deepEqual(statuses, [400, 400, 415, 405, 404]);
  } finally { await dns.stop(); }
});

test('the resolver fails in every way that is asked for', async () => {
  const dns = await startDns({ answers: { 'grok.test': { a: ['127.0.0.1'], aaaa: ['::1'] } } });
  const failing = (way, match) => {
    dns.reset();
    dns.fail(way, match);
  };
  try {
    for (const [way, rcode] of [['nxdomain', 'NXDOMAIN'], ['servfail', 'SERVFAIL'], ['refused', 'REFUSED'], ['empty', 'NOERROR']]) {
      failing(way);
      const { message } = await ask(dns, 'grok.test');
      assert.deepEqual([message.rcode, message.answers], [rcode, []], way);
    }
    failing(503, { times: 1 });
    assert.deepEqual([(await ask(dns, 'grok.test')).answer.status, (await ask(dns, 'grok.test')).answer.status], [503, 200]);
    failing('servfail', { type: 'AAAA' });
    assert.deepEqual([(await ask(dns, 'grok.test', 'AAAA')).message.rcode, (await ask(dns, 'grok.test')).message.rcode], ['SERVFAIL', 'NOERROR']);
    failing('garbage');
    const garbage = await bytes(dns);
    assert.equal(garbage.type, TYPE);
    assert.throws(() => packet.decode(garbage.body));
    dns.reset();
    const whole = await bytes(dns);
    failing('truncated');
    assert.ok((await bytes(dns)).body.equals(whole.body.subarray(0, -3)), 'it ends within the address');
    failing('html');
    assert.equal((await bytes(dns)).type, 'text/html');
    failing('wrong_name');
    assert.equal((await ask(dns, 'grok.test')).message.answers[0].name, 'elsewhere.test');
    failing('silence');
    await assert.rejects(bytes(dns, { signal: AbortSignal.timeout(150) }), { name: 'TimeoutError' });
    assert.equal(dns.queries.length, 1);
  } finally { await dns.stop(); }
});
