// More forms of the kinds that tests/fixtures/import shows: each gives its tokens, or says by line why it gives none.
import assert from 'node:assert/strict';
import { test } from './lib/suite.mjs';
import { ENCRYPTED, gatewayForFile, jwt } from './lib/gateway.mjs';

const NAMES = ['kind-1', 'kind-2', 'kind-3'];
const [ONE, TWO, THREE] = NAMES.map(jwt);
const OPAQUE = 'an-opaque_value.of-20-characters';
const MAIL = 'anna.field@example.com';
const PASSWORD = 'Passw0rd!x#y';
const row = (name, value, { domain = '.grok.com', prefix = '' } = {}) => `${prefix}${domain}\tTRUE\t/\tTRUE\t1829287800\t${name}\t${value}`;
const cookie = (name, value, domain = '.grok.com') => ({ domain, hostOnly: false, httpOnly: true, name, path: '/', sameSite: 'no_restriction', secure: true, session: false, storeId: '0', value, id: 1 });

/** The name of a form, its text, the tokens by line (of a JSON document: by entry), and the lines that are refused. */
const FORMS = [
  ['lines that end as on old Macs', `${ONE}\r${TWO}\r`, { 1: ONE, 2: TWO }],
  ['lines that end in several ways', `${ONE}\r\n\r\n${TWO}\n\r${THREE}`, { 1: ONE, 3: TWO, 5: THREE }],
  ['a table of an old Mac', `token;note\r${ONE};a\r${TWO};b`, { 2: ONE, 3: TWO }],
  ['a table with quotes, commas and line breaks in its cells', `"token","note"\r\n"${ONE}","a, ""b""\r\nc"\r\n"${TWO}",""\r\n`, { 2: ONE, 4: TWO }],
  ['tabs between cells', `email\tpassword\ttoken\ttype\n${MAIL}\t${PASSWORD}\t${ONE}\tssoSuper\n${MAIL}\t${PASSWORD}\t\tsso\n`, { 2: ONE }, [3]],
  ['a formula that keeps a spreadsheet from changing the text', `token,note\n"=""${ONE}""",n\n`, { 2: ONE }],
  ['a table without names', `${MAIL},${PASSWORD},${ONE}\n${MAIL},${PASSWORD},${TWO}`, { 1: ONE, 2: TWO }],
  ['a ledger with more columns', `${MAIL}----${PASSWORD}----${ONE}----2026-11-01----US\n${MAIL}---- ----${TWO}`, { 1: ONE, 2: TWO }],
  ['a ledger whose token is labelled', `${MAIL}|${PASSWORD}|sso=${OPAQUE}|`, { 1: OPAQUE }],
  ['a ledger without tokens', `${MAIL}----${PASSWORD}\n${MAIL}:${PASSWORD}`, {}, [1, 2]],
  ['JSON with comments', `{ // mine, "all"\n  "ssoBasic": ["${ONE}", /* old: "${THREE}" */],\n  # super\n  "ssoSuper": [{ "token": "${TWO}", "note": "a // b # c" },],\n}`, { 1: ONE, 2: TWO }],
  ['JSON below comments', `// exported 2026-11\n# by me\n{"ssoSuper": ["${ONE}"]}`, { 1: ONE }],
  ['JSON lines with comments', `# mine\n{"token": "${ONE}", "token_type": "ssoSuper"}\n\n// more\n{"token": "${TWO}"}\n{"token": "${PASSWORD}"}`, { 2: ONE, 5: TWO }, [6]],
  ['a list of another language', `['${ONE}', '${TWO}']`, { 1: [ONE, TWO] }],
  ['YAML', `accounts:\n  - sso: ${ONE}\n  - "${TWO}"`, { 2: ONE, 3: TWO }, [1]],
  ['the header of a request', `Cookie: i18nextLng=en; sso=${ONE}; sso-rw=${ONE}; cf_clearance=abc.def-123`, { 1: ONE }],
  ['the header as the developer tools show it', `cookie\ni18nextLng=en; sso=${ONE}; sso-rw=${ONE}`, { 2: ONE }],
  ['sso-rw alone', `cf_clearance=abc.def-123; sso-rw=${ONE}`, { 1: ONE }],
  ['cookies without sso', 'cf_clearance=abc.def-123-which-is-long-enough; i18nextLng=en', {}, [1]],
  ['an export of EditThisCookie', JSON.stringify([cookie('cf_clearance', 'abc.def-123'), cookie('sso', ONE), cookie('sso-rw', ONE)], null, 2), { 2: ONE }],
  ['an export of another site', JSON.stringify([cookie('sso', ONE, '.x.ai'), cookie('theme', 'dark', '.x.ai')]), {}, [1]],
  ['the state of a browser that is driven', JSON.stringify({ cookies: [cookie('sso', ONE)], origins: [{ origin: 'https://grok.com', localStorage: [{ name: 'theme', value: 'dark' }] }] }), { 1: ONE }],
  ['cookies as an object', JSON.stringify({ sso: ONE, 'sso-rw': ONE, cf_clearance: 'abc.def-123' }), { 1: ONE }],
  ['a cookie file with HttpOnly', ['# Netscape HTTP Cookie File', '', row('sso-rw', ONE, { prefix: '#HttpOnly_' }), row('sso', ONE, { prefix: '#HttpOnly_' }), row('cf_clearance', 'abc.def-123')].join('\r\n'), { 4: ONE }],
  ['a cookie file of another site', [row('sso', ONE, { domain: '.example.com' }), row('sid', OPAQUE, { domain: 'example.com' })].join('\n'), {}, [1]],
  ['a cookie file whose tabs became blanks', row('sso', ONE).replaceAll('\t', ' '), { 1: ONE }],
  ['a table of the developer tools', `Name\tValue\tDomain\tPath\tExpires / Max-Age\ncf_clearance\tabc.def-123\t.grok.com\t/\tSession\nsso\t${ONE}\t.grok.com\t/\tSession`, { 3: ONE }],
  ['a cookie as Firefox copies it', `sso:"${ONE}"\nCreated:"Thu, 26 Nov 2026 20:11:54 GMT"\nDomain:".grok.com"\nHttpOnly:true`, { 1: ONE }, [2, 3, 4]],
  ['a command for the Windows prompt', `curl ^"https://grok.com/rest/app-chat^" ^\r\n  -H ^"accept: */*^" ^\r\n  -b ^"i18nextLng=en; sso=${ONE}; sso-rw=${ONE}^" ^\r\n  --data-raw ^"^{^}^"`, { 1: ONE }],
  ['a command of another site', `curl 'https://example.com/' -H 'cookie: sso=${ONE}'`, {}, [1]],
  ['a table in Markdown', `| token | note |\n|---|---|\n| ${ONE} | n |`, { 3: ONE }, [2]],
  ['16-bit characters, read as 8-bit ones', `\ufffd\ufffd${[...`${ONE}\r\n${TWO}\r\n`].join('\0')}\0`, { 1: ONE, 2: TWO }],
];

const gw = gatewayForFile({ vars: ENCRYPTED });

const take = (content, dry_run) => gw.ok('POST', '/tokens/import', { content, token_type: 'sso', dry_run });

for (const [name, content, tokens, refused = []] of FORMS) {
  test(name, async () => {
    const { lines } = await take(content, true);
    const found = lines.filter(({ action }) => action === 'added').map(({ line, token_suffix: suffix }) => [line, suffix]);
    const wanted = Object.entries(tokens).flatMap(([line, list]) => [list].flat().map((token) => [Number(line), token.slice(-6)]));
    assert.deepEqual(found, wanted, JSON.stringify(lines));
    const invalid = lines.filter(({ action }) => action === 'invalid');
    assert.deepEqual(invalid.map(({ line }) => line), refused, JSON.stringify(lines));
    for (const { reason } of invalid) assert.ok(reason.length > 10 && ![MAIL, PASSWORD, 'Passw0rd', 'abc.def'].some((secret) => reason.includes(secret)), reason);
  });
}

test('together they give these tokens, and Grok gets nothing else', async () => {
  await gw.pool([]);
  for (const [, content] of FORMS) await take(content, false);
  const rows = await gw.tokens();
  assert.equal(rows.length, 4);
  for (const name of NAMES) gw.grok.limit(name, { kind: 'super' });
  for (const { token_type: type } of rows) assert.equal((await gw.chat('hi', { model: type === 'sso' ? 'grok-fast' : 'grok-heavy' })).status, 200);
  assert.deepEqual([...gw.grok.tokens.keys()].sort(), [ONE, TWO, THREE, OPAQUE].sort());
  for (const secret of ['@', '#', 'Passw0rd', 'cf_clearance', 'abc.def', 'theme']) assert.ok(!gw.grok.received.includes(secret), secret);
});
