// The frame of the web client.

import { html } from '../vendor.js';
import { MessagePane } from '../messages/pane.js';
import { route } from '../state/route.js';
import { Toasts } from '../ui/toast.js';

/** The fragment of the address is the place in the client, so the link moves the focus itself. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

export function Shell() {
  const { roomId } = route.value;
  return html`<a class="skip-link" href="#main" onClick=${skip}>Skip to the messages</a>
    <main id="main" tabindex="-1">${roomId && html`<${MessagePane} roomId=${roomId} key=${roomId} />`}</main>
    <${Toasts} />`;
}
