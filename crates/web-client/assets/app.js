// Starts the web client.

import { html, render } from './vendor.js';
import './state/settings.js';
import './state/notifications.js';
import { Shell } from './shell/shell.js';

const root = /** @type {HTMLElement} */ (document.getElementById('app'));
root.replaceChildren();
render(html`<${Shell} />`, root);
