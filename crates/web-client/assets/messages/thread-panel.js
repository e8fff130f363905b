// Shows a thread beside the room: its first message, the replies, and a place to write one.

import { html } from '../vendor.js';
import { MessageView } from './message-view.js';
import { viewOf } from './views.js';

/** @param {{roomId: string, argument: string | null}} props the argument is the id of the thread's first message */
export function ThreadPanel({ roomId, argument }) {
  if (!argument) return null;
  const view = viewOf(roomId, argument);
  return html`<${MessageView} key=${argument} view=${view} label="Reply in thread" listLabel="Thread"
    start=${html`<p class="start-note">A thread keeps answers to one message together.</p>`} />`;
}
