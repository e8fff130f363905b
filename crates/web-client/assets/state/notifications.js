// Notifications of the system, and the number of unread messages in the title of the page.

import { effect, signal } from '../vendor.js';
import { me } from './client.js';
import { follow } from './live.js';
import { notifications } from './settings.js';
import { rooms, unreadTotal } from './rooms.js';
import { go, roomId, route, to } from './route.js';
import { roomName } from './room-name.js';

const TITLES = { browse: 'Public rooms', mentions: 'Mentions' };

const hidden = signal(document.hidden);
document.addEventListener('visibilitychange', () => (hidden.value = document.hidden));

effect(() => {
  const count = unreadTotal.value;
  const room = rooms.value?.find(({ id }) => id === roomId.value);
  const name = room ? roomName(room, me.value?.username) : TITLES[route.value.view];
  const place = name ? `${name} · Parlor` : 'Parlor';
  document.title = hidden.value && count > 0 ? `(${count > 99 ? '99+' : count}) ${place}` : place;
  if (count > 0) navigator.setAppBadge?.(count).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
});

/** @returns {'granted' | 'default' | 'denied' | 'unsupported'} */
export function notificationState() {
  return 'Notification' in window ? Notification.permission : 'unsupported';
}

/** Asks the person, if they were not asked before. */
export async function allowNotifications() {
  if (notificationState() === 'default') await Notification.requestPermission();
  return notificationState();
}

let off = () => {};
follow('rooms', (store) => {
  off();
  off = store?.connection.on('new-message', (event) => tell(store, event)) ?? (() => {});
});

/** @param {any} store @param {any} event */
function tell(store, event) {
  const room = store.room(event.roomId);
  const isForMe = room?.direct || event.mentionsRoom || event.mentions?.some(({ id }) => id === me.value?.id);
  const isNew = Date.now() - Date.parse(event.timestamp) < 60_000;
  if (!isForMe || !isNew || event.senderId === me.value?.id) return;
  if (!document.hidden || !notifications.value || notificationState() !== 'granted') return;
  try {
    const title = room.direct ? event.sender : `${event.sender} in ${room.name}`;
    const body = event.message ?? (event.type === 'image' ? 'An image' : 'A file');
    const shown = new Notification(title, { body, tag: event.roomId, icon: 'assets/icons/icon-192.png' });
    shown.onclick = () => {
      window.focus();
      go(to.message(event.roomId, event.id));
      shown.close();
    };
  } catch {
    // Some phones allow notifications to service workers alone.
  }
}
