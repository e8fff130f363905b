// The token of a signed-in person: kept, renewed in time, forgotten when the server refuses it.

import { Emitter } from "./events.js";

/**
 * @typedef {object} StoredSession What is kept between visits.
 * @property {string} token
 * @property {string} expiresAt
 * @property {number} renewAt The local time, in milliseconds since 1970, from which a new token is asked for.
 * @property {import("./types.js").Account} [user]
 */

/**
 * @typedef {object} TokenStorage Keeps a session, for example in `sessionStorage`. Without one it lives in memory.
 * @property {() => StoredSession | null | undefined} load
 * @property {(session: StoredSession | null) => void} save
 */

/** The share of a token's life after which it is renewed. */
const RENEWED_AFTER = 0.75;

/** Holds the token. Emits `change` with the session or null, and `ended` where the server refused the token. */
export class Session extends Emitter {
  #http;
  #storage;
  /** @type {StoredSession | null} */
  #current;
  /** @type {Promise<void> | null} */
  #renewal = null;

  /**
   * @param {import("./http.js").Http} http
   * @param {TokenStorage} [storage]
   */
  constructor(http, storage) {
    super();
    this.#http = http;
    this.#storage = storage;
    this.#current = storage?.load() ?? null;
    http.token = () => this.token();
    http.onRefusedToken = (token) => {
      if (token === this.#current?.token) this.end();
    };
  }

  /** The session, or null while nobody is signed in. */
  get current() {
    return this.#current;
  }

  /** The account that is signed in, or undefined. */
  get user() {
    return this.#current?.user;
  }

  /**
   * Takes the token of a login or renewal over.
   * @param {{accessToken: string, expiresAt: string, user?: import("./types.js").Account}} answer
   */
  adopt({ accessToken, expiresAt, user }) {
    const renewAt = Date.now() + lifetime(accessToken, expiresAt) * RENEWED_AFTER;
    this.#set({ token: accessToken, expiresAt, renewAt, user: user ?? this.#current?.user });
  }

  /**
   * Replaces what is known about the account.
   * @param {import("./types.js").Account} user
   */
  describe(user) {
    if (this.#current) this.#set({ ...this.#current, user });
  }

  /** Forgets the token. */
  clear() {
    this.#set(null);
  }

  /** Forgets the token because the server no longer takes it. */
  end() {
    this.#set(null);
    this.emit("ended");
  }

  /**
   * Returns the token, renewed where its time is near.
   * @returns {Promise<string | undefined>}
   */
  async token() {
    if (this.#current && Date.now() >= this.#current.renewAt) {
      // Where the renewal fails the old token may still be good: the request itself shows it.
      await this.renew().catch(() => {});
    }
    return this.#current?.token;
  }

  /**
   * Asks for a new token. Calls at the same time share one request.
   * @returns {Promise<void>}
   */
  renew() {
    this.#renewal ??= this.#renewOnce().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #renewOnce() {
    const token = this.#current?.token;
    if (!token) return;
    const headers = { Authorization: `Bearer ${token}` };
    try {
      const answer = await this.#http.data("POST", "/api/auth/refresh", { anonymous: true, headers });
      // A logout or another login meanwhile wins.
      if (this.#current?.token === token) this.adopt(answer);
    } catch (error) {
      const refused = /** @type {{code?: string}} */ (error).code === "UNAUTHENTICATED";
      if (refused && this.#current?.token === token) this.end();
      throw error;
    }
  }

  /** @param {StoredSession | null} session */
  #set(session) {
    this.#current = session;
    this.#storage?.save(session);
    this.emit("change", session);
  }
}

/**
 * Returns the milliseconds for which a new token lives, by the token's own claims where they can be read, so that a wrong local clock
 * does no harm.
 * @param {string} token
 * @param {string} expiresAt
 */
function lifetime(token, expiresAt) {
  try {
    const payload = token.split(".")[1] ?? "";
    const { iat, exp } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    // Both are whole seconds, cut off: up to one of them has passed.
    if (exp > iat) return (exp - iat - 1) * 1_000;
  } catch {
    // Not a token whose claims can be read; its stated end will do.
  }
  return Math.max(0, Date.parse(expiresAt) - Date.now());
}
