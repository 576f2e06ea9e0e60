// The console's start.
import { html, render } from './html.js';
import { startRouting } from './router.js';
import { Shell } from './shell.js';

startRouting();
render(html`<${Shell} />`, document.getElementById('app'));
