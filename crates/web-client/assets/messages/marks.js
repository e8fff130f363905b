// What was read: the line before unread messages, how many came below the view, and the mark on the server.

import { computed, effect, signal } from '../vendor.js';

/** Keeps the read marks of one room or thread. */
export class Marks {
  /** @type {import('../vendor.js').Signal} place of the first unread message, before which the line stands; or null */
  unreadFrom = signal(null);
  /** True while the line stands above the view. */
  lineIsAbove = signal(false);
  #lineWasSeen = signal(false);
  #unreadAtFirst = signal(0);
  /** Place of the newest message that the person was shown at the end of the list. */
  #seenSeq = signal(0);
  /** True while the person said that something is unread: nothing is marked until they leave. */
  #isHeld = false;
  #view;

  /** @param {import('./view.js').RoomView} view */
  constructor(view) {
    this.#view = view;
    /** The number of messages of others that came below the view. */
    this.below = computed(() => {
      const messages = view.conversation.messages.value ?? [];
      const seen = this.#seenSeq.value;
      let count = 0;
      for (let at = messages.length - 1; at >= 0 && (messages[at].seq ?? Infinity) > seen; at -= 1) {
        if (messages[at].sender.id !== view.me.id && !messages[at].deletedAt) count += 1;
      }
      return count;
    });
    /** The number of unread messages that are not seen yet, from the line above the view on. */
    this.above = computed(() => (this.lineIsAbove.value && !this.#lineWasSeen.value ? this.#unreadAtFirst.value : 0));
  }

  /** Begins to follow what is seen; returns a function that ends it. */
  watch() {
    this.#isHeld = false;
    this.#placeLine();
    const again = () => this.#look();
    const end = effect(() => {
      // Whatever changes here may have been seen.
      this.#view.conversation.messages.value;
      this.#view.scroller.atEnd.value;
      this.#view.room.value;
      queueMicrotask(again);
    });
    document.addEventListener('visibilitychange', again);
    addEventListener('focus', again);
    return () => {
      end();
      document.removeEventListener('visibilitychange', again);
      removeEventListener('focus', again);
    };
  }

  /** Learns where the line is. @param {'above' | 'in view' | 'below' | 'nowhere'} place */
  lineIs(place) {
    this.lineIsAbove.value = place === 'above';
    if (place === 'in view') this.#lineWasSeen.value = true;
  }

  /** The person wrote: what is above is read. */
  sent() {
    this.#isHeld = false;
    this.unreadFrom.value = null;
  }

  /** Marks a message and all after it unread. @param {any} message */
  async unread(message) {
    this.#isHeld = true;
    await this.#view.store.markUnread(this.#view.roomId, message.seq);
    this.unreadFrom.value = message.seq;
  }

  /** Marks everything read. */
  readAll() {
    this.#isHeld = false;
    this.unreadFrom.value = null;
    this.#mark();
  }

  #placeLine() {
    const { membership } = this.#view.room.peek() ?? {};
    this.unreadFrom.value = !this.#view.threadId && membership?.unreadCount > 0 ? membership.lastReadSeq + 1 : null;
    this.#unreadAtFirst.value = membership?.unreadCount ?? 0;
    this.#lineWasSeen.value = false;
  }

  #look() {
    const { conversation, scroller, room } = this.#view;
    const messages = conversation.messages.peek();
    if (!this.#view.isShown || !messages?.length) return;
    const isWatching = document.visibilityState === 'visible' && document.hasFocus();
    const newest = messages.findLast((message) => message.seq !== null)?.seq ?? 0;
    if (scroller.atEnd.peek() && isWatching) {
      this.#seenSeq.value = Math.max(this.#seenSeq.peek(), newest);
      if (!this.#isHeld) this.#mark();
      return;
    }
    if (this.#seenSeq.peek() === 0) this.#seenSeq.value = newest;
    // Messages that came unseen get a line, unless an earlier one still stands before unread ones.
    const { lastReadSeq = 0, unreadCount = 0 } = room.peek()?.membership ?? {};
    const line = this.unreadFrom.peek();
    if (!this.#view.threadId && unreadCount > 0 && (line === null || line <= lastReadSeq)) this.unreadFrom.value = lastReadSeq + 1;
  }

  #mark() {
    const room = this.#view.room.peek();
    // The room may have gone since what was seen changed.
    if (!room || room.membership?.unreadCount === 0) return;
    this.#view.store.markRead(this.#view.roomId);
  }
}
