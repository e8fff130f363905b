// Rooms, and the caller's own place in them.

import { path } from "../http.js";
import { byCursor, numbered } from "../pages.js";

/**
 * @typedef {object} RoomQuery
 * @property {string} [search] A part of the name or description.
 * @property {"public" | "private"} [visibility]
 * @property {boolean} [joined] Only the caller's own rooms.
 * @property {"createdAt" | "name" | "memberCount" | "lastMessageAt"} [sort]
 * @property {"asc" | "desc"} [order]
 * @property {number} [page]
 * @property {number} [limit] 1 to 100, by default 20.
 * @property {AbortSignal} [signal]
 */

/** Calls about rooms. */
export class Rooms {
  #http;

  /** @param {import("../http.js").Http} http */
  constructor(http) {
    this.#http = http;
  }

  /**
   * Lists public rooms, and the caller's private ones.
   * @param {RoomQuery} [query]
   * @returns {import("../pages.js").List<import("../types.js").Room, import("../types.js").PageInfo>}
   */
  list(query) {
    return numbered(this.#http, "/api/rooms", { ...query });
  }

  /**
   * Makes a room, of which the caller is the admin.
   * @param {{name: string, description?: string | null, visibility?: "public" | "private", metadata?: Record<string, unknown>}} room
   * @param {{idempotencyKey?: string}} [options] The key makes repeats safe for a day.
   * @returns {Promise<import("../types.js").Room>}
   */
  create(room, { idempotencyKey } = {}) {
    return this.#http.data("POST", "/api/rooms", { body: room, headers: { "Idempotency-Key": idempotencyKey } });
  }

  /**
   * Opens the direct room of exactly these people and the caller.
   * @param {{userIds: string[]} | {usernames: string[]}} people 1 to 9 others.
   * @returns {Promise<import("../types.js").Room>}
   */
  direct(people) {
    return this.#http.data("POST", "/api/directs", { body: people });
  }

  /**
   * Fetches a room.
   * @param {string} id
   * @returns {Promise<import("../types.js").Room>}
   */
  get(id) {
    return this.#http.data("GET", path`/api/rooms/${id}`);
  }

  /**
   * Changes a room, as its admin. Absent fields stay; `description: null` clears it.
   * @param {string} id
   * @param {{name?: string, description?: string | null, visibility?: "public" | "private", metadata?: Record<string, unknown>}} changes
   * @returns {Promise<import("../types.js").Room>}
   */
  update(id, changes) {
    return this.#http.data("PATCH", path`/api/rooms/${id}`, { body: changes });
  }

  /**
   * Deletes a room, as its admin.
   * @param {string} id
   * @returns {Promise<void>}
   */
  delete(id) {
    return this.#http.request("DELETE", path`/api/rooms/${id}`);
  }

  /**
   * Joins a public room, or one with an invitation. Joining twice is no error.
   * @param {string} id
   * @returns {Promise<import("../types.js").Membership>}
   */
  join(id) {
    return this.#http.data("POST", path`/api/rooms/${id}/join`);
  }

  /**
   * Leaves a room. The last admin may not: `LAST_ADMIN`.
   * @param {string} id
   * @returns {Promise<void>}
   */
  leave(id) {
    return this.#http.request("POST", path`/api/rooms/${id}/leave`);
  }

  /**
   * Moves the read mark forward to a message.
   * @param {string} id
   * @param {number} seq
   * @returns {Promise<void>}
   */
  markRead(id, seq) {
    return this.#http.request("POST", path`/api/rooms/${id}/read`, { body: { seq } });
  }

  /**
   * Marks a message and all after it unread.
   * @param {string} id
   * @param {number} seq
   * @returns {Promise<void>}
   */
  markUnread(id, seq) {
    return this.#http.request("POST", path`/api/rooms/${id}/unread`, { body: { seq } });
  }

  /**
   * Tells the others in the room that the caller types.
   * @param {string} id
   * @returns {Promise<void>}
   */
  typing(id) {
    return this.#http.request("POST", path`/api/rooms/${id}/typing`);
  }

  /**
   * Lists who is in the room right now.
   * @param {string} id
   * @returns {Promise<import("../types.js").PresentUser[]>}
   */
  presence(id) {
    return this.#http.data("GET", path`/api/rooms/${id}/presence`);
  }

  /**
   * Fetches the rooms that have changed since a cursor, or all, for clients that poll instead of connecting.
   * @param {{since?: string, wait?: number, limit?: number, signal?: AbortSignal}} [query] `wait` is the time in seconds, at most 30,
   *   that the server may take until something changes.
   * @returns {Promise<import("../types.js").Schemas["SyncPage"]>}
   */
  sync({ signal, ...query } = {}) {
    const timeout = ((query.wait ?? 0) + 30) * 1_000;
    return this.#http.request("GET", "/api/sync", { query, signal, timeout });
  }

  /**
   * Fetches a page of the changes after a revision, as latest states.
   * @param {string} id
   * @param {{since: number, limit?: number, signal?: AbortSignal}} query
   * @returns {Promise<{data: import("../types.js").Change[], pagination: {limit: number, hasMore: boolean, since: number}}>}
   */
  changes(id, { signal, ...query }) {
    return this.#http.request("GET", path`/api/rooms/${id}/changes`, { query, signal });
  }

  /**
   * Lists the audit events of a room, for its admins.
   * @param {string} id
   * @param {{limit?: number, order?: "asc" | "desc", before?: string, after?: string}} [query]
   * @returns {import("../pages.js").List<import("../types.js").AuditEvent, import("../types.js").CursorInfo>}
   */
  audit(id, query) {
    return byCursor(this.#http, path`/api/rooms/${id}/audit`, { ...query });
  }
}
