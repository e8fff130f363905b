// The sending of messages, which show at once.

import { newKey } from "../live/outbox.js";

/** @typedef {import("./pending.js").Pending} Pending */

/** Sends messages, and keeps those that the server refused until they are sent again or discarded. */
export class Sending {
  #state;
  #connection;

  /**
   * @param {import("./state.js").StoreState} state
   * @param {import("../live/connection.js").Connection} connection
   */
  constructor(state, connection) {
    this.#state = state;
    this.#connection = connection;
  }

  /**
   * @param {string} roomId
   * @param {import("../types.js").Draft} draft
   */
  send(roomId, draft) {
    const clientId = draft.clientId ?? newKey();
    const createdAt = new Date().toISOString();
    return this.#send({ clientId, roomId, draft: { ...draft, clientId }, status: "pending", error: undefined, createdAt });
  }

  /**
   * @param {string} roomId
   * @param {string} clientId
   */
  async retry(roomId, clientId) {
    const pending = this.#state.need(roomId).pending.get(clientId);
    return pending?.status === "failed" ? this.#send({ ...pending, status: "pending", error: undefined }) : undefined;
  }

  /**
   * @param {string} roomId
   * @param {string} clientId
   */
  discard(roomId, clientId) {
    const { pending } = this.#state.need(roomId);
    const discarded = pending.get(clientId);
    if (!discarded || !pending.remove(clientId)) return;
    this.#connection.withdraw(roomId, clientId);
    this.#touch(discarded);
  }

  /** @param {Pending} pending */
  async #send(pending) {
    const { roomId, clientId, draft } = pending;
    const room = this.#state.need(roomId);
    room.pending.set(pending);
    this.#touch(pending);
    try {
      const message = await this.#connection.send(roomId, draft);
      room.accept(message);
      return message;
    } catch (error) {
      if (room.pending.get(clientId) === pending) {
        room.pending.set({ ...pending, status: "failed", error: /** @type {Pending["error"]} */ (error) });
        this.#touch(pending);
      }
      return undefined;
    }
  }

  /** @param {Pending} pending */
  #touch({ roomId, draft }) {
    this.#state.notifier.touch(draft.threadId ? `thread:${draft.threadId}` : `messages:${roomId}`);
  }
}
