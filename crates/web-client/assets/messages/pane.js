// The messages of a room, and the place where one writes.

import { html } from '../vendor.js';

/** @param {{roomId: string}} props */
export function MessagePane({ roomId }) {
  return html`<div class="messages" data-room=${roomId} />`;
}
