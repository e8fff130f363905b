// A room in the list of rooms.

import { html } from '../vendor.js';
import { me } from '../state/client.js';
import { to } from '../state/route.js';
import { RoomSign } from '../ui/avatar.js';
import { listTime } from '../ui/time.js';
import { counted } from '../ui/words.js';
import { roomName } from '../state/room-name.js';

/** @param {{room: any, current: boolean}} props */
export function RoomItem({ room, current }) {
  const { unreadCount = 0, mentionCount = 0 } = room.membership ?? {};
  const name = roomName(room, me.value.username);
  const at = room.lastMessageAt ?? room.createdAt;
  const isUnread = unreadCount > 0 && !current;
  return html`<li>
    <a class=${`room-item${isUnread ? ' unread' : ''}`} data-roving data-room=${room.id} href=${to.room(room.id)}
      aria-current=${current ? 'page' : undefined}>
      <${RoomSign} room=${room} name=${name} />
      <span class="room-words">
        <span class="room-top"><span class="room-name" dir="auto">${name}</span>
          <time class="room-time" datetime=${at}>${listTime(at)}</time></span>
        <span class="room-bottom"><span class="room-last" dir="auto">${preview(room)}</span>
          <${Unread} unread=${current ? 0 : unreadCount} mentions=${current ? 0 : mentionCount} /></span>
      </span>
    </a>
  </li>`;
}

/** The number of unread messages, and a sign where some of them mention the person. */
function Unread({ unread, mentions }) {
  if (unread === 0) return null;
  const words = `${unread} unread${mentions ? `, ${counted(mentions, 'mentions', 'mention')} you` : ''}`;
  return html`<span class="room-unread" title=${words}>
    ${mentions > 0 && html`<span class="badge badge-mention" aria-hidden="true">@</span>`}
    <span class="badge" aria-hidden="true">${unread > 99 ? '99+' : unread}</span><span class="visually-hidden">${words}</span>
  </span>`;
}

/** The newest message in a few words. */
function preview(room) {
  const last = room.lastMessage;
  if (!last) return room.description || 'No messages yet';
  const who = last.sender.id === me.value.id ? 'You' : room.direct ? '' : last.sender.username;
  const kind = { image: 'Image', file: 'File' }[last.type];
  const what = last.deletedAt ? 'Message deleted' : last.content || (kind && `${kind}: ${last.file?.name ?? ''}`) || '';
  return `${who && `${who}: `}${what.slice(0, 200)}`;
}
