// Starts the admin page.

import { html, render } from '../vendor.js';
import '../state/settings.js';
import { Admin } from './app.js';

const root = /** @type {HTMLElement} */ (document.getElementById('app'));
root.replaceChildren();
render(html`<${Admin} />`, root);
