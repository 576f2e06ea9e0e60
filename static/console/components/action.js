// Buttons that do something on the gateway: busy while it runs, and a failure is told.
import { html, useEffect, useRef, useState } from '../html.js';
import { Icon } from './icon.js';
import { toast } from './toast.js';

/**
 * @param {object} props
 * @param {() => unknown} props.run may be async; what it throws becomes a message
 * @param {string} [props.kind] `primary`, `danger`, `quiet`
 * @param {string} [props.icon]
 * @param {string} [props.label] for a button that shows its icon only
 * @param {boolean} [props.disabled]
 */
export function Action({ run, ...rest }) {
  const [busy, start] = useBusy(run);
  return html`<${BusyButton} busy=${busy} onClick=${start} ...${rest} />`;
}

/**
 * The same where `useBusy` is in other hands, as for the button of a form. Busy, it is not `disabled`, which would take the
 * focus from whoever pressed it by keyboard.
 */
export function BusyButton({ busy, kind = '', icon, label, disabled = false, children, ...rest }) {
  const style = label && !children ? 'icon-button' : 'button';
  return html`<button type="button" class=${`${style} ${kind}`} aria-label=${label} title=${label}
      aria-busy=${busy} aria-disabled=${busy || undefined} disabled=${disabled} ...${rest}>
    ${busy ? html`<span class="spinner" />` : icon && html`<${Icon} name=${icon} />`}
    ${children && html`<span>${children}</span>`}
  </button>`;
}

/** @returns {[boolean, (event?: Event) => Promise<void>]} whether it runs, and how to start it; never twice at once */
export function useBusy(run) {
  const [busy, setBusy] = useState(false);
  const here = useRef(true);
  const running = useRef(false);
  useEffect(() => () => { here.current = false; }, []);
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
      if (here.current) setBusy(false);
    }
  };
  return [busy, start];
}
