// The console in a browser: the real gateway, a Chromium on its pages, pictures of them, and the rules for every page.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserForFile } from './browser.mjs';
import { PASSWORD, startGateway } from './gateway.mjs';
import { after, before } from './suite.mjs';

const STATIC = fileURLToPath(new URL('../../static/', import.meta.url));
const SCREENSHOTS = fileURLToPath(new URL('../../target/console-screenshots/', import.meta.url));
const LOCALES = ['en', 'zh-CN'];
const THEMES = ['light', 'dark'];
const NARROW = 390;
const MAX_SHIFT = 0.05;
/** Rules of axe whose outcome depends on colours: no other can differ between the appearances. */
const COLOURS = ['color-contrast', 'link-in-text-block'];
/** Whether pictures are taken: eight of each state, which is half of what this suite would take. */
export const PICTURES = process.env.PICTURES === '1';
const STEP_LIMIT_MS = 30_000;
// What the browser says by itself of an answer that a test provoked. Of the console's own files none may fail.
const ANSWER_WAS_AN_ERROR = /^Failed to load resource: the server responded with a status of/;

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Runs in the page before its own scripts: reports broken rules and adds up layout shifts without user input. */
function watch() {
  addEventListener('securitypolicyviolation', (event) => globalThis.reportFault(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ''}`));
  globalThis.layoutShift = { sum: 0, parts: [] };
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      globalThis.layoutShift.sum += value;
      globalThis.layoutShift.parts.push(`${value.toFixed(3)} ${sources.map(({ node }) => node?.outerHTML?.slice(0, 80)).join(' | ')}`);
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

let kept;

/**
 * A copy of the console's files that a browser may keep: to ask for each of fifty again with every page costs half of the
 * time of this suite. With PICTURES they are served as they are.
 */
async function keptFiles() {
  if (PICTURES) return undefined;
  kept ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grok2api-console-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    await cp(STATIC, folder, { recursive: true });
    const rules = join(folder, '_headers');
    const text = await readFile(rules, 'utf8');
    const changed = text.replace('max-age=0, must-revalidate', 'max-age=3600');
    assert.notEqual(changed, text, 'the rule for keeping files has another form');
    await writeFile(rules, changed);
    return folder;
  })();
  return kept;
}

/**
 * Starts a gateway and a browser that is signed in.
 * @param {object} [options]
 * @param {boolean} [options.fresh] keeps the first-run password and does not sign in
 * @param {Record<string, string>} [options.vars] variables of the component
 * @param {number} [options.tokens] how many accounts the pool has
 * @param {'en' | 'zh-CN'} [options.locale]
 * @param {'light' | 'dark'} [options.theme]
 * @param {string} [options.dataDir] with the data of an earlier start
 * @param {boolean} [options.clock] the gateway's time can be turned
 * @param {boolean} [options.reads] the gateway reads accounts from Grok by itself
 */
export async function openConsole({ fresh = false, vars, tokens = 0, locale = 'en', theme = 'light', width = 1280, height = 800, dataDir, clock, reads } = {}) {
  const gw = await startGateway({ fresh, vars, dataDir, clock, reads, assets: await keptFiles() });
  let context;
  let endBrowser;
  const stop = async () => {
    await context?.close();
    await endBrowser?.();
    await gw.stop();
  };
  try {
    const names = Array.from({ length: tokens }, (_, n) => `basic-${n}`);
    for (let at = 0; at < tokens; at += 1000) await gw.addTokens(names.slice(at, at + 1000));
    const { browser, end } = await browserForFile();
    endBrowser = end;
    context = await browser.newContext({ viewport: { width, height }, locale, reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] });
    context.setDefaultTimeout(STEP_LIMIT_MS);
    if (!fresh) await signIn(context, gw);
    const faults = [];
    const page = await watchedPage(context, faults, { locale, theme });
    // A screen that asks for little; by its name, since without one the page itself goes on to another in a moment.
    await page.goto(`${gw.url}${fresh ? '/login' : '/manage#/keys'}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    return { page, gw, stop, signIn: () => signIn(context, gw), shot: (name) => shoot(page, name), check: () => check(page, faults) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Returns the console of a test file: `open` fills it before the file's tests, and it stops after them. `options` are those
 * of `open`, or a function that returns them when the file's turn comes.
 */
export function consoleForFile(options, open = openConsole) {
  const view = {};
  before(async () => { Object.assign(view, await open(typeof options === 'function' ? await options() : options)); });
  after(() => view.stop?.());
  return view;
}

async function signIn(context, gw) {
  const answer = await context.request.post(`${gw.url}/api/login`, { data: { username: 'admin', password: PASSWORD } });
  assert.equal(answer.status(), 200, await answer.text());
}

async function watchedPage(context, faults, { locale, theme }) {
  await context.exposeFunction('reportFault', (fault) => faults.push(fault));
  await context.addInitScript(watch);
  // Only where nothing was chosen: a test that chooses in the page finds its choice after a reload.
  await context.addInitScript((chosen) => {
    for (const [name, value] of Object.entries(chosen)) if (localStorage.getItem(name) === null) localStorage.setItem(name, value);
  }, { locale, theme });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' && !ANSWER_WAS_AN_ERROR.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (response.status() >= 400 && !/^\/(api|v1|images|videos)\//.test(pathname)) faults.push(`${response.status()} for ${pathname}`);
  });
  page.on('pageerror', (error) => faults.push(`page: ${error.stack ?? error.message}`));
  return page;
}

const appearance = (page) => page.evaluate(async () => ({ theme: globalThis.chosenTheme(), locale: (await import('/console/i18n.js')).locale(), shift: globalThis.layoutShift }));

const show = (page, { theme, locale }) => page.evaluate(async ([nextTheme, nextLocale]) => {
  globalThis.setTheme(nextTheme);
  (await import('/console/i18n.js')).setLocale(nextLocale);
  await new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
}, [theme, locale]);

/**
 * Holds the page as it is now, in both languages, against its own width and that of a phone: nothing sticks out. With
 * PICTURES it also takes its picture in each, in both appearances.
 */
async function shoot(page, name) {
  if (PICTURES) await mkdir(SCREENSHOTS, { recursive: true });
  const size = page.viewportSize();
  const before = await appearance(page);
  for (const width of new Set([size.width, NARROW])) {
    await page.setViewportSize({ ...size, width });
    for (const locale of LOCALES) {
      for (const theme of PICTURES ? THEMES : [before.theme]) {
        await show(page, { theme, locale });
        if (PICTURES) await page.screenshot({ path: join(SCREENSHOTS, `${name}-${locale}-${theme}-${width}.png`) });
        const { scroll, room } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, room: document.documentElement.clientWidth }));
        assert.ok(scroll <= room, `${name} at ${width} px in ${locale} is ${scroll} px wide`);
      }
    }
  }
  await page.setViewportSize(size);
  await show(page, before);
  // What moved meanwhile is this function's doing.
  await page.evaluate((shift) => { globalThis.layoutShift = shift; }, before.shift);
}

/** Checks the page as it is now against the rules for every page. */
async function check(page, faults) {
  const { shift, ...before } = await appearance(page);
  assert.ok(shift.sum <= MAX_SHIFT, `the layout shifted by ${shift.sum.toFixed(3)}:\n${shift.parts.join('\n')}`);
  // axe sets styles of its own for some rules, which the policy refuses as it should.
  const own = [...faults];
  if (await page.evaluate(() => globalThis.axe === undefined)) await page.evaluate(axe);
  for (const theme of THEMES) {
    await show(page, { ...before, theme });
    const found = await page.evaluate(async (rules) => (await globalThis.axe.run(document, { resultTypes: ['violations'], ...rules })).violations,
      theme === THEMES[0] ? {} : { runOnly: COLOURS });
    const serious = found.filter(({ impact }) => ['serious', 'critical'].includes(impact));
    assert.deepEqual(serious.map(({ id, help, nodes }) => [id, help, ...nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)]), [], `axe, ${theme}`);
  }
  await show(page, before);
  faults.length = 0;
  assert.deepEqual(own, []);
}
