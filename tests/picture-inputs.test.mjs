// From where pictures are taken: every form of address that is refused, and on workerd, whose fetches a test can answer,
// the good ones and redirects.
import assert from 'node:assert/strict';
import { beforeEach, test } from './lib/suite.mjs';
import { Response, fetch as forward } from 'miniflare';
import { jpeg, png } from './fake-grok/media.mjs';
import { HOST } from './lib/hosts.mjs';
import { gatewayForFile } from './lib/gateway.mjs';

const PNG = png('moon');
const MiB = 1 << 20;
const redirect = (location) => new Response(null, { status: 302, headers: { location } });
const typed = (type, body, headers = {}) => new Response(body, { headers: { 'content-type': type, ...headers } });

/** What `https://pictures.example/<name>` answers. */
const SITE = {
  'moon.png': () => typed('image/png', PNG),
  'photo': () => typed('image/jpeg', jpeg('photo')),
  'wrong-type': () => typed('image/jpeg', PNG),
  'moved': () => redirect('/moved-again'),
  'moved-again': () => redirect('https://cdn.pictures.example/moon'),
  'page': () => typed('text/html', '<!doctype html>'),
  'liar': () => typed('image/png', '<!doctype html>'),
  'gone': () => new Response('', { status: 404 }),
  'large': () => typed('image/png', Buffer.concat([PNG, Buffer.alloc(16 * MiB)])),
  'half': () => typed('image/png', Buffer.concat([PNG, Buffer.alloc(8 * MiB)])),
  'loop': () => redirect('/loop'),
};

const gw = gatewayForFile(HOST === 'workerd' ? { outboundService: outside } : {});
let fetched = [];

function outside(request) {
  const url = new URL(request.url);
  // Without options miniflare's fetch cannot open a WebSocket.
  if (url.origin === gw.grok?.url || url.hostname === '127.0.0.1') return forward(request, {});
  fetched.push({ url: request.url, headers: request.headers });
  if (url.href === 'https://cdn.pictures.example/moon') return typed('image/png', PNG);
  const target = url.searchParams.get('to');
  if (target !== null) return redirect(target);
  return SITE[url.pathname.slice(1)]?.() ?? new Response('', { status: 500 });
}

beforeEach(async () => {
  await gw.pool(['basic-1', 'basic-2']);
  fetched = [];
});

const ask = (...urls) => gw.chat([{ role: 'user', content: 'hi' },
  { role: 'user', content: [{ type: 'text', text: 'what is this?' }, ...urls.map((url) => ({ type: 'image_url', image_url: { url } }))] }]);

async function refused(...urls) {
  const turn = async () => (await gw.tokens()).map((row) => row.last_used_time);
  const before = await turn();
  const { status, body } = await ask(...urls);
  assert.equal(status, 400, JSON.stringify(body));
  assert.equal(body.error.type, 'invalid_request_error');
  assert.equal(body.error.param, `messages.1.content.${urls.length}.image_url`);
  assert.ok(body.error.message.length > 20, body.error.message);
  assert.equal(gw.grok.calls.length, 0, 'nothing was sent to Grok');
  assert.deepEqual(await turn(), before, 'no token was reserved');
  return body.error.message;
}

const FORMS = {
  'loopback': 'https://127.0.0.1/a.png',
  'IPv6 loopback': 'https://[::1]/a.png',
  'IPv4 in IPv6': 'https://[::ffff:127.0.0.1]/a.png',
  'hexadecimal': 'https://0x7f000001/a.png',
  'decimal': 'https://2130706433/a.png',
  'octal': 'https://0177.0.0.1/a.png',
  'short form': 'https://127.1/a.png',
  'cloud metadata': 'https://169.254.169.254/latest/meta-data/',
  'private 10/8': 'https://10.0.0.8/a.png',
  'private 172.16/12': 'https://172.16.0.1/a.png',
  'private 192.168/16': 'https://192.168.1.1/a.png',
  'private IPv6': 'https://[fd00::1]/a.png',
  'public literal': 'https://93.184.215.14/a.png',
  'public IPv6 literal': 'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/a.png',
  'localhost': 'https://localhost/a.png',
  'under localhost': 'https://a.localhost/a.png',
  'localhost with a dot': 'https://localhost./a.png',
  'loopback with a dot': 'https://127.0.0.1./a.png',
  'mDNS': 'https://printer.local/a.png',
  'internal': 'https://metadata.google.internal/a.png',
  'single label': 'https://intranet/a.png',
  'user name': 'https://user:secret@pictures.example/moon.png',
  'other port': 'https://pictures.example:8443/moon.png',
  'plain http': 'http://pictures.example/moon.png',
};

for (const [name, url] of Object.entries(FORMS)) {
  test(`refused: ${name}`, async () => {
    await refused(url);
    assert.deepEqual(fetched, []);
  });

  test(`refused: a redirect to ${name}`, { skip: HOST !== 'workerd' && 'fetches cannot be answered here' }, async () => {
    assert.match(await refused(`https://pictures.example/r?to=${encodeURIComponent(url)}`), /redirects elsewhere/);
    assert.equal(fetched.length, 1, 'the redirect is not followed');
  });
}

for (const [name, url] of Object.entries({
  'another scheme': 'ftp://pictures.example/moon.png',
  'a file': 'file:///etc/passwd',
  'bare base64': PNG.toString('base64'),
  'a data URL that is not base64': 'data:image/png,moon',
  'a data URL with broken base64': `data:image/png;base64,${PNG.toString('base64').slice(1)}`,
  'a page in a data URL': `data:image/png;base64,${Buffer.from('<!doctype html><p>').toString('base64')}`,
})) {
  test(`refused: ${name}`, () => refused(url));
}

test('a data URL is sent on under its real type', async () => {
  const { status } = await ask(`data:image/jpeg;base64,${PNG.toString('base64')}`);
  assert.equal(status, 200);
  const [{ body }] = gw.grok.of('upload');
  const { fileName, fileMimeType, content } = body;
  assert.deepEqual([fileName, fileMimeType, content], ['image.png', 'image/png', PNG.toString('base64')]);
});

test('a body of 20 MiB with one picture in it passes whole', async () => {
  const picture = Buffer.concat([PNG, Buffer.alloc(14.9 * MiB)]).toString('base64');
  const { status, text } = await ask(`data:image/png;base64,${picture}`);
  assert.equal(status, 200, text);
  assert.ok(gw.grok.of('upload')[0].body.content === picture);
});

test('an unknown key is 401 before anything is fetched', async () => {
  const key = gw.key;
  gw.key = 'sk-unknown';
  try {
    for (const url of ['https://pictures.example/moon.png', 'https://127.0.0.1/a.png']) assert.equal((await ask(url)).status, 401);
  } finally { gw.key = key; }
  assert.deepEqual(fetched, []);
});

const OUTSIDE = { skip: HOST !== 'workerd' && 'fetches cannot be answered here' };

test('pictures come from public names, in order, without cookies', OUTSIDE, async () => {
  const { status, text } = await ask('https://pictures.example/photo', 'https://pictures.example/wrong-type', 'https://pictures.example/moved');
  assert.equal(status, 200, text);
  assert.equal(fetched.length, 5);
  for (const { headers } of fetched) {
    assert.deepEqual([headers.get('cookie'), headers.get('authorization')], [null, null]);
    assert.match(headers.get('user-agent'), /^grok2api\//);
  }
  const uploads = gw.grok.of('upload').map((call) => call.body);
  assert.deepEqual(uploads.map((body) => body.fileMimeType), ['image/jpeg', 'image/png', 'image/png']);
  assert.deepEqual(uploads.map((body) => body.content), [jpeg('photo'), PNG, PNG].map((file) => file.toString('base64')));
  assert.equal(gw.grok.of('chat')[0].body.fileAttachments.length, 3);
});

for (const [name, words] of Object.entries({ page: /another type/, liar: /not serve a picture:/, gone: /answered 404/, large: /15 MiB/, loop: /more than 3 times/ })) {
  test(`refused: what the address serves: ${name}`, OUTSIDE, async () => {
    assert.match(await refused(`https://pictures.example/${name}`), words);
  });
}

test('refused: pictures that are too large together', OUTSIDE, async () => {
  const one = await ask('https://pictures.example/half');
  assert.equal(one.status, 200, one.text);
  gw.grok.reset();
  const { status, body } = await ask('https://pictures.example/half', 'https://pictures.example/half');
  assert.equal(status, 400, JSON.stringify(body));
  assert.match(body.error.message, /15 MiB/);
  // They are fetched at once: whichever finds no room left is named.
  assert.match(body.error.param, /^messages\.1\.content\.[12]\.image_url$/);
  assert.equal(gw.grok.calls.length, 0);
});
