// Where the focus goes when what had it is taken away.
import { topDialog } from './components/dialog.js';
import { useEffect } from './html.js';

/**
 * As with a row that is deleted: browsers leave the focus nowhere, and readers begin at the top of the page. It goes to
 * the nearest thing around that can have it, at last to the dialog that is open, or the screen.
 */
export function useKeptFocus() {
  useEffect(() => {
    let path = [];
    const remember = (event) => { path = event.composedPath().filter((each) => each instanceof Element); };
    const mend = () => {
      if (path.length === 0 || path[0].isConnected || document.activeElement !== document.body) return;
      const dialog = topDialog();
      const around = path.find((each) => each.isConnected && each.matches('[tabindex]') && (dialog ?? document.body).contains(each));
      const next = around ?? dialog?.querySelector('header button') ?? document.getElementById('content');
      next.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(mend);
    observer.observe(document.body, { childList: true, subtree: true });
    document.addEventListener('focusin', remember);
    return () => {
      observer.disconnect();
      document.removeEventListener('focusin', remember);
    };
  }, []);
}
