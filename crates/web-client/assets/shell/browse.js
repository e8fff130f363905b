// Public rooms, to be searched and joined.

import { html, useState } from '../vendor.js';
import { client } from '../state/client.js';
import { rooms } from '../state/rooms.js';
import { go, to } from '../state/route.js';
import { openDialog } from '../state/view.js';
import { RoomSign } from '../ui/avatar.js';
import { Button } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { Parts, useParts } from '../ui/parts.js';
import { useSettled, useTask } from '../ui/task.js';
import { notifyError } from '../ui/toast.js';
import { counted } from '../ui/words.js';
import { Back } from './back.js';

const PAGE = 30;

export function Browse() {
  const [query, setQuery] = useState('');
  const [sort, setSort] = useState('memberCount');
  const search = useSettled(query.trim());
  return html`<main class="browse" id="main" tabindex="-1" aria-labelledby="browse-title">
    <header class="room-head">
      <${Back} />
      <div class="room-title"><h1 id="browse-title">Public rooms</h1></div>
      <${Button} small icon="add" onClick=${() => openDialog('new-room')}>New room<//>
    </header>
    <div class="browse-body">
      <div class="browse-tools">
        <div class="sidebar-search"><${Icon} name="search" size=${18} />
          <input type="search" aria-label="Search public rooms" placeholder="Search by name or description" value=${query}
            onInput=${(event) => setQuery(event.currentTarget.value)} /></div>
        <label class="select"><span class="visually-hidden">Order</span>
          <select value=${sort} onChange=${(event) => setSort(event.currentTarget.value)}>
            <option value="memberCount">Most members</option>
            <option value="lastMessageAt">Latest activity</option>
            <option value="createdAt">Newest</option>
            <option value="name">Name</option>
          </select></label>
      </div>
      <${Results} search=${search} sort=${sort} />
    </div>
  </main>`;
}

function Results({ search, sort }) {
  const query = { visibility: 'public', sort, order: sort === 'name' ? 'asc' : 'desc', search: search || undefined, limit: PAGE };
  const [total, setTotal] = useState(/** @type {number | undefined} */ (undefined));
  const parts = useParts(async (page = 1, signal) => {
    const { data, pagination } = await client.rooms.list({ ...query, page, signal });
    setTotal(pagination.total);
    return { data, next: pagination.hasMore ? page + 1 : undefined };
  }, [search, sort]);
  const empty = {
    icon: 'globe',
    title: search ? 'No room found' : 'No public rooms yet',
    text: html`${search ? `No public room's name or description contains “${search}”.` : 'Make the first one; everybody will find it here.'}<br />
      <${Button} kind="primary" onClick=${() => openDialog('new-room')}>New room<//>`,
  };
  return html`
    <p class="visually-hidden" role="status">${total === undefined || parts.busy ? '' : counted(total, 'room')}</p>
    <${Parts} parts=${parts} label="Public rooms" kind="cards" empty=${empty} row=${(room) => html`<${Card} key=${room.id} room=${room} />`} />`;
}

function Card({ room }) {
  const isMember = rooms.value?.some(({ id }) => id === room.id) ?? Boolean(room.membership);
  const { run, busy } = useTask(async () => {
    await client.rooms.join(room.id).catch((error) => {
      notifyError(error);
      throw error;
    });
    go(to.room(room.id));
  });
  return html`<li class="card">
    <${RoomSign} room=${room} name=${room.name} />
    <div class="card-words">
      <h2 dir="auto"><a href=${to.room(room.id)}>${room.name}</a></h2>
      ${room.description && html`<p dir="auto">${room.description}</p>`}
      <p class="soft">${counted(room.memberCount, 'member')}</p>
    </div>
    ${isMember
      ? html`<${Button} small onClick=${() => go(to.room(room.id))} aria-label=${`Open ${room.name}`}>Open<//>`
      : html`<${Button} kind="primary" small busy=${busy} aria-label=${`Join ${room.name}`} onClick=${() => run()}>Join<//>`}
  </li>`;
}
