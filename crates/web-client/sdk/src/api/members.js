// The members of a room.

import { path } from "../http.js";
import { numbered } from "../pages.js";

/** Calls about members. */
export class Members {
  #http;

  /** @param {import("../http.js").Http} http */
  constructor(http) {
    this.#http = http;
  }

  /**
   * Lists the members of a room.
   * @param {string} roomId
   * @param {{page?: number, limit?: number, role?: import("../types.js").Role}} [query]
   * @returns {import("../pages.js").List<import("../types.js").Member, import("../types.js").PageInfo>}
   */
  list(roomId, query) {
    return numbered(this.#http, path`/api/rooms/${roomId}/members`, { ...query });
  }

  /**
   * Makes a member an admin, or an admin a member.
   * @param {string} roomId
   * @param {string} userId
   * @param {import("../types.js").Role} role
   * @returns {Promise<import("../types.js").Member>}
   */
  setRole(roomId, userId, role) {
    return this.#http.data("PATCH", path`/api/rooms/${roomId}/members/${userId}`, { body: { role } });
  }

  /**
   * Removes a member.
   * @param {string} roomId
   * @param {string} userId
   * @returns {Promise<void>}
   */
  remove(roomId, userId) {
    return this.#http.request("DELETE", path`/api/rooms/${roomId}/members/${userId}`);
  }
}
