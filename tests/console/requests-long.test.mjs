// A log of 100,000 rows in a browser.
import assert from 'node:assert/strict';
import { test } from '../lib/suite.mjs';
import { consoleForFile } from '../lib/console.mjs';
import { until } from '../lib/gateway.mjs';
import { neverStops } from '../lib/tasks.mjs';

const view = consoleForFile();

/** Returns a long log, a page at a time, as the gateway gives it. */
function longLog(total) {
  const [now, entry] = [Date.now(), { request_id: 'req_1', time: '', ip: '203.0.113.5', key_id: 1, key_name: 'app', model: 'grok-4', stream: true, status: 200, duration: 1.2, first_byte: 0.3, attempts: 1, account_id: 1, token_suffix: 'abc123', error_code: '', error: '', prompt_tokens: 10, completion_tokens: 20 }];
  return (route) => {
    const asked = new URL(route.request().url()).searchParams;
    const least = Number(asked.get('from') ?? 0);
    const first = asked.has('before') ? total - Number(asked.get('before')) + 1 : 0;
    const data = Array.from({ length: Math.min(Number(asked.get('limit')), total - first) }, (_, n) => ({ ...entry, id: String(total - first - n), timestamp: now - (first + n) * 1_000 })).filter(({ timestamp }) => timestamp >= least);
    return route.fulfill({ json: { success: true, data, next_before: first + data.length < total && least === 0 ? data.at(-1).id : null } });
  };
}

test('of 100,000 rows few exist, and nothing halts for 100 ms', async (t) => {
  const { page, gw } = view;
  await page.route('**/api/logs*', longLog(100_000));
  await page.goto(`${gw.url}/manage#/requests`);
  await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor();
  await until(async () => (await page.locator('.requests tbody tr:not(.gap)').count()) > 10, 'rows');
  let most = 0;
  await neverStops(t, page, 'scrolling', async () => {
    most = Math.max(most, await page.evaluate(async () => {
      const box = document.querySelector('.rows-box');
      let seen = 0;
      for (let n = 0; n < 100; n += 1) {
        box.scrollTop += 4_000;
        await new Promise((resolve) => { setTimeout(resolve, 30); });
        seen = Math.max(seen, document.querySelectorAll('.requests tbody tr').length);
      }
      return seen;
    }));
  });
  const loaded = await page.evaluate(() => Math.round(document.querySelector('.rows-box').scrollHeight / 46));
  assert.ok(loaded > 2_000, `${loaded} rows loaded`);
  assert.ok(most < 60, `${most} rows in the page`);
  await page.unroute('**/api/logs*');
});
