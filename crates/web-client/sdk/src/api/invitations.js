// Invitations to rooms.

import { path } from "../http.js";
import { numbered } from "../pages.js";

/** Calls about invitations. To accept one, join its room. */
export class Invitations {
  #http;

  /** @param {import("../http.js").Http} http */
  constructor(http) {
    this.#http = http;
  }

  /**
   * Lists the caller's own open invitations.
   * @param {{page?: number, limit?: number}} [query]
   * @returns {import("../pages.js").List<import("../types.js").Invitation, import("../types.js").PageInfo>}
   */
  list(query) {
    return numbered(this.#http, "/api/invitations", { ...query });
  }

  /**
   * Lists the open invitations of a room, for its admins.
   * @param {string} roomId
   * @param {{page?: number, limit?: number}} [query]
   * @returns {import("../pages.js").List<import("../types.js").Invitation, import("../types.js").PageInfo>}
   */
  ofRoom(roomId, query) {
    return numbered(this.#http, path`/api/rooms/${roomId}/invitations`, { ...query });
  }

  /**
   * Invites a person. Inviting twice gives the same invitation.
   * @param {string} roomId
   * @param {{username: string} | {userId: string}} person
   * @returns {Promise<import("../types.js").Invitation>}
   */
  create(roomId, person) {
    return this.#http.data("POST", path`/api/rooms/${roomId}/invitations`, { body: person });
  }

  /**
   * Withdraws an invitation, or declines the caller's own.
   * @param {string} roomId
   * @param {string} userId
   * @returns {Promise<void>}
   */
  delete(roomId, userId) {
    return this.#http.request("DELETE", path`/api/rooms/${roomId}/invitations/${userId}`);
  }
}
