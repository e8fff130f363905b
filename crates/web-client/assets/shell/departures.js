// Rooms that the person is no longer in: by their own act here, or by that of others, of which they are told.

import { signal } from '../vendor.js';
import { me } from '../state/client.js';
import { follow } from '../state/live.js';
import { roomName } from '../state/room-name.js';
import { go, route, to } from '../state/route.js';
import { notify } from '../ui/toast.js';

/**
 * The id of the room that the person is leaving or deleting. The event of that may come before the answer, and the room is not to be
 * looked up then. @type {{value: string | undefined}}
 */
export const departing = signal(undefined);

/** The ids of rooms that the person left or deleted here, until the list of rooms is without them. @type {Set<string>} */
const left = new Set();

/** Leaves or deletes a room, and leads away from it. @param {{id: string}} room @param {() => Promise<any>} call */
export async function depart(room, call) {
  departing.value = room.id;
  left.add(room.id);
  try {
    await call();
    if (route.value.roomId === room.id) go(to.home(), { replace: true });
  } catch (error) {
    left.delete(room.id);
    throw error;
  } finally {
    departing.value = undefined;
  }
}

/** @type {{store: any, rooms: any[]}} */
let known = { store: null, rooms: [] };

follow('rooms', (store) => {
  const rooms = store?.isReady ? store.rooms() : [];
  const gone = known.store === store ? known.rooms.filter(({ id }) => !store?.room(id)) : [];
  known = { store, rooms };
  // By whose act cannot be told from here: it may have been the person's own, on another device.
  for (const room of gone) if (!left.delete(room.id)) notify(`You are no longer in ${roomName(room, me.peek()?.username)}.`);
});
