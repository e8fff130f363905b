// The line above the messages: which room it is, and what can be done with it.

import { html } from '../vendor.js';
import { messagePanels } from '../messages/panels.js';
import { me } from '../state/client.js';
import { roomName } from '../state/room-name.js';
import { isAdmin, useMembers } from '../state/rooms.js';
import { go, to, togglePanel } from '../state/route.js';
import { openDialog } from '../state/view.js';
import { RoomSign } from '../ui/avatar.js';
import { IconButton } from '../ui/button.js';
import { Menu } from '../ui/menu.js';
import { counted } from '../ui/words.js';
import { Back } from './back.js';

/** @param {{room: any, panel: string | null}} props */
export function RoomHeader({ room, panel }) {
  const name = roomName(room, me.value.username);
  const pressed = (which) => (panel === which ? 'true' : 'false');
  const has = (which) => which in messagePanels;
  return html`<header class="room-head">
    <${Back} />
    <${RoomSign} room=${room} name=${name} />
    <div class="room-title">
      <h1 id="room-title" dir="auto" title=${name}>${name}</h1>
      <p><${Subtitle} room=${room} /></p>
    </div>
    <div class="room-tools">
      ${has('search') && html`<${IconButton} label="Search messages" icon="search" aria-pressed=${pressed('search')}
        onClick=${() => togglePanel('search')} />`}
      ${has('pins') && html`<${IconButton} class="not-phone" label="Pinned messages" icon="pin" aria-pressed=${pressed('pins')}
        onClick=${() => togglePanel('pins')} />`}
      <${IconButton} label=${`Members, ${room.memberCount}`} icon="members" aria-pressed=${pressed('members')}
        onClick=${() => togglePanel('members')} />
      <${Menu} label="More about this room" items=${[
        has('pins') && { label: 'Pinned messages', icon: 'pin', onSelect: () => go(to.panel(room.id, 'pins')) },
        isAdmin(room) && { label: 'Invite people', icon: 'mail', onSelect: () => openDialog('invite', { room }) },
        { label: isAdmin(room) ? 'Room settings' : 'About this room', icon: 'info',
          onSelect: () => go(to.panel(room.id, 'settings')) },
        !room.direct && { label: 'Leave room', icon: 'leave', danger: true, onSelect: () => openDialog('leave', { room }) },
      ]} />
    </div>
  </header>`;
}

function Subtitle({ room }) {
  const members = useMembers(room.id);
  const online = members?.filter((member) => member.online) ?? [];
  if (room.direct && room.memberCount === 2) return online.some(({ user }) => user.id !== me.value.id) ? 'Here now' : 'Direct message';
  return [
    room.direct ? counted(room.memberCount, 'person', 'people') : counted(room.memberCount, 'member'),
    online.length > 0 && `${online.length} here now`,
    room.description,
  ].filter(Boolean).join(' · ');
}
