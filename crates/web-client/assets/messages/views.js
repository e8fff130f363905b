// The open rooms and threads: what is written, where one reads. They last until the sign out.

import { effect } from '../vendor.js';
import { me } from '../state/client.js';
import { follow } from '../state/live.js';
import { resume } from './unsent.js';
import { RoomView, releaseFiles } from './view.js';

/** The most views that are kept. */
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
  const kept = views.get(place);
  // One whose room was gone does not learn of its return.
  const view = kept?.room.peek() ? kept : new RoomView(roomId, threadId);
  views.delete(place);
  views.set(place, view);
  for (const [old, { isShown }] of views) {
    if (views.size <= MOST) break;
    if (!isShown && old !== place) views.delete(old);
  }
  return view;
}

/** @type {string | undefined} the id of the person whose views these are */
let owner;

/** @type {any} the store whose unanswered messages were sent again */
let resumed = null;

follow('rooms', (store) => {
  if (!store?.isReady || store === resumed) return;
  resumed = store;
  resume(store, me.peek().id);
});

effect(() => {
  const id = me.value?.id;
  if (id && id === owner) return;
  // A view belongs to a person and to their store.
  views.clear();
  releaseFiles();
  owner = id;
});
