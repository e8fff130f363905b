// Messages of the user's own that the server has not answered yet, or has refused.

/**
 * @typedef {object} Pending
 * @property {string} clientId
 * @property {string} roomId
 * @property {import("../types.js").Draft} draft
 * @property {"pending" | "failed"} status
 * @property {import("../errors.js").ParlorError | undefined} error The reason of a failure.
 * @property {string} createdAt
 */

/** The pending messages of one room, in the order in which they were sent. */
export class PendingMessages {
  /** @type {Map<string, Pending>} */
  #items = new Map();

  /**
   * The messages that belong to a thread, or to the room where none is named.
   * @param {string | null} threadId
   */
  list(threadId) {
    return [...this.#items.values()].filter(({ draft }) => (draft.threadId ?? null) === threadId);
  }

  /**
   * Returns a message by its key.
   * @param {string} clientId
   */
  get(clientId) {
    return this.#items.get(clientId);
  }

  /**
   * Adds a message, or replaces it.
   * @param {Pending} pending
   */
  set(pending) {
    this.#items.set(pending.clientId, pending);
  }

  /**
   * Removes a message.
   * @param {string | null} clientId
   * @returns {boolean} True if it was there.
   */
  remove(clientId) {
    return clientId !== null && this.#items.delete(clientId);
  }
}
