// Where a reader of a room or thread is led: to the latest messages, to unread ones, to one message.

import { notify } from '../ui/toast.js';

/** The most pages that are loaded on the way to the first unread message. */
const MOST_PAGES = 40;

/** Leads the reader of one list. */
export class Places {
  #view;
  /** True once the reader was put to the line before unread messages, or has been elsewhere. */
  #isPlaced = false;

  /** @param {import('./view.js').RoomView} view */
  constructor(view) {
    this.#view = view;
  }

  /** Notes that the room is opened. */
  begin() {
    this.#isPlaced = !this.#view.scroller.follows;
  }

  /** Goes to the line before unread messages, if there is one, when a room is opened. */
  placeFirst() {
    const { conversation, scroller } = this.#view;
    if (this.#isPlaced || !conversation.messages.peek()?.length) return;
    this.#isPlaced = true;
    scroller.show('unread', 'top');
  }

  /**
   * Loads a message and shows it.
   *
   * @param {string} id
   * @returns {Promise<string | null>} the thread that it is in, and where it is to be shown instead
   */
  async reach(id) {
    const { conversation, focus, roomId, store } = this.#view;
    if (!conversation.messages.peek()?.some((message) => message.id === id)) {
      try {
        await store.jumpTo(roomId, id);
      } catch (error) {
        notify(error.code === 'MESSAGE_NOT_FOUND' ? 'That message is not there' : error.message, { kind: 'error' });
        return null;
      }
    }
    const { threadId = null } = this.#view.find(id) ?? {};
    if (!threadId) focus.jump(id);
    return threadId;
  }

  async toLatest() {
    const { conversation, scroller } = this.#view;
    if (conversation.hasNewer.peek()) await conversation.load();
    scroller.toEnd();
  }

  /** Goes to the first unread message, which may have to be loaded. */
  async toUnread() {
    const { conversation, focus, marks } = this.#view;
    const from = marks.unreadFrom.peek() ?? 0;
    const first = () => conversation.messages.peek()?.find((message) => message.seq >= from);
    for (let pages = 0; pages < MOST_PAGES && (first()?.seq ?? 0) > from && conversation.hasOlder.peek(); pages += 1) {
      await conversation.loadOlder();
      if (conversation.failure.peek()) return;
    }
    if (first()) focus.jump(first().id);
  }

  /** Loads more where the reader comes near the first or last message. @param {'start' | 'end'} edge */
  nearEdge(edge) {
    const { conversation } = this.#view;
    if (edge === 'start') conversation.loadOlder();
    else conversation.loadNewer();
  }
}
