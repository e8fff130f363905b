// The messages of a room, and the place where one writes.

import { html, useEffect } from '../vendor.js';
import { roomName } from '../state/room-name.js';
import { route } from '../state/route.js';
import { MessageView } from './message-view.js';
import { viewOf } from './views.js';

/** @param {{roomId: string}} props */
export function MessagePane({ roomId }) {
  const view = viewOf(roomId);
  const { messageId } = route.value;
  view.isReached = messageId !== null;
  useEffect(() => {
    if (messageId) show(view, messageId);
  }, [view, route.value]);
  const room = view.room.value;
  if (!room) return null;
  const name = roomName(room, view.me.username);
  return html`<${MessageView} key=${roomId} view=${view} label=${`Message ${isPublic(room) ? '#' : ''}${name}`} listLabel=${`Messages in ${name}`}
    start=${html`<${Start} room=${room} name=${name} />`} />`;
}

/** Shows a message, in the thread that it is in. @param {import('./view.js').RoomView} view @param {string} id */
async function show(view, id) {
  const threadId = await view.places.reach(id);
  if (!threadId) return;
  viewOf(view.roomId, threadId).focus.jump(id);
  // In place of the address of the message, to which the back button would lead for ever.
  view.openThread(threadId, { replace: true });
}

function Start({ room, name }) {
  return html`
    <p class="start-title" dir="auto">${isPublic(room) ? `#${name}` : name}</p>
    <p class="start-note" dir="auto">${room.direct ? `This is the beginning of your conversation with ${name}.`
      : room.description || `This is the beginning of ${name}. Say hello.`}</p>`;
}

/** @param {{direct: boolean, visibility: string}} room */
function isPublic(room) {
  return !room.direct && room.visibility === 'public';
}
