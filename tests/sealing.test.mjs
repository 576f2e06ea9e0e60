// Secrets of a gateway that had no encryption key, once it has one: how many calls it takes, and what stays in the files.
import assert from 'node:assert/strict';
import { readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from './lib/suite.mjs';
import { ENCRYPTED, jwt, startGateway } from './lib/gateway.mjs';
import { HOST } from './lib/hosts.mjs';

/** A figure for 20,000: `SEALING_TOKENS=20000 node tests/run.mjs sealing`. */
const POOL = Number(process.env.SEALING_TOKENS ?? 500);

/** Returns whether any file below `folder` holds the text. */
async function holds(folder, text) {
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    if ((await stat(path)).isFile() && (await readFile(path)).includes(text)) return true;
  }
  return false;
}

/** Starts a gateway; `stop` of the result leaves its files, and may be called again. */
async function start(options) {
  const gw = await startGateway(options);
  let stopping;
  return { gw, stop: () => stopping ??= gw.host.stop().finally(() => gw.grok.stop()) };
}

test('clear text is encrypted in few calls and leaves the file', { timeout: 180_000 }, async (t) => {
  const clear = await start();
  const { dataDir } = clear.gw;
  let sealed;
  try {
    const names = Array.from({ length: POOL }, (_, n) => `in-clear-${n}`);
    for (let at = 0; at < POOL; at += 5_000) await clear.gw.addTokens(names.slice(at, at + 5_000));
    assert.equal((await clear.gw.api('GET', '/settings')).body.clear_text_may_remain, false);
    await clear.stop();
    const token = jwt('in-clear-7');
    assert.ok(await holds(dataDir, token), 'without a key it is in clear');

    sealed = await start({ dataDir, vars: ENCRYPTED });
    const { gw } = sealed;
    const began = Date.now();
    let calls = 0;
    for (let status = 202; status === 202; calls++) ({ status } = await gw.call('POST', '/internal/maintenance'));
    t.diagnostic(`${HOST}: ${POOL} tokens sealed by ${calls} calls in ${Date.now() - began} ms`);
    // 200 a call on Workers and 20,000 elsewhere; the last one finds the rest.
    assert.equal(calls, Math.floor(POOL / (HOST === 'workerd' ? 200 : 20_000)) + 1);
    const { body: { encryption_key_set, clear_text_may_remain } } = await gw.api('GET', '/settings');
    assert.deepEqual([encryption_key_set, clear_text_may_remain], [true, HOST === 'workerd']);
    assert.equal((await gw.ok('POST', '/tokens/test', { token })).valid, true, 'it can still be used');
    await sealed.stop();
    // D1 does not allow rewriting its file: the settings say so.
    assert.equal(await holds(dataDir, token), HOST === 'workerd');
  } finally {
    await clear.stop();
    await sealed?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
