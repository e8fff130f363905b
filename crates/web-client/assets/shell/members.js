// The panel of members: who is here, who may do what.

import { html, useState } from '../vendor.js';
import { client, me } from '../state/client.js';
import { store } from '../state/live.js';
import { isAdmin, useMembers } from '../state/rooms.js';
import { go, to } from '../state/route.js';
import { openDialog } from '../state/view.js';
import { Avatar } from '../ui/avatar.js';
import { Button } from '../ui/button.js';
import { Menu } from '../ui/menu.js';
import { useRoving } from '../ui/roving.js';
import { Empty, Problem, Skeleton } from '../ui/states.js';
import { notify, notifyError } from '../ui/toast.js';
import { useLoad } from '../ui/task.js';
import { counted } from '../ui/words.js';
import { OpenInvitations } from './open-invitations.js';

const SEARCHED_FROM = 12;
/** More rows than anybody reads; a search finds the rest. */
const MOST_SHOWN = 200;

/** @param {{room: any}} props */
export function MembersPanel({ room }) {
  const members = useMembers(room.id);
  const { error, retry } = useLoad(() => store.peek()?.loadMembers(room.id) ?? Promise.resolve(), [room.id]);
  const [query, setQuery] = useState('');
  const admin = isAdmin(room);
  const found = (members ?? []).filter(({ user }) => user.username.toLowerCase().includes(query.trim().toLowerCase()));
  const groups = [
    ['Here now', found.filter((member) => member.online)],
    ['Others', found.filter((member) => !member.online)],
  ];
  return html`
    ${admin && html`<${Button} icon="mail" wide onClick=${() => openDialog('invite', { room })}>Invite people<//>`}
    ${members && members.length >= SEARCHED_FROM && html`<input class="input panel-search" type="search" aria-label="Find a member"
      placeholder="Find a member" value=${query} onInput=${(event) => setQuery(event.currentTarget.value)} />`}
    ${!members && error && html`<${Problem} error=${error} onRetry=${retry} />`}
    ${!members && !error && html`<${Skeleton} rows=${5} label="Loading the members" />`}
    ${members && found.length === 0 && html`<${Empty} icon="search" title="Nobody found">No member's name contains “${query}”.<//>`}
    ${members && !query && room.memberCount > members.length && html`<p class="field-note">The first ${counted(members.length, 'member')} of ${room.memberCount}.</p>`}
    ${groups.map(([title, list]) => list.length > 0 && html`<${Group} key=${title} title=${title} members=${list} room=${room} />`)}
    ${admin && html`<${OpenInvitations} room=${room} />`}`;
}

function Group({ title, members, room }) {
  const roving = useRoving();
  return html`<section>
    <h3 class="list-title">${title} <span class="count">${members.length}</span></h3>
    <ul class="members" ref=${roving.ref} onKeyDown=${roving.onKeyDown} onFocusIn=${roving.onFocusIn}>
      ${members.slice(0, MOST_SHOWN).map((member) => html`<${Member} key=${member.user.id} member=${member} room=${room} />`)}
    </ul>
    ${members.length > MOST_SHOWN && html`<p class="field-note">And ${members.length - MOST_SHOWN} more; search to find them.</p>`}
  </section>`;
}

function Member({ member, room }) {
  const { user, role, online } = member;
  const isMe = user.id === me.value.id;
  const admin = isAdmin(room);
  // The arrow keys move in the list of members, so they open no menu here.
  const trigger = ({ onKeyDown, ...attributes }) => html`<button type="button" class="member" data-roving data-member=${user.username} ...${attributes}>
    <${Avatar} name=${user.username} online=${online} />
    <span class="member-name">${user.username}${isMe && html`<span class="soft"> (you)</span>`}
      ${online && html`<span class="visually-hidden">, here now</span>`}</span>
    ${role === 'admin' && html`<span class="tag">admin</span>`}
  </button>`;
  const items = [
    !isMe && { label: `Message ${user.username}`, icon: 'message', onSelect: () => writeTo(user) },
    admin && role !== 'admin' && { label: 'Make admin', icon: 'user', onSelect: () => setRole(room, user, 'admin') },
    admin && role === 'admin' && { label: 'Take admin role away', icon: 'user', onSelect: () => setRole(room, user, 'member') },
    admin && !isMe && { label: 'Remove from room', icon: 'trash', danger: true, onSelect: () => openDialog('remove', { room, user }) },
    isMe && !room.direct && { label: 'Leave room', icon: 'leave', danger: true, onSelect: () => openDialog('leave', { room }) },
  ].filter(Boolean);
  if (items.length === 0) return html`<li>${trigger({ disabled: true })}</li>`;
  return html`<li><${Menu} label=${user.username} trigger=${trigger} items=${items} /></li>`;
}

/** Opens the direct room with a person. @param {{id: string}} user */
export async function writeTo(user) {
  try {
    const room = await client.rooms.direct({ userIds: [user.id] });
    go(to.room(room.id));
  } catch (error) {
    notifyError(error);
  }
}

async function setRole(room, user, role) {
  try {
    await client.members.setRole(room.id, user.id, role);
    notify(role === 'admin' ? `${user.username} is an admin now.` : `${user.username} is no longer an admin.`);
  } catch (error) {
    notifyError(error.code === 'LAST_ADMIN' ? new Error('A room needs an admin. Make somebody else admin first.') : error);
  }
}
