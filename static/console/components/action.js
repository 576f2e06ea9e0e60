// Buttons that run an action: busy while it runs, and a toast shows its error.
import { html, useEffect, useRef, useState } from '../html.js';
import { Icon } from './icon.js';
import { toast } from './toast.js';

/**
 * A button that runs `run` when it is pressed.
 * @param {object} props
 * @param {() => unknown} props.run may be async; an error it throws is shown as a toast
 * @param {string} [props.kind] `primary`, `danger`, `quiet`
 * @param {string} [props.icon]
 * @param {string} [props.label] for a button with an icon only
 * @param {boolean} [props.disabled]
 */
export function Action({ run, ...rest }) {
  const [busy, start] = useBusy(run);
  return html`<${BusyButton} busy=${busy} onClick=${start} ...${rest} />`;
}

/**
 * The same, with `busy` from the caller's own `useBusy`, for example in a form. A busy button is not `disabled`, because
 * that would drop the keyboard focus.
 */
export function BusyButton({ busy, kind = '', icon, label, disabled = false, children, ...rest }) {
  const style = label && !children ? 'icon-button' : 'button';
  return html`<button type="button" class=${`${style} ${kind}`} aria-label=${label} title=${label}
      aria-busy=${busy} aria-disabled=${busy || undefined} disabled=${disabled} ...${rest}>
    ${busy ? html`<span class="spinner" />` : icon && html`<${Icon} name=${icon} />`}
    ${children && html`<span>${children}</span>`}
  </button>`;
}

/**
 * Runs `run` at most once at a time and shows its error as a toast.
 * @returns {[boolean, (event?: Event) => Promise<void>]} whether it is running, and a function that starts it
 */
export function useBusy(run) {
  const [busy, setBusy] = useState(false);
  const isMounted = useRef(true);
  const running = useRef(false);
  useEffect(() => () => { isMounted.current = false; }, []);
  const start = async (event) => {
    event?.preventDefault();
    if (running.current) return;
    running.current = true;
    setBusy(true);
    try {
      await run(event);
    } catch (error) {
      if (error?.name !== 'AbortError') toast.error(error);
    } finally {
      running.current = false;
      if (isMounted.current) setBusy(false);
    }
  };
  return [busy, start];
}
