// The open rooms and threads: what is written, where one reads. They last until the sign out.

import { effect } from '../vendor.js';
import { me } from '../state/client.js';
import { RoomView } from './view.js';

const MOST = 20;

/** @type {Map<string, RoomView>} */
const views = new Map();

/**
 * Returns the view of a room, or of a thread in it.
 *
 * @param {string} roomId
 * @param {string | null} [threadId]
 */
export function viewOf(roomId, threadId = null) {
  const place = threadId ? `${roomId}/${threadId}` : roomId;
  const view = views.get(place) ?? new RoomView(roomId, threadId);
  views.delete(place);
  views.set(place, view);
  for (const [old, { isShown }] of views) {
    if (views.size <= MOST) break;
    if (!isShown && old !== place) views.delete(old);
  }
  return view;
}

effect(() => {
  if (me.value) return;
  for (const view of views.values()) view.end();
  views.clear();
});
