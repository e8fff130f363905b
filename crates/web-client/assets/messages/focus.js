// The focus in the list of messages: one message takes part in the order of Tab, and is found again after scrolling.

import { signal } from '../vendor.js';
import { keyOf } from './rows.js';

const FLASH_MS = 2200;

/** Moves the focus of one list. */
export class Focus {
  /** @type {import('../vendor.js').Signal} key of the message in the order of Tab */
  activeKey = signal(null);
  /** @type {import('../vendor.js').Signal} key of the message that has the focus, itself or in it */
  focusedKey = signal(null);
  /** True if the last edit was begun in the composer, where the focus then returns to. */
  cameFromComposer = false;

  #view;
  /** @type {string | null} a message that takes the focus once it is rendered */
  #awaited = null;
  /** @type {string | null} id of a message that is jumped to once it is there */
  #target = null;
  /** @type {HTMLElement | null} */
  #list = null;

  /** @param {import('./view.js').RoomView} view */
  constructor(view) {
    this.#view = view;
  }

  /** @param {HTMLElement | null} list */
  attach(list) {
    this.#list = list;
  }

  /** @param {string} key @returns {HTMLElement | null} */
  element(key) {
    return this.#list?.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? null;
  }

  /** Moves the focus to a message, and scrolls as little as needed. @param {string} key */
  message(key) {
    this.activeKey.value = key;
    this.#awaited = key;
    this.#view.scroller.reveal(key);
    this.rendered();
  }

  /** Shows a message in the middle, as soon as it is among those that are loaded. @param {string} id */
  jump(id) {
    this.#target = id;
    this.rendered();
  }

  /** Does what waited for rows to be rendered. */
  rendered() {
    const { conversation, threadId } = this.#view;
    const target = this.#target && conversation.messages.peek()?.find((message) => message.id === this.#target);
    // Of a thread the newest replies come first; each page that comes is rendered, and leads here again.
    if (this.#target && !target && threadId) conversation.loadOlder();
    if (target && this.#view.scroller.show(keyOf(target))) {
      this.#target = null;
      this.#flash(keyOf(target));
      this.activeKey.value = keyOf(target);
      this.#awaited = keyOf(target);
    }
    // A message that is no longer in the document lost the focus without an event.
    if (!this.#list?.contains(document.activeElement)) this.focusedKey.value = null;
    const element = this.#awaited && this.element(this.#awaited);
    if (!element) return;
    this.#awaited = null;
    element.focus({ preventScroll: true });
  }

  /** Notes which message has the focus now. @param {string | null} key */
  moved(key) {
    this.focusedKey.value = key;
    this.activeKey.value = key ?? this.activeKey.peek();
  }

  /** @param {string} key */
  #flash(key) {
    const { flashKey } = this.#view;
    flashKey.value = key;
    setTimeout(() => {
      if (flashKey.peek() === key) flashKey.value = null;
    }, FLASH_MS);
  }
}
