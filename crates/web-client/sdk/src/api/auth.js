// Accounts: sign up, log in and out, passwords.

import { ParlorError } from "../errors.js";

/** The account of the person who uses the client. */
export class Auth {
  #http;
  #session;

  /**
   * @param {import("../http.js").Http} http
   * @param {import("../session.js").Session} session
   */
  constructor(http, session) {
    this.#http = http;
    this.#session = session;
  }

  /** The account that is signed in, or undefined. */
  get user() {
    return this.#session.user;
  }

  /** True while there is a token. */
  get isSignedIn() {
    return this.#session.current !== null;
  }

  /**
   * Calls `listener` with the account at every change: a login, a logout, a session that the server ended (undefined).
   * @param {(user: import("../types.js").Account | undefined) => void} listener
   * @returns {() => void} A function that ends it.
   */
  onChange(listener) {
    return this.#session.on("change", (session) => listener(session?.user));
  }

  /**
   * Calls `listener` when the server no longer takes the token: it was logged out elsewhere, or it lapsed.
   * @param {() => void} listener
   * @returns {() => void} A function that ends it.
   */
  onEnded(listener) {
    return this.#session.on("ended", listener);
  }

  /**
   * Makes an account. It does not log in.
   * @param {{username: string, email: string, password: string}} account
   * @returns {Promise<import("../types.js").Account>}
   */
  signup(account) {
    return this.#http.data("POST", "/api/auth/signup", { body: account, anonymous: true });
  }

  /**
   * Logs in by username or e-mail address, and keeps the token.
   * @param {{username?: string, email?: string, password: string}} credentials
   * @returns {Promise<import("../types.js").Account>}
   */
  async login(credentials) {
    const answer = await this.#http.data("POST", "/api/auth/login", { body: credentials, anonymous: true });
    this.#session.adopt(answer);
    return answer.user;
  }

  /**
   * Signs in with a token that was obtained elsewhere.
   * @param {string} accessToken
   * @returns {Promise<import("../types.js").Account>}
   */
  async use(accessToken) {
    const expiresAt = new Date().toISOString();
    this.#session.adopt({ accessToken, expiresAt });
    // Part of its time may have passed. A new one is as good, and its time is known.
    await this.#session.renew();
    return this.me();
  }

  /** Asks for a new token for the same session. That happens by itself in time. */
  refresh() {
    return this.#session.renew();
  }

  /** Forgets the token and ends the session on the server. Rejects where the server cannot be reached. */
  async logout() {
    const token = this.#session.current?.token;
    this.#session.clear();
    if (!token) return;
    const headers = { Authorization: `Bearer ${token}` };
    try {
      await this.#http.request("POST", "/api/auth/logout", { anonymous: true, headers });
    } catch (error) {
      // A token that is not good any more belongs to a session that has ended.
      if (!(error instanceof ParlorError && error.code === "UNAUTHENTICATED")) throw error;
    }
  }

  /**
   * Fetches the account.
   * @returns {Promise<import("../types.js").Account>}
   */
  async me() {
    const user = await this.#http.data("GET", "/api/users/me");
    this.#session.describe(user);
    return user;
  }

  /**
   * Changes the password. Every other session of the account ends.
   * @param {{currentPassword: string, password: string}} passwords
   * @returns {Promise<import("../types.js").Account>}
   */
  changePassword(passwords) {
    return this.#http.data("PATCH", "/api/users/me", { body: passwords });
  }

  /**
   * Makes a ticket: good once, within 30 seconds, as `?ticket=` of `/chat` and of event streams.
   * @returns {Promise<{ticket: string, expiresAt: string}>}
   */
  ticket() {
    return this.#http.data("POST", "/api/auth/tickets");
  }
}
