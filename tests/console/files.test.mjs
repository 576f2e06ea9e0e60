// The console's files as hosts serve them: the asset layer before the Worker, on Spin the component itself.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join, relative } from 'node:path';
import { before, test } from '../lib/suite.mjs';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { gatewayForFile, startGateway } from '../lib/gateway.mjs';
import { HOST } from '../lib/hosts.mjs';
import { requests } from '../hosts/workerd.mjs';

const STATIC = fileURLToPath(new URL('../../static/', import.meta.url));
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml', txt: 'text/plain; charset=utf-8', png: 'image/png', woff2: 'font/woff2' };
const FIRST_LOAD_GZIPPED = 150_000;

const gw = gatewayForFile({ fresh: true, ...(HOST === 'workerd' ? { countBindings: true } : {}) });
/** What is served, by its path. */
const files = new Map();
const headers = [];
before(async () => {
  for (const entry of await readdir(STATIC, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /^[._]|\.md$/.test(entry.name)) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    files.set(`/${relative(STATIC, file)}`.replace(/\.html$/, ''), { content: await readFile(file), kind: entry.name.split('.').pop() });
  }
  for (const line of (await readFile(join(STATIC, '_headers'), 'utf8')).split('\n')) {
    const [, name, value] = /^\s+([\w-]+): (.+)$/.exec(line) ?? [];
    if (name) headers.push([name.toLowerCase(), value]);
  }
});

const textOf = (path) => files.get(path).content.toString();
const pages = () => [...files].filter(([, { kind }]) => kind === 'html').map(([path]) => path);

/** Returns the answer as it comes over the wire; the path goes out as it is written here. */
function raw(path, { method = 'GET', ...more } = {}) {
  const { hostname, port } = new URL(gw.url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers: more, timeout: 60_000, agent: false }, async (answer) => {
      const chunks = [];
      for await (const chunk of answer) chunks.push(chunk);
      resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) });
    });
    asked.on('timeout', () => asked.destroy(new Error(`${path}: no answer`)));
    asked.on('error', reject);
    asked.end();
  });
}

function keepsHeaders(answer, what) {
  for (const [name, value] of headers) assert.equal(answer.headers[name], value, `${what}: ${name}`);
}

test('the rules for every file keep strangers out', () => {
  const rules = Object.fromEntries(headers);
  const policy = rules['content-security-policy'];
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"]) {
    assert.ok(policy.split('; ').includes(part), part);
  }
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  assert.equal(rules['x-content-type-options'], 'nosniff');
  assert.equal(rules['referrer-policy'], 'no-referrer');
  assert.match(rules['permissions-policy'], /camera=\(\)/);
  assert.match(rules['cache-control'], /max-age=0, must-revalidate/);
});

test('every file has its type and headers, plain and gzipped', async () => {
  for (const path of ['/login', '/manage', '/favicon.svg', '/console/main.js', '/vendor/preact.js', '/vendor/preact.LICENSE.txt']) {
    assert.ok(files.has(path), `${path} is missing in static/`);
  }
  for (const [path, { content, kind }] of files) {
    const plain = await raw(path, { 'accept-encoding': 'identity' });
    assert.equal(plain.status, 200, path);
    assert.equal(plain.headers['content-type'], TYPES[kind], path);
    assert.equal(plain.headers['content-encoding'], undefined, path);
    assert.ok(plain.body.equals(content), `${path} is not what static/ holds`);
    const packed = await raw(path, { 'accept-encoding': 'gzip, br' });
    assert.match(packed.headers['content-encoding'], /^(gzip|br)$/, path);
    if (packed.headers['content-encoding'] === 'gzip') assert.ok(gunzipSync(packed.body).equals(content), path);
    for (const answer of [plain, packed]) {
      keepsHeaders(answer, path);
      assert.match(answer.headers.etag, /^"[^"]+"$/, path);
    }
  }
});

test('a request with the tag gets 304, or the file once changed', async () => {
  for (const path of ['/manage', '/vendor/preact.js']) {
    const { headers: { etag } } = await raw(path, { 'accept-encoding': 'gzip' });
    const known = await raw(path, { 'accept-encoding': 'gzip', 'if-none-match': etag });
    assert.equal(known.status, 304, path);
    assert.equal(known.body.length, 0, path);
    assert.equal(known.headers.etag, etag);
    keepsHeaders(known, path);
    assert.equal((await raw(path, { 'accept-encoding': 'gzip', 'if-none-match': '"another"' })).status, 200, path);
  }
});

test('HEAD answers as GET does, without the body', async () => {
  for (const path of ['/login', '/console/main.js']) {
    const encoding = { 'accept-encoding': 'identity' };
    const [get, head] = [await raw(path, encoding), await raw(path, { method: 'HEAD', ...encoding })];
    assert.equal(head.status, 200, path);
    assert.equal(head.body.length, 0);
    for (const name of ['content-type', 'etag', ...headers.map(([name]) => name)]) assert.equal(head.headers[name], get.headers[name], `${path}: ${name}`);
  }
});

test('pages have one address, and `/` leads to the console', async () => {
  for (const [path, status, to] of [['/', 302, '/manage'], ['/favicon.ico', 302, '/favicon.svg'], ['/manage.html', 307, '/manage'], ['/login.html?next=x', 307, '/login?next=x']]) {
    const answer = await raw(path);
    assert.deepEqual([answer.status, answer.headers.location], [status, to], path);
  }
});

test('unknown files are 404, other methods 405', async () => {
  for (const path of ['/console/none.js', '/vendor/', '/console/', '/vendor/VENDOR.md', '/_headers', '/.assetsignore', '/console/../../Cargo.toml',
    '/vendor/..%2f..%2fCargo.toml', '/vendor/%2e%2e/%2e%2e/Cargo.toml', '/vendor/..%5c..%5cCargo.toml']) {
    const answer = await raw(path);
    assert.equal(answer.status, 404, path);
    assert.ok(JSON.parse(answer.body).error.message.length > 10, path);
  }
  for (const path of ['/login', '/vendor/preact.js']) {
    const answer = await raw(path, { method: 'POST' });
    assert.equal(answer.status, 405, path);
    if (HOST === 'spin') assert.equal(answer.headers.allow, 'GET, HEAD');
  }
});

test('files cost the gateway nothing', async () => {
  const answer = await raw('/console/main.js');
  if (HOST === 'spin') {
    assert.match(answer.headers['server-timing'], /\bdb;desc="?0"?;/);
  } else {
    const asked = (await requests(gw.url)).map(({ path }) => path);
    assert.ok(asked.includes('/console/none.js'), 'the notes were kept');
    assert.deepEqual(asked.filter((path) => files.has(path)), [], 'the Worker was asked for files');
  }
});

test('on Workers the component carries no file and says so', { skip: HOST !== 'workerd' }, async () => {
  const bare = await startGateway({ fresh: true, assets: false });
  try {
    const answer = await bare.call('GET', '/manage');
    assert.equal(answer.status, 404);
    assert.match(answer.body.error.message, /static assets/);
  } finally {
    await bare.stop();
  }
});

test('pages hold no script or style of their own', () => {
  assert.ok(pages().length >= 2);
  for (const path of pages()) {
    const html = textOf(path);
    assert.doesNotMatch(html, /<style|<base|\sstyle\s*=|\son\w+\s*=|javascript:/i, path);
    for (const [tag, text] of html.matchAll(/<script[^>]*>([^<]*)/gi)) assert.ok(/\ssrc=/.test(tag) && text.trim() === '', `${path}: ${tag}`);
  }
});

test('no two style sheets have a rule for the same selector', () => {
  const sheets = new Map();
  for (const [path, { content, kind }] of files) {
    if (kind !== 'css' || path.startsWith('/vendor/')) continue;
    for (const [, prelude] of content.toString().replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/([^{};]+)\{/g)) {
      // Commas inside of `:is()` part nothing.
      for (const selector of prelude.split(/,(?![^(]*\))/).map((part) => part.trim())) {
        if (!selector.startsWith('@')) sheets.set(selector, (sheets.get(selector) ?? new Set()).add(path));
      }
    }
  }
  assert.ok(sheets.size > 100);
  const twice = [...sheets].filter(([selector, paths]) => paths.size > 1 && !/^(from|to|\d+%)$/.test(selector));
  assert.deepEqual(twice.map(([selector, paths]) => [selector, ...paths]), []);
});

test('no file names another host', () => {
  for (const [path, { content, kind }] of files) {
    if (kind === 'txt') continue;
    // Comments cite sources; namespaces and the names reserved for examples are not addresses, and a library's messages
    // cite its home page. A text says that tokens come from grok.com.
    const code = content.toString().replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '$1');
    const foreign = [...code.matchAll(/(?:https?:|wss?:|["'`(=])\/\/([\w-]+(?:\.[\w-]+)+)/g)].map(([, host]) => host);
    const harmless = path.startsWith('/vendor/') ? ['www.w3.org', 'github.com'] : ['www.w3.org', 'grok.com'];
    assert.deepEqual(foreign.filter((host) => !harmless.includes(host) && !/(^|\.)example(\.|$)/.test(host)), [], path);
  }
});

/** Returns what the modules import in turn; not what they load later, by `import()`. */
async function imports(scripts) {
  const addresses = { name: 'addresses', setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind }) => (kind === 'dynamic-import' ? { external: true } : undefined));
    onResolve({ filter: /^\// }, ({ path, kind }) => (kind === 'entry-point' ? undefined : { path: join(STATIC, path) }));
  } };
  const { metafile } = await build({ entryPoints: scripts.map((path) => join(STATIC, path)), bundle: true, format: 'esm', outdir: '/', write: false,
    metafile: true, absWorkingDir: STATIC, plugins: [addresses] });
  return Object.keys(metafile.inputs).map((path) => `/${path}`);
}

/** Everything that the browser needs before the page shows: what it names, and what that imports. */
async function firstLoad(page) {
  const named = [...textOf(page).matchAll(/<(?:script|link)[^>]*\s(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
  for (const path of named) assert.ok(files.has(path), `${page} names ${path}, which is not there`);
  return new Set([page, ...named, ...await imports(named.filter((path) => files.get(path).kind === 'js'))]);
}

test('a first visit loads little', async (context) => {
  for (const page of ['/login', '/manage']) {
    const needed = await firstLoad(page);
    assert.ok(needed.has('/vendor/preact.js'), `${page}: ${[...needed]}`);
    const size = [...needed].reduce((sum, path) => sum + gzipSync(files.get(path).content, { level: 9 }).length, 0);
    context.diagnostic(`${page}: ${needed.size} files, ${size} bytes gzipped`);
    assert.ok(size < FIRST_LOAD_GZIPPED, `${page}: ${size} bytes gzipped`);
  }
});
