// What the store shows of a room: objects that do not change.

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("./pending.js").Pending} Pending */
/** @typedef {import("./state.js").StoreState} StoreState */

/**
 * @typedef {object} MessageView The messages of a room, for showing them.
 * @property {Message[]} items In order, without replies in threads.
 * @property {Pending[]} pending The user's own that are on their way or were refused; they belong after `items`.
 * @property {boolean} hasOlder
 * @property {boolean} hasNewer True after a jump into the past.
 * @property {boolean} isLoading
 */

/**
 * @typedef {object} ThreadView The replies in a thread, for showing them.
 * @property {Message | undefined} root The message that begins it, where it is loaded.
 * @property {Message[]} items In order.
 * @property {Pending[]} pending
 * @property {boolean} hasOlder
 */

/**
 * Returns the messages of a room.
 * @param {StoreState} state
 * @param {string} roomId
 * @returns {MessageView | undefined}
 */
export function messagesOf({ rooms, notifier }, roomId) {
  const room = rooms.get(roomId);
  const window = room?.window;
  if (!window) return undefined;
  return notifier.snapshot(`messages:${roomId}`, () => ({
    items: window.items.filter(({ threadId }) => threadId === null),
    pending: room.pending.list(null),
    hasOlder: window.hasOlder,
    hasNewer: !window.isAttached,
    isLoading: room.isLoading,
  }));
}

/**
 * Returns the replies in a thread.
 * @param {StoreState} state
 * @param {string} roomId
 * @param {string} rootId
 * @returns {ThreadView | undefined}
 */
export function threadOf({ rooms, notifier }, roomId, rootId) {
  const room = rooms.get(roomId);
  const replies = room?.threads.get(rootId);
  if (!room || !replies) return undefined;
  return notifier.snapshot(`thread:${rootId}`, () => ({
    root: room.find(rootId),
    items: replies.items,
    pending: room.pending.list(rootId),
    hasOlder: replies.hasOlder,
  }));
}
