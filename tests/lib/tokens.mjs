// The tokens screen in a browser: opened, and what tests look for in it.
import { openConsole } from './console.mjs';
import { jwt } from './gateway.mjs';

/** The last characters of the token of that name, by which the screen names it. */
export const suffix = (name) => jwt(name).slice(-6);

/** `view` of [`openConsole`], and the screen's parts. Each test begins with `open`. */
export async function openTokens(options) {
  const view = await openConsole({ vars: { encryption_key: 'a key of the suite, long enough' }, ...options });
  const { page, gw } = view;
  const open = async (query = '') => {
    await page.goto(`${gw.url}/manage#/tokens${query}`);
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
  };
  const dialog = () => page.getByRole('dialog');
  const row = (name) => page.getByRole('row').filter({ hasText: suffix(name) });
  const stored = async (name) => (await gw.tokens()).find((each) => each.token_suffix === suffix(name));
  return { ...view, open, dialog, row, stored };
}
