// The browser of the tests: one a process where files share one.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { atEnd, isShared } from './suite.mjs';

// The shell is the same engine without a browser's own windows, which cost half of its time; Playwright too prefers it.
// Source: https://playwright.dev/docs/browsers#chromium-headless-shell
const CHROMIUM = process.env.CHROMIUM ?? ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path));

async function launch() {
  if (!existsSync(CHROMIUM ?? '')) {
    throw new Error(`Chromium not found${CHROMIUM ? ` at ${CHROMIUM}` : ''}: install the package chromium, or name one in the variable CHROMIUM`);
  }
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'] });
}

let shared = null;

/** Returns the browser of this process, where files share one; else one of its own, which `end` closes. */
export async function browserForFile() {
  if (!isShared()) {
    const browser = await launch();
    return { browser, end: () => browser.close() };
  }
  if (!shared?.isConnected()) {
    const browser = await launch();
    shared = browser;
    atEnd(() => browser.close());
  }
  return { browser: shared, end: () => {} };
}
