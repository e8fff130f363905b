// Says who types, and who has read one's latest message.

import { html } from '../vendor.js';
import { useStore } from '../state/live.js';
import { counted } from '../ui/words.js';

/** @param {{view: import('./view.js').RoomView}} props */
export function Status({ view }) {
  const typists = (useStore(`typing:${view.roomId}`, (store) => store.typing(view.roomId)) ?? []).filter(({ id }) => id !== view.me.id);
  const members = useStore(`members:${view.roomId}`, (store) => store.members(view.roomId));
  const readers = typists.length === 0 && !view.threadId ? readersOf(view, members ?? []) : [];
  const words = typists.length > 0 ? `${names(typists)} ${typists.length === 1 ? 'is' : 'are'} typing…`
    : readers.length > 0 ? `Read by ${names(readers)}` : '';
  return html`<div class=${typists.length > 0 ? 'typing' : 'typing read-by'} aria-live="off">${words}</div>`;
}

/** Who has read the latest message, if it is the person's own. */
function readersOf(view, members) {
  const latest = view.conversation.messages.value?.findLast((message) => message.seq !== null);
  if (!latest || latest.sender.id !== view.me.id || view.conversation.hasNewer.value) return [];
  return members.filter(({ user, lastReadSeq }) => user.id !== view.me.id && lastReadSeq >= latest.seq).map(({ user }) => user);
}

/** @param {{username: string}[]} users */
function names(users) {
  const all = users.map(({ username }) => username);
  if (all.length > 3) return `${all[0]}, ${all[1]} and ${counted(all.length - 2, 'other')}`;
  return all.length > 1 ? `${all.slice(0, -1).join(', ')} and ${all[all.length - 1]}` : all[0];
}
