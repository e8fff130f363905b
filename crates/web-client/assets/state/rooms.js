// The rooms of the person and their invitations, as signals.

import { computed, signal } from '../vendor.js';
import { follow, useStore } from './live.js';
import { roomId } from './route.js';

/** The rooms, latest activity first; undefined until they are known. @type {{value: any[] | undefined}} */
export const rooms = signal(undefined);
follow('rooms', (store) => (rooms.value = store?.isReady ? store.rooms() : undefined));

/** The open invitations of the person. @type {{value: any[]}} */
export const invitations = signal([]);
follow('invitations', (store) => (invitations.value = store?.invitations() ?? []));

/** How many messages are unread in all rooms. */
export const unreadTotal = computed(() =>
  (rooms.value ?? []).reduce((sum, { membership }) => sum + (membership?.unreadCount ?? 0), 0));

/** How many unread messages mention the person. */
export const mentionTotal = computed(() =>
  (rooms.value ?? []).reduce((sum, { membership }) => sum + (membership?.mentionCount ?? 0), 0));

/** How many invitations are open, and how many rooms other than the open one have unread messages. */
export const elsewhere = computed(() => ({
  invitations: invitations.value.length,
  unread: (rooms.value ?? []).filter(({ id, membership }) => id !== roomId.value && membership?.unreadCount > 0).length,
}));

/** A room of the person's, or undefined. @param {string} id */
export function useRoom(id) {
  return useStore(`room:${id}`, (store) => store.room(id));
}

/** The members of a room, or undefined until they are loaded. @param {string} id */
export function useMembers(id) {
  return useStore(`members:${id}`, (store) => store.members(id));
}

/** Says whether the person may change a room and its people. @param {any} room */
export function isAdmin(room) {
  return room?.membership?.role === 'admin' && !room.direct;
}
