// The refresh of all tokens as it is on the gateway. Asking for it moves it on, so it is asked for as long as the console
// is open, whatever screen is shown.
import { call, explain, get, post } from '../../api.js';
import { shared } from '../../store.js';

/** How long after an answer the next question comes, while it runs and after a failure. */
const STEP_MS = 700;
const TROUBLE_MS = 4_000;

/** @type {{ get(): { progress: object | null, trouble: string }, set(state: object): void }} */
export const job = shared({ progress: null, trouble: '' });

let asking = false;

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const put = (progress) => job.set({ progress, trouble: '' });

/** Looks how far it is, and stays at it while it runs. */
export async function follow() {
  if (asking) return;
  asking = true;
  try {
    do {
      try {
        put((await get('/tokens/refresh-progress')).data);
        if (job.get().progress.running) await sleep(STEP_MS);
      } catch (error) {
        job.set({ ...job.get(), trouble: explain(error) });
        await sleep(TROUBLE_MS);
      }
    } while (job.get().progress?.running);
  } finally {
    asking = false;
  }
}

/** Starts it; one that somebody else started meanwhile is followed instead. */
export async function startRefresh() {
  try {
    put((await call('POST', '/tokens/refresh-all', { body: {} })).data);
  } catch (error) {
    if (error.code !== 'REFRESH_RUNNING') throw error;
    put(error.data);
  }
  follow();
}

export async function cancelRefresh() {
  put((await post('/tokens/refresh-cancel')).data);
}

/** What is left at the pace so far, in milliseconds; null while it cannot be told. */
export function timeLeft({ running, current, total, started_at: startedAt, updated_at: updatedAt }) {
  const spent = updatedAt - startedAt;
  return running && current > 0 && spent > 1000 ? Math.round(spent / current * (total - current)) : null;
}
