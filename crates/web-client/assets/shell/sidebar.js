// The rooms of the person, latest activity first, with invitations above them.

import { html, useState } from '../vendor.js';
import { me } from '../state/client.js';
import { invitations, mentionTotal, rooms } from '../state/rooms.js';
import { go, route, to } from '../state/route.js';
import { openDialog } from '../state/view.js';
import { Button, IconButton } from '../ui/button.js';
import { Icon, Logo } from '../ui/icon.js';
import { Menu } from '../ui/menu.js';
import { useRoving } from '../ui/roving.js';
import { Empty, Skeleton } from '../ui/states.js';
import { Account } from './account.js';
import { Invitations } from './invitations.js';
import { RoomItem } from './room-item.js';
import { matches } from '../state/room-name.js';

export function Sidebar() {
  const [query, setQuery] = useState('');
  const all = rooms.value;
  const found = all?.filter((room) => matches(room, query, me.value.username));
  return html`<nav class="sidebar" aria-label="Rooms" tabindex="-1">
    <header class="sidebar-head">
      <a class="brand" href=${to.home()} aria-label="Parlor, start"><${Logo} size=${28} /><span>Parlor</span></a>
      <${Mentions} />
      <${IconButton} label="Browse public rooms" icon="globe" onClick=${() => go(to.browse())}
        aria-current=${route.value.view === 'browse' ? 'page' : undefined} />
      <${Menu} label="New room or message" icon="add" items=${[
        { label: 'New room', icon: 'hash', onSelect: () => openDialog('new-room') },
        { label: 'New message', icon: 'message', onSelect: () => openDialog('new-direct') },
        { label: 'Browse public rooms', icon: 'globe', onSelect: () => go(to.browse()) },
      ]} />
    </header>
    <div class="sidebar-search">
      <${Icon} name="search" size=${18} />
      <input id="room-search" type="search" placeholder="Find a room" aria-label="Find a room" value=${query}
        onInput=${(event) => setQuery(event.currentTarget.value)} onKeyDown=${(event) => searchKeys(event, found, setQuery)} />
    </div>
    <div class="sidebar-lists">
      ${invitations.value.length > 0 && html`<${Invitations} />`}
      ${!all ? html`<${Skeleton} rows=${6} label="Loading your rooms" />`
        : all.length === 0 ? html`<${Empty} icon="message" title="No rooms yet">
            Rooms that you join or make are listed here.
            <div class="only-phone">
              <${Button} kind="primary" icon="globe" onClick=${() => go(to.browse())}>Browse rooms<//>
              <${Button} icon="add" onClick=${() => openDialog('new-room')}>New room<//>
              <${Button} icon="message" onClick=${() => openDialog('new-direct')}>New message<//>
            </div>
          <//>`
        : found.length === 0 ? html`<${Empty} icon="search" title="No room found">
            None of your rooms is called “${query}”. <a href=${to.browse()}>Browse public rooms</a>
          <//>`
        : html`<${RoomList} rooms=${found} />`}
    </div>
    <${Account} />
  </nav>`;
}

/** The way to the messages that mention the person, with the number of those that are unread. */
function Mentions() {
  const count = mentionTotal.value;
  return html`<span class="with-badge">
    <${IconButton} label=${count > 0 ? `Mentions, ${count} unread` : 'Mentions'} icon="at" onClick=${() => go(to.mentions())}
      aria-current=${route.value.view === 'mentions' ? 'page' : undefined} />
    ${count > 0 && html`<span class="badge badge-mention" aria-hidden="true">${count > 99 ? '99+' : count}</span>`}
  </span>`;
}

/** The number of rooms that are listed at once; the search finds the others, too. */
const LISTED = 200;

function RoomList({ rooms: all }) {
  const roving = useRoving();
  const [count, setCount] = useState(LISTED);
  const shown = all.slice(0, count);
  return html`<h2 class="visually-hidden">Your rooms</h2>
    <ul class="rooms" ref=${roving.ref} onKeyDown=${roving.onKeyDown} onFocusIn=${roving.onFocusIn}>
      ${shown.map((room) => html`<${RoomItem} key=${room.id} room=${room} current=${route.value.roomId === room.id} />`)}
    </ul>
    ${all.length > count && html`<p class="more"><${Button} small onClick=${() => setCount(count + LISTED)}>Show more rooms<//></p>`}`;
}

/** Enter opens the first room that was found, the arrow goes to the list, Escape empties the field. */
function searchKeys(event, found, setQuery) {
  if (event.key === 'Escape' && event.currentTarget.value) {
    event.stopPropagation();
    setQuery('');
  } else if (event.key === 'Enter' && found?.length) {
    go(to.room(found[0].id));
    setQuery('');
  } else if (event.key === 'ArrowDown') {
    event.preventDefault();
    event.currentTarget.closest('nav').querySelector('.rooms [data-roving]')?.focus();
  }
}
