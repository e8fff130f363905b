// A stretch of a room's messages without a gap, in the order of `seq`.

import { newer } from "./message.js";

/** @typedef {import("../types.js").Message} Message */

/** Messages in order, each once. */
export class Window {
  /** @type {Message[]} */
  #items = [];
  /** True while the window reaches the newest message, so that new ones belong to it. */
  isAttached;
  /** True if there are older messages on the server. */
  hasOlder = true;

  /** @param {{isAttached?: boolean}} [options] */
  constructor({ isAttached = true } = {}) {
    this.isAttached = isAttached;
  }

  /** The messages. The array is never changed; another one replaces it. */
  get items() {
    return this.#items;
  }

  get first() {
    return this.#items[0];
  }

  get last() {
    return this.#items.at(-1);
  }

  /**
   * Returns a message by its place.
   * @param {number} seq
   */
  at(seq) {
    const index = indexOf(this.#items, seq);
    return this.#items[index]?.seq === seq ? this.#items[index] : undefined;
  }

  /**
   * Returns a message by its id.
   * @param {string} id
   */
  get(id) {
    return this.#items.find((message) => message.id === id);
  }

  /**
   * Adds messages, or replaces older states of them.
   * @param {Message[]} messages
   * @returns {boolean} True if something changed.
   */
  merge(messages) {
    const items = [...this.#items];
    let isChanged = false;
    for (const message of messages) {
      const index = indexOf(items, message.seq);
      const known = items[index];
      if (known?.seq !== message.seq) {
        items.splice(index, 0, message);
        isChanged = true;
      } else {
        items[index] = newer(known, message);
        isChanged ||= items[index] !== known;
      }
    }
    if (isChanged) this.#items = items;
    return isChanged;
  }

  /**
   * Changes messages that are there.
   * @param {(message: Message) => Message} change Returns the same message where nothing changes.
   * @returns {boolean} True if something changed.
   */
  update(change) {
    let isChanged = false;
    const items = this.#items.map((message) => {
      const changed = change(message);
      isChanged ||= changed !== message;
      return changed;
    });
    if (isChanged) this.#items = items;
    return isChanged;
  }

  /**
   * Forgets all but the newest messages.
   * @param {number} count
   */
  keepNewest(count) {
    if (this.#items.length <= count) return;
    this.#items = this.#items.slice(-count);
    this.hasOlder = true;
  }

  /**
   * Returns true if messages continue the window, or overlap it.
   * @param {Message[]} messages In order.
   */
  touches(messages) {
    const [first, last] = [messages[0], messages.at(-1)];
    if (!this.first || !this.last || !first || !last) return false;
    return first.seq <= this.last.seq + 1 && last.seq >= this.first.seq - 1;
  }
}

/**
 * Returns the index of the first message at or after a place.
 * @param {Message[]} items
 * @param {number} seq
 */
function indexOf(items, seq) {
  const last = items.at(-1);
  if (!last || last.seq < seq) return items.length;
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (/** @type {Message} */ (items[middle]).seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
