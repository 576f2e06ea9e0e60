// OpenAI's own package in a page of another origin, in a real browser: it asks beforehand, streams, and reads every error.
// Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { after, before, beforeEach, test } from './lib/suite.mjs';
import { browserForFile } from './lib/browser.mjs';
import { gatewayForFile } from './lib/gateway.mjs';

const SCRIPT = `import OpenAI from 'openai';
globalThis.client = (options) => new OpenAI({ dangerouslyAllowBrowser: true, maxRetries: 0, ...options });
globalThis.failure = async (work) => {
  try { return { answered: await work() }; } catch (error) {
    return { kind: Object.keys(OpenAI).find((name) => error.constructor === OpenAI[name]), status: error.status, code: error.code,
      message: error.message, requestId: error.requestID, retryAfter: error.headers?.get('retry-after') };
  }
};`;

const gw = gatewayForFile();
let page;
/** What the browser asked before it sent a request: names of headers, by path. */
const asked = [];
const ends = [];
before(async () => {
  await gw.settings({ show_thinking: false });
  const { outputFiles: [script] } = await build({ stdin: { contents: SCRIPT, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true, format: 'esm', platform: 'browser', write: false, logLevel: 'silent' });
  const site = createServer((req, res) => {
    const isScript = req.url === '/script.js';
    res.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
    res.end(isScript ? script.text : '<!doctype html><title>another site</title><script type="module" src="/script.js"></script>');
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  ends.push(() => { site.closeAllConnections(); site.close(); });
  const { browser, end } = await browserForFile();
  ends.unshift(end);
  const context = await browser.newContext();
  ends.unshift(() => context.close());
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const devtools = await context.newCDPSession(page);
  devtools.on('Network.requestWillBeSentExtraInfo', ({ headers }) => {
    const names = Object.entries(headers).find(([name]) => name.toLowerCase() === 'access-control-request-headers')?.[1];
    if (names) asked.push(names);
  });
  await devtools.send('Network.enable');
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await page.waitForFunction(() => globalThis.client !== undefined);
});
beforeEach(() => gw.pool(['basic-1', 'basic-2']));
after(async () => {
  for (const end of ends) await end();
});

/** Runs `work` in the page with what it needs to make a client. */
const inPage = (work, more = {}) => page.evaluate(work, { baseURL: `${gw.url}/v1`, apiKey: gw.key, ...more });

test('models are listed, after a preflight for the SDK’s headers', async () => {
  const ids = await inPage(async (options) => (await client(options).models.list()).data.map(({ id }) => id));
  assert.ok(ids.includes('grok-fast'), ids.join());
  assert.ok(asked.some((names) => names.includes('authorization') && names.split(',').filter((name) => name.startsWith('x-stainless-')).length > 3), asked.join('\n'));
});

test('a chat with the headers that pages add carries its id', async () => {
  const { content, requestId } = await inPage(async (options) => {
    const own = client({ ...options, defaultHeaders: { 'HTTP-Referer': location.href, 'X-Title': 'another site' } });
    const answer = await own.chat.completions.create({ model: 'grok-4-fast', messages: [{ role: 'user', content: '[[text:good day]]' }] });
    return { content: answer.choices[0].message.content, requestId: answer._request_id };
  });
  assert.equal(content, 'good day');
  assert.match(requestId, /\S{8,}/);
  assert.ok(asked.some((names) => names.includes('http-referer') && names.includes('x-title')), asked.join('\n'));
});

test('a chat is streamed, part by part', async () => {
  const parts = await inPage(async (options) => {
    const parts = [];
    const stream = await client(options).chat.completions.create({ model: 'grok-4-fast', stream: true, messages: [{ role: 'user', content: '[[n:30]] [[slow:20]]' }] });
    for await (const chunk of stream) parts.push({ text: chunk.choices[0]?.delta?.content ?? '', at: performance.now(), end: chunk.choices[0]?.finish_reason });
    return parts;
  });
  assert.match(parts.map(({ text }) => text).join(''), /^word0 word1 .*word29$/);
  assert.equal(parts.at(-1).end ?? parts.at(-2).end, 'stop');
  const spread = parts.at(-1).at - parts[0].at;
  assert.ok(spread > 200, `30 parts, 20 ms apart, came within ${spread} ms`);
});

test('a wrong key is an AuthenticationError that the page can read', async () => {
  const error = await inPage((options) => failure(() => client({ ...options, apiKey: 'sk-wrong' }).models.list()));
  assert.deepEqual([error.kind, error.status], ['AuthenticationError', 401], JSON.stringify(error));
  assert.match(error.message, /key/i);
  assert.match(error.requestId, /\S{8,}/);
});

test('a wrong path can be read, and names the right one', async () => {
  for (const [base, kind] of [['', 'NotFoundError'], ['/v1/v1', 'NotFoundError']]) {
    const error = await inPage((options) => failure(() => client(options).chat.completions.create({ model: 'grok-4-fast', messages: [{ role: 'user', content: 'hi' }] })), { baseURL: gw.url + base });
    assert.deepEqual([error.kind, error.status], [kind, 404], JSON.stringify(error));
    assert.match(error.message, /call \/v1\/chat\/completions/);
  }
});

test('an unknown model and an empty pool are readable errors', async () => {
  const ask = (model) => inPage((options) => failure(() => client(options).chat.completions.create({ model: options.model, messages: [{ role: 'user', content: 'hi' }] })), { model });
  assert.deepEqual(await ask('gpt-4o').then(({ kind, code }) => [kind, code]), ['NotFoundError', 'model_not_found']);
  await gw.pool(['quota-1']);
  const limited = await ask('grok-4-fast');
  assert.equal(limited.kind, 'RateLimitError', JSON.stringify(limited));
  assert.ok(Number(limited.retryAfter) > 0, JSON.stringify(limited));
});

test('the page’s guesses do not lock the operator out', async () => {
  await page.evaluate(async (address) => {
    const guess = (n) => fetch(address, { method: 'POST', mode: 'no-cors', body: JSON.stringify({ username: 'admin', password: `guess ${n}` }) });
    await Promise.all(Array.from({ length: 12 }, (_, n) => guess(n)));
  }, `${gw.url}/api/login`);
  await gw.signIn();
});

test('the admin API is closed to the page', async () => {
  const error = await inPage(async ({ baseURL }) => {
    try { return (await fetch(new URL('/api/settings', baseURL))).status; } catch (failed) { return failed.name; }
  });
  assert.equal(error, 'TypeError');
});
