// The rooms of the person and their invitations, as signals.

import { computed, signal } from '../vendor.js';
import { follow, useStore } from './live.js';

/** The rooms, latest activity first; undefined until they are known. @type {{value: any[] | undefined}} */
export const rooms = signal(undefined);
follow('rooms', (store) => (rooms.value = store?.isReady ? store.rooms() : undefined));

/**
 * The id of the room that the person is leaving or deleting. The event of that may come before the answer, and the room is not to be
 * looked up then. @type {{value: string | undefined}}
 */
export const departing = signal(undefined);

/** The open invitations of the person. @type {{value: any[]}} */
export const invitations = signal([]);
follow('invitations', (store) => (invitations.value = store?.invitations() ?? []));

/** How many messages are unread in all rooms. */
export const unreadTotal = computed(() =>
  (rooms.value ?? []).reduce((sum, { membership }) => sum + (membership?.unreadCount ?? 0), 0));

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
