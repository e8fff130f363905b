// A stretch of a room's messages without a gap, in the order of `seq`.

import { newer } from "./message.js";

/** @typedef {import("../types.js").Message} Message */

/** Messages in order, each once. */
export class Window {
  /** @type {Message[]} */
  #items = [];
  /** @type {Map<string, number>} The places of messages by id, also of some that are forgotten. */
  #places = new Map();
  /** @type {Map<string, Set<string>>} The ids of messages by the id of the one that they quote. */
  #quoting = new Map();
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
    const seq = this.#places.get(id);
    const message = seq === undefined ? undefined : this.at(seq);
    return message?.id === id ? message : undefined;
  }

  /**
   * Adds messages, or replaces older states of them.
   * @param {Message[]} messages
   * @returns {boolean} True if something changed.
   */
  merge(messages) {
    const items = this.#items.slice();
    let isChanged = false;
    for (const message of messages) {
      const index = indexOf(items, message.seq);
      const known = items[index];
      if (known?.seq !== message.seq) {
        items.splice(index, 0, message);
        this.#add(message);
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
   * Changes a message, if it is there.
   * @param {string} id
   * @param {(message: Message) => Message} change Returns the same message where nothing changes.
   * @returns {boolean} True if something changed.
   */
  change(id, change) {
    const known = this.get(id);
    const changed = known && change(known);
    if (!changed || changed === known) return false;
    const items = this.#items.slice();
    items[indexOf(items, known.seq)] = changed;
    this.#items = items;
    return true;
  }

  /**
   * Returns the ids of the messages that quote one.
   * @param {string} id
   * @returns {Iterable<string>}
   */
  quoting(id) {
    return this.#quoting.get(id) ?? [];
  }

  /** @param {Message} message */
  #add({ id, seq, replyTo }) {
    this.#places.set(id, seq);
    if (!replyTo) return;
    const ids = this.#quoting.get(replyTo.id) ?? new Set();
    this.#quoting.set(replyTo.id, ids.add(id));
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
