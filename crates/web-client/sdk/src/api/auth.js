// Accounts: sign up, log in and out, passwords.

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
   * Uses a token that was obtained elsewhere.
   * @param {string} accessToken
   * @returns {Promise<import("../types.js").Account>}
   */
  async use(accessToken) {
    // Until its end is known it is not renewed.
    this.#session.adopt({ accessToken, expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    return this.me();
  }

  /** Asks for a new token for the same session. That happens by itself in time. */
  refresh() {
    return this.#session.renew();
  }

  /** Ends the session on the server, and forgets the token even where the server cannot be reached. */
  async logout() {
    try {
      await this.#http.request("POST", "/api/auth/logout");
    } finally {
      this.#session.clear();
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
