// Messages, and what people add to them: reactions, pins, edits.

import { path } from "../http.js";
import { byCursor, numbered } from "../pages.js";

/**
 * @typedef {object} HistoryQuery
 * @property {string} [before] A cursor, message id or time: the messages next older than it.
 * @property {string} [after] Likewise the messages next newer.
 * @property {string} [around] Likewise the messages on both sides of it.
 * @property {"asc" | "desc"} [order] By default `desc`, newest first.
 * @property {number} [limit] 1 to 100, by default 50.
 * @property {"text" | "file" | "image"} [type]
 * @property {string} [senderId]
 * @property {string} [threadId] Only the replies in this thread.
 * @property {boolean} [threads] `false` leaves replies in threads out.
 * @property {boolean} [markRead] `false` leaves the caller's read mark where it is.
 * @property {AbortSignal} [signal]
 */

/** @typedef {import("../pages.js").List<import("../types.js").UserRef, import("../types.js").PageInfo>} UserList */
/** @typedef {import("../pages.js").List<import("../types.js").Message, import("../types.js").CursorInfo>} MessageList */

/** Calls about messages. */
export class Messages {
  #http;

  /** @param {import("../http.js").Http} http */
  constructor(http) {
    this.#http = http;
  }

  /**
   * Lists the history of a room.
   * @param {string} roomId
   * @param {HistoryQuery} [query]
   * @returns {MessageList}
   */
  list(roomId, query) {
    return byCursor(this.#http, path`/api/rooms/${roomId}/messages`, { ...query });
  }

  /**
   * Sends a message. With a `clientId` a repeat is the same message.
   * @param {string} roomId
   * @param {import("../types.js").Draft} draft
   * @returns {Promise<import("../types.js").Message>}
   */
  send(roomId, draft) {
    return this.#http.data("POST", path`/api/rooms/${roomId}/messages`, { body: draft });
  }

  /**
   * Fetches one message.
   * @param {string} roomId
   * @param {string} id
   * @returns {Promise<import("../types.js").Message>}
   */
  get(roomId, id) {
    return this.#http.data("GET", path`/api/rooms/${roomId}/messages/${id}`);
  }

  /**
   * Changes a message of the caller's own.
   * @param {string} roomId
   * @param {string} id
   * @param {{content?: string, metadata?: Record<string, unknown>}} changes
   * @returns {Promise<import("../types.js").Message>}
   */
  edit(roomId, id, changes) {
    return this.#http.data("PATCH", path`/api/rooms/${roomId}/messages/${id}`, { body: changes });
  }

  /**
   * Deletes a message. A tombstone stays in its place.
   * @param {string} roomId
   * @param {string} id
   * @returns {Promise<void>}
   */
  delete(roomId, id) {
    return this.#http.request("DELETE", path`/api/rooms/${roomId}/messages/${id}`);
  }

  /**
   * Lists the former and present words of a message, oldest first, for its sender and room admins.
   * @param {string} roomId
   * @param {string} id
   * @param {{page?: number, limit?: number}} [query]
   * @returns {import("../pages.js").List<import("../types.js").MessageVersion, import("../types.js").PageInfo>}
   */
  history(roomId, id, query) {
    return numbered(this.#http, path`/api/rooms/${roomId}/messages/${id}/history`, { ...query });
  }

  /**
   * Lists the members who have read a message.
   * @param {string} roomId
   * @param {string} id
   * @param {{page?: number, limit?: number}} [query]
   * @returns {import("../pages.js").List<import("../types.js").Reader, import("../types.js").PageInfo>}
   */
  readers(roomId, id, query) {
    return numbered(this.#http, path`/api/rooms/${roomId}/messages/${id}/readers`, { ...query });
  }

  /**
   * Adds a reaction of the caller's.
   * @param {string} roomId
   * @param {string} id
   * @param {string} emoji
   * @returns {Promise<void>}
   */
  react(roomId, id, emoji) {
    return this.#http.request("PUT", path`/api/rooms/${roomId}/messages/${id}/reactions/${emoji}`);
  }

  /**
   * Takes a reaction of the caller's back.
   * @param {string} roomId
   * @param {string} id
   * @param {string} emoji
   * @returns {Promise<void>}
   */
  unreact(roomId, id, emoji) {
    return this.#http.request("DELETE", path`/api/rooms/${roomId}/messages/${id}/reactions/${emoji}`);
  }

  /**
   * Lists the people who used a reaction, in the order of use.
   * @param {string} roomId
   * @param {string} id
   * @param {string} emoji
   * @param {{page?: number, limit?: number}} [query]
   * @returns {UserList}
   */
  reactedBy(roomId, id, emoji, query) {
    return numbered(this.#http, path`/api/rooms/${roomId}/messages/${id}/reactions/${emoji}`, { ...query });
  }

  /**
   * Lists the pinned messages of a room, latest pin first.
   * @param {string} roomId
   * @param {{page?: number, limit?: number}} [query]
   * @returns {import("../pages.js").List<import("../types.js").Message, import("../types.js").PageInfo>}
   */
  pins(roomId, query) {
    return numbered(this.#http, path`/api/rooms/${roomId}/pins`, { ...query });
  }

  /**
   * Pins a message, as a room admin; in a direct room everybody may.
   * @param {string} roomId
   * @param {string} id
   * @returns {Promise<void>}
   */
  pin(roomId, id) {
    return this.#http.request("PUT", path`/api/rooms/${roomId}/pins/${id}`);
  }

  /**
   * Unpins a message.
   * @param {string} roomId
   * @param {string} id
   * @returns {Promise<void>}
   */
  unpin(roomId, id) {
    return this.#http.request("DELETE", path`/api/rooms/${roomId}/pins/${id}`);
  }

  /**
   * Lists the messages that mention the caller, of all rooms, newest first.
   * @param {{limit?: number, order?: "asc" | "desc", before?: string, after?: string, signal?: AbortSignal}} [query]
   * @returns {MessageList}
   */
  mentions(query) {
    return byCursor(this.#http, "/api/mentions", { ...query });
  }

  /**
   * Searches the messages of the caller's rooms, newest first. A word that ends in `*` matches as a beginning.
   * @param {{q: string, roomId?: string, senderId?: string, before?: string, limit?: number, signal?: AbortSignal}} query
   * @returns {MessageList}
   */
  search(query) {
    return byCursor(this.#http, "/api/search/messages", { ...query });
  }
}
