// The tokens screen in a browser: opened, and what tests look for in it.
import { consoleForFile, openConsole } from './console.mjs';
import { ENCRYPTED, jwt } from './gateway.mjs';

/** Returns the last characters of the token of that name, by which the screen names it. */
export const suffix = (name) => jwt(name).slice(-6);

/** Returns the tokens screen of a test file: [`consoleForFile`], and the screen's parts. Each test begins with `open`. */
export function tokensForFile(options) {
  const view = consoleForFile(options, (given) => openConsole({ vars: ENCRYPTED, ...given }));
  const open = async (query = '') => {
    await view.page.goto(`${view.gw.url}/manage#/tokens${query}`);
    await view.page.reload();
    await view.page.getByRole('heading', { level: 1 }).waitFor();
  };
  const dialog = () => view.page.getByRole('dialog');
  const row = (name) => view.page.getByRole('row').filter({ hasText: suffix(name) });
  const stored = async (name) => (await view.gw.tokens()).find((each) => each.token_suffix === suffix(name));
  return Object.assign(view, { open, dialog, row, stored });
}
