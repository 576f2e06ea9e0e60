// Moves the focus when the focused element is removed.
import { topDialog } from './components/dialog.js';
import { useEffect } from './html.js';

/**
 * Keeps the focus near a removed element, for example a deleted row. Browsers would drop it, and screen readers would start
 * at the top of the page. The focus moves to the nearest focusable ancestor, or else to the open dialog or the screen.
 */
export function useKeptFocus() {
  useEffect(() => {
    let path = [];
    const remember = (event) => { path = event.composedPath().filter((each) => each instanceof Element); };
    const restore = () => {
      if (path.length === 0 || path[0].isConnected || document.activeElement !== document.body) return;
      const dialog = topDialog();
      const around = path.find((each) => each.isConnected && each.matches('[tabindex]') && (dialog ?? document.body).contains(each));
      const next = around ?? dialog?.querySelector('header button') ?? document.getElementById('content');
      next.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(restore);
    observer.observe(document.body, { childList: true, subtree: true });
    document.addEventListener('focusin', remember);
    return () => {
      observer.disconnect();
      document.removeEventListener('focusin', remember);
    };
  }, []);
}
