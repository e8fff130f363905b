// Starts the web client.

import { html, render } from './vendor.js';
import './state/settings.js';
import { loadRest, Shell } from './shell/shell.js';
import { me } from './state/client.js';

// Before the first rendering: the rest is then on its way while the frame is drawn.
if (me.value) loadRest();

const root = /** @type {HTMLElement} */ (document.getElementById('app'));
root.replaceChildren();
render(html`<${Shell} />`, root);
