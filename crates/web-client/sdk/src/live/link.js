// A socket that is opened again whenever it breaks, with a token that is renewed in time.

import { Emitter } from "../events.js";
import { Backoff } from "./backoff.js";
import { Socket } from "./socket.js";

/**
 * @typedef {{name: "connecting"}
 *   | {name: "live"}
 *   | {name: "waiting", until: number}
 *   | {name: "closed", reason: "closed" | "signed-out"}} ConnectionState
 *   `until` is the time of the next attempt, in milliseconds since 1970.
 */

/** The wait before a failed renewal of the token is repeated. */
const RENEWAL_AGAIN = 5_000;

/**
 * Keeps a socket open. Emits `state` with every new state, `opened` with a socket that is to be made live, `frame` with every frame
 * that is no answer.
 */
export class Link extends Emitter {
  #client;
  #backoff;
  /** @type {Socket | null} */
  #socket = null;
  /** @type {ConnectionState} */
  #state = { name: "connecting" };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #renewal;
  /** @type {"none" | "renew" | "check"} What is to be done about the token before the next attempt. */
  #doubt = "none";
  /** The number of the attempt; one that is overtaken stops. */
  #attempt = 0;
  /** @type {Array<() => void>} */
  #cleanup;

  /**
   * @param {import("../parlor.js").Parlor} client
   * @param {{first?: number, limit?: number, random?: () => number}} [backoff]
   */
  constructor(client, backoff) {
    super();
    this.#client = client;
    this.#backoff = new Backoff(backoff);
    this.#cleanup = [
      client.session.on("change", (session) => (session ? this.#renewed(session) : this.end("signed-out"))),
      onWindow("online", () => this.#backOnline()),
      // A socket may look open for minutes after the network is gone.
      onWindow("offline", () => this.#socket?.drop("the network is gone")),
    ];
    // After the caller had the chance to add listeners.
    queueMicrotask(() => this.#open());
  }

  /** The state now. */
  get state() {
    return this.#state;
  }

  /** The socket that is open or being opened, or null. */
  get socket() {
    return this.#socket;
  }

  /** True while frames go through. */
  get isLive() {
    return this.#state.name === "live";
  }

  /** Tries to connect at once instead of at the end of a wait. */
  retryNow() {
    if (this.#state.name === "waiting") this.#open();
  }

  /** Tries at once, also in the place of an attempt that nothing has answered: it began without the network, and may take long to fail. */
  #backOnline() {
    this.#backoff.reset();
    const { name } = this.#state;
    if (name === "waiting" || (name === "connecting" && !this.#socket?.isOpen)) this.#open();
  }

  /** States that the socket is ready for everything. */
  becomeLive() {
    if (this.isLive) return;
    this.#backoff.reset();
    if (this.#client.session.current) this.#scheduleRenewal(this.#client.session.current.renewAt);
    this.#become({ name: "live" });
  }

  /** @param {"closed" | "signed-out"} reason */
  end(reason) {
    if (this.#state.name === "closed") return;
    this.#attempt++;
    clearTimeout(this.#retry);
    clearTimeout(this.#renewal);
    for (const cleanup of this.#cleanup) cleanup();
    this.#become({ name: "closed", reason });
    this.#socket?.close();
  }

  async #open() {
    if (this.#state.name === "closed") return;
    const attempt = ++this.#attempt;
    clearTimeout(this.#retry);
    const overtaken = this.#socket;
    this.#socket = null;
    overtaken?.drop("another attempt begins");
    this.#become({ name: "connecting" });
    let token;
    try {
      token = await this.#soundToken();
    } catch {
      if (attempt === this.#attempt) this.#wait();
      return;
    }
    if (attempt !== this.#attempt) return;
    if (token) this.#openSocket(token);
    else this.end("signed-out");
  }

  /** Returns a token that the server takes, as far as can be known. */
  async #soundToken() {
    if (this.#doubt === "renew") await this.#client.session.renew();
    // A refused handshake does not say why; the token is one of the reasons.
    else if (this.#doubt === "check" && this.#client.auth.isSignedIn) await this.#client.auth.me();
    this.#doubt = "none";
    return this.#client.session.token();
  }

  /** @param {string} token */
  #openSocket(token) {
    let isOpen = false;
    /** @type {Socket} */
    const socket = new Socket(this.#client.WebSocket, this.#client.http.url, token, {
      observe: this.#client.http.observe,
      onOpen: () => {
        isOpen = true;
        this.emit("opened", socket);
      },
      onFrame: (frame) => this.emit("frame", frame),
      onClose: (code) => {
        if (this.#socket !== socket) return;
        this.#doubt = code === 1008 ? "renew" : isOpen ? "none" : "check";
        this.#socket = null;
        clearTimeout(this.#renewal);
        this.#wait();
      },
    });
    this.#socket = socket;
  }

  #wait() {
    if (this.#state.name === "closed") return;
    const wait = this.#backoff.next();
    this.#retry = setTimeout(() => this.#open(), wait);
    this.#become({ name: "waiting", until: Date.now() + wait });
  }

  /**
   * Extends the socket beyond the end of its first token.
   * @param {import("../session.js").StoredSession} session
   */
  #renewed(session) {
    if (!this.isLive) return;
    // Where it fails, the server closes the socket in time, and the next one brings the new token.
    this.#socket?.request({ action: "authenticate", token: session.token }).catch(() => {});
    this.#scheduleRenewal(session.renewAt);
  }

  /** @param {number} at */
  #scheduleRenewal(at) {
    clearTimeout(this.#renewal);
    // A timer takes at most 2³¹ milliseconds.
    const wait = Math.min(Math.max(at - Date.now(), 0), 2 ** 31 - 1);
    this.#renewal = setTimeout(() => {
      this.#client.session.renew().catch(() => this.isLive && this.#scheduleRenewal(Date.now() + RENEWAL_AGAIN));
    }, wait);
  }

  /** @param {ConnectionState} state */
  #become(state) {
    this.#state = state;
    this.emit("state", state);
  }
}

/**
 * Listens to the browser's window, where there is one.
 * @param {string} name
 * @param {() => void} listener
 */
function onWindow(name, listener) {
  globalThis.addEventListener?.(name, listener);
  return () => globalThis.removeEventListener?.(name, listener);
}
