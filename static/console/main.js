// Entry point of the console.
import { html, render } from './html.js';
import { startRouting } from './router.js';
import { Shell } from './shell.js';

// A page restored from the back/forward cache may belong to an ended session.
addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
startRouting();
render(html`<${Shell} />`, document.getElementById('app'));
