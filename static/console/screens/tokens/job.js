// Follows the refresh of all accounts. Each progress call also advances the job, so it is polled while the console is open,
// on every screen.
import { call, explain, get, post } from '../../api.js';
import { shared } from '../../store.js';

/** Milliseconds between polls, while the job runs and after an error. */
const STEP_MS = 700;
const TROUBLE_MS = 4_000;

/** @type {{ get(): { progress: object | null, trouble: string }, set(state: object): void }} */
export const job = shared({ progress: null, trouble: '' });

let asking = false;

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const put = (progress) => job.set({ progress, trouble: '' });

/** Loads the progress, and polls while the job runs. */
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

/** Starts the job, or follows one that is already running. */
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

/** Estimates the time left in milliseconds; null while there is not enough data. */
export function timeLeft({ running, current, total, started_at: startedAt, updated_at: updatedAt }) {
  const spent = updatedAt - startedAt;
  return running && current > 0 && spent > 1000 ? Math.round(spent / current * (total - current)) : null;
}
