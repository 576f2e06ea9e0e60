// What the playground makes of answers: pictures and videos, markup that stays text, and the end that is followed.
// Directives in prompts, such as [[n:40]]: ../fake-grok/directives.mjs
import assert from 'node:assert/strict';
import { before, beforeEach, test } from '../lib/suite.mjs';
import { text } from '../../static/console/screens/playground/text.js';
import { png } from '../fake-grok/media.mjs';
import { until } from '../lib/gateway.mjs';
import { playgroundForFile } from '../lib/playground.mjs';

const view = playgroundForFile();
let page;
let gw;
/** Addresses that the page asked of anyone but the gateway. */
const strangers = [];
before(async () => {
  ({ page, gw } = view);
  await gw.settings({ x_statsig_id: 'a signature' });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (!['data:', 'blob:'].includes(protocol) && host !== new URL(gw.url).host) strangers.push(request.url());
  });
});
beforeEach(() => view.begin());

const button = (name) => page.getByRole('button', { name, exact: true });
const attached = (name) => page.locator('.composer').getByAltText(name);
const seen = (images) => images.evaluateAll((all) => all.map((image) => image.naturalWidth));

/** Files as a paste or a drop brings them. */
const transfer = (files) => page.evaluateHandle((list) => {
  const data = new DataTransfer();
  for (const { name, type, bytes } of list) data.items.add(new File([Uint8Array.from(bytes)], name, { type }));
  return data;
}, files);

test('pictures go with a question; unusable ones are refused', async () => {
  const picture = (name, type = 'image/png') => ({ name, type, bytes: [...png(name)] });
  const chooser = page.waitForEvent('filechooser');
  await button('Attach pictures (or paste or drop them)').click();
  await (await chooser).setFiles({ name: 'chosen.png', mimeType: 'image/png', buffer: png('chosen') });
  await attached('chosen.png').waitFor();
  await view.box.evaluate((field, data) => field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })), await transfer([picture('pasted.png')]));
  await attached('pasted.png').waitFor();
  const files = await transfer([picture('dropped.png'), picture('<b>evil</b>.svg', 'image/svg+xml')]);
  for (const type of ['dragover', 'drop']) await page.locator('.turns').dispatchEvent(type, { dataTransfer: files });
  await attached('dropped.png').waitFor();
  const refused = page.locator('.composer').getByRole('alert');
  await refused.getByText(text.en.notAPicture.replace('{name}', '<b>evil</b>.svg')).waitFor();
  await page.locator('input[type=file]').setInputFiles({ name: 'huge.png', mimeType: 'image/png', buffer: Buffer.alloc(15 << 20) });
  await refused.getByText('huge.png was not added').waitFor();
  assert.ok((await seen(page.locator('.composer .attached img'))).every((width) => width > 0));
  await button('Remove pasted.png').click();
  await attached('pasted.png').waitFor({ state: 'detached' });
  await view.check();
  await view.shot('playground-attached');
  await view.ask('[[n:3]] what is this?');
  await view.answered();
  assert.equal(gw.grok.of('upload').length, 2);
  assert.equal(await page.getByRole('article', { name: 'Question' }).locator('img').count(), 2);
  assert.equal(await page.locator('.composer .attached').count(), 0);
});

test('a drawing: pictures appear as they come, and open large', async () => {
  await view.ask('draw a moon over hills');
  const answer = await view.answered();
  const pictures = answer.getByRole('button', { name: 'Open the picture' });
  await until(async () => (await seen(answer.locator('img'))).filter((width) => width > 0).length === 2, 'two pictures');
  await view.check();
  await view.shot('playground-pictures');
  await pictures.first().focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('1 of 2').waitFor();
  await page.keyboard.press('ArrowRight');
  await dialog.getByText('2 of 2').waitFor();
  await until(async () => (await seen(dialog.locator('img')))[0] > 0, 'the large picture');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  // Gone from the pool and from the cache: a text stands where the picture was.
  await gw.ok('POST', '/cache/clear');
  await gw.pool([]);
  await (await page.context().newCDPSession(page)).send('Network.clearBrowserCache');
  await page.reload();
  await view.answers.last().getByText('The picture could not be loaded').first().waitFor();
});

test('a video has controls, or a link when it cannot be played', async () => {
  await page.getByRole('combobox', { name: 'Model' }).selectOption('grok-imagine-0.9');
  await page.locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: png('a') });
  await attached('a.png').waitFor();
  const made = await page.evaluate(recorded);
  await page.route('**/videos/*', (route) => route.fulfill({ contentType: 'video/webm', body: Buffer.from(made) }));
  await view.ask('let it move');
  const video = (await view.answered()).locator('video');
  await until(() => video.evaluate((element) => element.videoWidth > 0), 'the video');
  assert.equal(await video.evaluate((element) => element.controls), true);
  assert.match(await video.getAttribute('src'), /^\/videos\/[\w-]{22}$/);
  await view.check();
  await view.shot('playground-video');
  await page.unroute('**/videos/*');
  // The scripted Grok's own is none that a browser can play.
  await button(text.en.regenerate).click();
  await (await view.answered(1)).getByText('The video cannot be played here. Open it').waitFor();
  assert.equal((await gw.call('GET', await view.answers.last().locator('video').getAttribute('src'))).headers.get('content-type'), 'video/mp4');
});

/** In the page: a short video that this browser can play. */
async function recorded() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  const pen = canvas.getContext('2d');
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
  const parts = [];
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  recorder.start();
  for (let n = 0; n < 15; n += 1) {
    pen.fillStyle = `hsl(${n * 20} 60% 50%)`;
    pen.fillRect(0, 0, 320, 180);
    await new Promise((resolve) => { setTimeout(resolve, 40); });
  }
  await new Promise((resolve) => {
    recorder.addEventListener('stop', resolve);
    recorder.stop();
  });
  return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
}

const EVIL = `# Title <img src=x onerror="document.title='h'">

<script>document.title='script'</script><iframe src="https://evil.example/f"></iframe>
<video src="https://evil.example/v.mp4" controls="controls"></video>

<video src="javascript:alert(1)" controls="controls"></video> <svg onload="document.title='svg'"></svg><style>*{display:none}</style>

[press](javascript:document.title='link') [data](data:text/html,<script>1</script>) [vb](vbscript:x) [tab](java&#9;script:alert(1)) <javascript:alert(1)>
[auto](https://example.org/a "t<i>") ![pixel](https://evil.example/p.png) ![data](data:image/svg+xml,<svg onload=alert(1)>) ![near](https://evil.example/images/../p.png)

| a <b>x</b> | b |
|---|---|
| <form action="https://evil.example/"><button>go</button></form> | [c](JaVaScRiPt:alert(1)) |

- <details open ontoggle="document.title='t'"> &lt;script&gt; &#60;img src=x&#62;

\`\`\`"><img src=x onerror=alert(1)>
<img src=x onerror="document.title='code'">
\`\`\`
`;

test('HTML, script and addresses in an answer are inert', async () => {
  const title = await page.title();
  gw.grok.script({}, { text: EVIL, width: 7, think: false });
  await view.ask('be evil');
  const answer = await view.answered();
  await answer.getByText('press', { exact: false }).first().waitFor();
  const markdown = answer.locator('.markdown');
  const inside = await markdown.evaluate((element) => ({
    names: [...new Set([...element.querySelectorAll('*')].map(({ localName }) => localName))],
    attributes: [...element.querySelectorAll('*')].flatMap((each) => each.getAttributeNames()).filter((name) => name.startsWith('on')),
    links: [...element.querySelectorAll('[href], [src], [action]')].map((each) => each.getAttribute('href') ?? each.getAttribute('src') ?? each.getAttribute('action')),
  }));
  for (const name of ['script', 'iframe', 'video', 'img', 'style', 'form', 'b', 'i', 'details', 'object']) assert.ok(!inside.names.includes(name), name);
  assert.deepEqual(inside.attributes, []);
  for (const link of inside.links) assert.match(link, /^https:\/\/(example\.org|evil\.example)\//);
  // Also those that were looked at by the reader's own press, as text.
  for (const name of ['press', 'data', 'vb', 'tab']) await markdown.getByText(name, { exact: false }).first().click();
  assert.match(await markdown.innerText(), /<script>document\.title='script'<\/script>[\s\S]*<img src=x onerror="document\.title='code'">/);
  assert.equal(await page.title(), title);
  assert.equal(page.url(), `${gw.url}/manage#/playground`);
  assert.deepEqual(strangers, []);
  const link = markdown.getByRole('link', { name: 'auto' });
  assert.deepEqual([await link.getAttribute('target'), await link.getAttribute('rel')], ['_blank', 'noopener noreferrer']);
  await view.check();
  await view.shot('playground-markup');
});

test('the end is followed in sight, and left alone by a reader', async () => {
  const place = () => page.evaluate(() => ({ top: document.documentElement.scrollTop, left: document.documentElement.scrollHeight - document.documentElement.clientHeight - document.documentElement.scrollTop }));
  gw.grok.script({}, { tokens: Array.from({ length: 600 }, (_, n) => `line ${n}\n\n`), think: false, slow: 30 });
  await view.ask('many lines');
  await until(async () => (await place()).top > 400, 'the page to follow');
  assert.ok((await place()).left < 200);
  await page.mouse.move(600, 300);
  // Less than a line: a start of reading none the less.
  await page.mouse.wheel(0, -40);
  // A turn of the wheel takes the browser a moment; a page that is still followed never rests so long.
  let top = -1;
  let since = 0;
  await until(async () => {
    const now = (await place()).top;
    if (now !== top) [top, since] = [now, Date.now()];
    return Date.now() - since > 400;
  }, 'the end of the turn');
  const length = await page.evaluate(() => document.documentElement.scrollHeight);
  await until(() => page.evaluate((old) => document.documentElement.scrollHeight > old + 400, length), 'more lines');
  assert.ok(Math.abs((await place()).top - top) < 2, 'the page stayed where it was read');
  await view.shot('playground-reading');
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  const again = (await place()).top;
  await until(async () => (await place()).top > again + 200, 'the page to follow again');
  await button('Stop').click();
  await view.answered();
});
