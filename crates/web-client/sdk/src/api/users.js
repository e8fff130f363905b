// People.

import { path } from "../http.js";
import { numbered } from "../pages.js";

/** Calls about people. */
export class Users {
  #http;

  /** @param {import("../http.js").Http} http */
  constructor(http) {
    this.#http = http;
  }

  /**
   * Finds people by the start of their username.
   * @param {string} search 2 to 32 characters.
   * @param {{page?: number, limit?: number, signal?: AbortSignal}} [query]
   * @returns {import("../pages.js").List<import("../types.js").Profile, import("../types.js").PageInfo>}
   */
  find(search, query) {
    return numbered(this.#http, "/api/users", { search, ...query });
  }

  /**
   * Fetches a person's profile.
   * @param {string} id
   * @returns {Promise<import("../types.js").Profile>}
   */
  get(id) {
    return this.#http.data("GET", path`/api/users/${id}`);
  }
}
