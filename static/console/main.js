// The console's start.
import { html, render } from './html.js';
import { startRouting } from './router.js';
import { Shell } from './shell.js';

// A page that the browser kept whole and shows again may be of a session that has ended.
addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
startRouting();
render(html`<${Shell} />`, document.getElementById('app'));
