// The playground in a browser: opened with a key, asked, and its answers awaited.
import { consoleForFile, openConsole } from './console.mjs';
import { jwt, until } from './gateway.mjs';

async function openPlayground(options) {
  const view = await openConsole(options);
  const { page, gw } = view;
  const box = page.getByRole('textbox', { name: 'Message' });
  const answers = page.getByRole('article', { name: 'Answer' });

  /** Fresh accounts, nothing said yet, the suite's key chosen unless `key` says otherwise, and no rule of the gateway's left. */
  async function begin({ key = gw.key, model = 'grok-4-fast' } = {}) {
    await gw.pool(['basic-1', 'basic-2']);
    await gw.ok('POST', '/tokens/add', { tokens: [jwt('super-1')], token_type: 'ssoSuper' });
    // An open playground would write down its conversation again while it is left.
    await page.goto(`${gw.url}/favicon.svg`);
    await page.evaluate(([secret, chosen]) => {
      sessionStorage.clear();
      if (secret !== null) sessionStorage.setItem('playground-key', JSON.stringify({ name: 'suite', key: secret }));
      localStorage.setItem('playground-model', chosen);
    }, [key, model]);
    await page.goto(`${gw.url}/manage#/playground`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (key !== null) await page.getByText('Ask something').waitFor();
  }

  async function ask(text) {
    await box.fill(text);
    // Until the models are known there is none to ask.
    await page.getByRole('button', { name: 'Send', disabled: false }).waitFor();
    await box.press('Enter');
  }

  /** Returns the answer to the last question, when it has ended. */
  async function answered(count) {
    const answer = count === undefined ? answers.last() : answers.nth(count - 1);
    await until(async () => await answer.count() === 1 && await answer.getAttribute('aria-busy') === 'false', 'the end of the answer', 30_000);
    return answer;
  }

  return { ...view, box, answers, begin, ask, answered };
}

/** Returns the playground of a test file: [`consoleForFile`], and what tests do there. Each test begins with `begin`. */
export const playgroundForFile = (options) => consoleForFile(options, openPlayground);
