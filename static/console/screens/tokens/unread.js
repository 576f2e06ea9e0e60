// Follows accounts that Grok has not been asked about yet. Each look at the list makes the gateway ask about a few of them.
import { html, useEffect, useRef, useState } from '../../html.js';
import { useEvery } from '../../data.js';
import { texts } from '../../i18n.js';
import { text } from './text.js';

const t = texts(text);
/** Milliseconds between looks while accounts are being read. */
const STEP_MS = 2_500;
/** Milliseconds without progress after which the looks stop, for example because Grok blocks the gateway. */
const PATIENCE_MS = 30_000;

/**
 * Looks again while accounts are being read; never twice at the same time.
 * @param {number} count of accounts that are not read
 * @param {() => Promise<unknown>} look loads the list again
 * @returns {boolean} whether accounts are being read
 */
export function useReading(count, look) {
  const [isStuck, setStuck] = useState(false);
  const isLooking = useRef(false);
  useEffect(() => {
    setStuck(false);
    if (count === 0) return undefined;
    const timer = setTimeout(() => setStuck(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [count]);
  const isReading = count > 0 && !isStuck;
  useEvery(isReading ? STEP_MS : null, async () => {
    if (isLooking.current) return;
    isLooking.current = true;
    try {
      await look();
    } finally {
      isLooking.current = false;
    }
  });
  return isReading;
}

/** Announces how many accounts are not read yet. @param {{ count: number, isReading: boolean }} props */
export function Unread({ count, isReading }) {
  return html`<span class="muted unread-count" role="status" aria-live="polite">${count > 0 && html`
    ${isReading && html`<span class="spinner" aria-hidden="true" />`}<span class="number">${t(isReading ? 'reading' : 'notRead', { n: count })}</span>`}</span>`;
}
