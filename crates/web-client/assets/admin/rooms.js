// Public rooms: finding and deleting them. Private ones do not show to server admins.

import { html, useState } from '../vendor.js';
import { RoomSign } from '../ui/avatar.js';
import { Confirm } from '../ui/confirm.js';
import { Field } from '../ui/field.js';
import { Menu } from '../ui/menu.js';
import { Parts, useParts } from '../ui/parts.js';
import { useSettled } from '../ui/task.js';
import { listTime, longDate } from '../ui/time.js';
import { notify } from '../ui/toast.js';
import { counted } from '../ui/words.js';
import { api } from './api.js';

export function Rooms() {
  const [search, setSearch] = useState('');
  const wanted = useSettled(search.trim());
  const [doomed, setDoomed] = useState(/** @type {any} */ (null));
  const parts = useParts(async (page = 1, abort) => {
    const { data, pagination } = await api.rooms({ search: wanted || undefined, page, signal: abort });
    return { data, next: pagination.hasMore ? page + 1 : undefined };
  }, [wanted]);
  const deleted = () => {
    const { id, name } = doomed;
    setDoomed(null);
    notify(`“${name}” is deleted.`);
    parts.update((items) => items.filter((item) => item.id !== id));
  };
  return html`<h1>Rooms</h1>
    <${Field} label="Find rooms" type="search" value=${search} onInput=${setSearch} autocomplete="off" maxlength="100"
      hint="A part of the name or description. Private rooms show to their members only." />
    <${Parts} parts=${parts} label="Public rooms"
      empty=${{ icon: 'hash', title: wanted ? 'No room is called so' : 'No public room yet' }}
      row=${(room) => html`<${RoomRow} key=${room.id} room=${room} onDelete=${() => setDoomed(room)} />`} />
    ${doomed && html`<${Confirm} title=${`Delete “${doomed.name}”?`} act="Delete room" run=${() => api.deleteRoom(doomed.id)}
      onDone=${deleted} onClose=${() => setDoomed(null)}>
      <p>The room, its messages and its ${counted(doomed.memberCount, 'member')} go for good. Nobody can undo it.</p><//>`}`;
}

function RoomRow({ room, onDelete }) {
  const used = room.lastMessageAt ? `last message ${listTime(room.lastMessageAt)}` : 'no messages';
  return html`<li class="row">
    <${RoomSign} room=${room} name=${room.name} />
    <div class="row-words">
      <p class="row-title">${room.name}</p>
      <p class="row-text">${counted(room.memberCount, 'member')} · ${used} · by ${room.createdBy.username}, ${longDate(room.createdAt)}</p>
    </div>
    <${Menu} label=${`Actions for ${room.name}`}
      items=${[{ label: 'Delete', icon: 'trash', danger: true, onSelect: onDelete }]} />
  </li>`;
}
