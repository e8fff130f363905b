// The messages of a room, and the place where one writes.

import { html, useEffect } from '../vendor.js';
import { route } from '../state/route.js';
import { MessageView } from './message-view.js';
import { viewOf } from './views.js';

/** @param {{roomId: string}} props */
export function MessagePane({ roomId }) {
  const view = viewOf(roomId);
  const { messageId } = route.value;
  view.isReached = messageId !== null;
  useEffect(() => {
    if (messageId) view.reach(messageId);
  }, [view, route.value]);
  const room = view.room.value;
  if (!room) return null;
  const name = roomTitle(room, view.me.username);
  return html`<${MessageView} key=${roomId} view=${view} label=${`Message ${room.direct ? '' : '#'}${name}`} listLabel=${`Messages in ${name}`}
    start=${html`<${Start} room=${room} name=${name} />`} />`;
}

function Start({ room, name }) {
  return html`
    <p class="start-title">${room.direct ? name : `#${name}`}</p>
    <p class="start-note">${room.direct ? `This is the beginning of your conversation with ${name}.`
      : room.description || `This is the beginning of ${name}. Say hello.`}</p>`;
}

/** The name of a direct room without the reader's own. @param {any} room @param {string} me */
function roomTitle(room, me) {
  if (!room.direct) return room.name;
  return room.name.split(', ').filter((name) => name !== `@${me}`).map((name) => name.slice(1)).join(', ') || room.name;
}
