// The sources of an import: pasted text and files.
import { ApiError, post } from '../../api.js';
import { texts } from '../../i18n.js';
import { text } from './add.text.js';

const t = texts(text);
/** The maximum size of a file in bytes: the gateway accepts 20 MiB, and text grows a little as JSON. */
const MOST_BYTES = 19_000_000;

/** Reads files as text. @returns {Promise<{ name: string, content: string }[]>} @throws {ApiError} for the first unreadable one */
export function readFiles(files) {
  return Promise.all([...files].map(async (file) => {
    if (file.size > MOST_BYTES) throw new ApiError(413, { message: t('tooBig', { name: file.name }) });
    const bytes = await file.arrayBuffer().catch(() => { throw new ApiError(400, { message: t('badFile', { name: file.name }) }); });
    return { name: file.name, content: new TextDecoder(encodingOf(new Uint8Array(bytes))).decode(bytes) };
  }));
}

/** Detects UTF-16 by its byte order mark, because spreadsheets save "Unicode text" this way. */
const encodingOf = ([first, second]) => (first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8');

/** The gateway's outcomes of a line. */
export const OUTCOMES = ['added', 'updated', 'skipped', 'invalid'];

/**
 * Imports all sources one after another; with `isTrial` the gateway reports the result without storing anything.
 * @param {{ name: string, content: string }[]} sources
 * @param {{ type: '' | 'sso' | 'ssoSuper' | 'ssoHeavy', update: boolean, isTrial: boolean }} how `type` is empty unless a person chose one
 * @returns {Promise<{ added: number, updated: number, skipped: number, invalid: number, lines: object[], recordedUserAgent: string | null }>}
 *   `recordedUserAgent` is this browser's, if the gateway saved it with the first account
 */
export async function importAll(sources, { type, update, isTrial }, signal) {
  const sum = { added: 0, updated: 0, skipped: 0, invalid: 0, lines: [], recordedUserAgent: null };
  for (const { name, content } of sources) {
    const { data } = await post('/tokens/import', { content, token_type: type || undefined, update, dry_run: isTrial }, { signal });
    sum.recordedUserAgent ??= data.recorded_user_agent ?? null;
    for (const outcome of OUTCOMES) sum[outcome] += data[outcome];
    for (const line of data.lines) sum.lines.push({ ...line, file: sources.length > 1 ? name : '' });
  }
  return sum;
}

/** The gateway's English reasons for a line, and the keys of their texts. */
const REASONS = [
  [/^Duplicate of line (\d+)$/, 'r_repeat'], [/^The account exists already$/, 'r_here'], [/^The account exists already, and/, 'r_nothing'], [/^the token is empty$/, 'r_empty'],
  [/^the cookie line has no cookie/, 'r_noSso'], [/^the token is longer than/, 'r_long'], [/^the token holds a character/, 'r_character'], [/^too many tags/, 'r_tags'], [/^the note is too long$/, 'r_note'], [/^a number is out of range$/, 'r_number'],
  [/^this is .*: it is shorter/, 'r_short'], [/^no token in it/, 'r_none'], [/^there is more than one token/, 'r_several'], [/^these are cookies of another site/, 'r_site'], [/^(\d+) other cookies are left out$/, 'r_others'],
  [/^this is a key of xAI's API, not/, 'r_keyAlone'], [/^this begins like a key of xAI's API/, 'r_keyShort'], [/^the type xai needs a key/, 'r_notKey'], [/^daily_budget_usd is a number/, 'r_badBudget'], [/^daily_budget_usd is for keys/, 'r_noBudget'],
  [/^there are cookies, but none/, 'r_noCookie'], [/^neither a text nor an object/, 'r_field'], [/^this line is .*JSON$/, 'r_json'], [/^token_type is sso/, 'r_badType'], [/^state is active/, 'r_badState'], [/^tags is .*list/, 'r_badTags'], [/^a quota or its end/, 'r_badNumber'],
];

/** Explains why a line is skipped or invalid, or what it changes. */
export function lineInWords({ action, reason }) {
  if (action === 'updated') return t('changes', { what: reason.split(', ').map((what) => (`d_${what}` in text.en ? t(`d_${what}`) : what)).join(', ') });
  for (const [pattern, key] of REASONS) {
    const found = pattern.exec(reason);
    if (found) return t(key, { detail: found[1] });
  }
  return reason;
}
