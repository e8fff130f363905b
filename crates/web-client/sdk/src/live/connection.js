// The connection that receives everything of all rooms, and is opened again whenever it breaks.

import { ParlorError } from "../errors.js";
import { Emitter } from "../events.js";
import { Backoff } from "./backoff.js";
import { Outbox } from "./outbox.js";
import { Rooms } from "./rooms.js";
import { Socket } from "./socket.js";

/**
 * @typedef {{name: "connecting"}
 *   | {name: "live"}
 *   | {name: "waiting", until: number}
 *   | {name: "closed", reason: "closed" | "signed-out"}} ConnectionState
 *   `until` is the time of the next attempt, in milliseconds since 1970.
 */

/** @typedef {{cursor?: string, rooms: Record<string, number>}} Position What a client has received: a cursor, and a revision for each room. */

/**
 * @typedef {object} ConnectionOptions
 * @property {Position} [since] The `position` of an earlier connection; what happened meanwhile is delivered first.
 * @property {(roomId: string, missing: number) => boolean} [wants] Decides if the changes that were missed in a room are read and
 *   delivered, given the number of revisions. By default all are. Where it returns false, `room` alone tells of them.
 * @property {{first?: number, limit?: number, random?: () => number}} [backoff]
 */

/**
 * Receives the events of all rooms, each once and in the order of its room. Emits `state` with the state, each event under its
 * action, and `event` with every event.
 */
export class Connection extends Emitter {
  #client;
  #backoff;
  #outbox;
  #rooms;
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
  #attempt = 0;
  /** @type {Array<() => void>} */
  #cleanup = [];
  /** @type {Map<string, number>} The time of the last `typing` by room. */
  #typed = new Map();
  /** @type {Set<string>} */
  #watched = new Set();

  /**
   * @param {import("../parlor.js").Parlor} client
   * @param {ConnectionOptions} [options]
   */
  constructor(client, { since, wants, backoff } = {}) {
    super();
    if (!client.WebSocket) throw new TypeError("There is no WebSocket here; give one to Parlor: new Parlor({ WebSocket })");
    this.#client = client;
    this.#backoff = new Backoff(backoff);
    this.#outbox = new Outbox((roomId, draft) => this.#transmit(roomId, draft));
    this.#rooms = new Rooms({
      changes: (roomId, from) => client.rooms.changes(roomId, { since: from, limit: 100 }),
      deliver: (event) => this.#deliver(event),
      wants: wants ?? (() => true),
      since,
    });
    this.#cleanup.push(
      client.session.on("change", (session) => (session ? this.#renewed(session) : this.#end("signed-out"))),
    );
    const online = () => this.retryNow();
    globalThis.addEventListener?.("online", online);
    this.#cleanup.push(() => globalThis.removeEventListener?.("online", online));
    // After the caller had the chance to add listeners.
    queueMicrotask(() => this.#open());
  }

  /** The state now. */
  get state() {
    return this.#state;
  }

  /** What was received so far. With it as `since` a later connection continues, also in another process. */
  get position() {
    return this.#rooms.position;
  }

  /** The number of sent messages that the server has not answered. */
  get unanswered() {
    return this.#outbox.size;
  }

  /**
   * Replaces the decision about missed changes (`wants` of the options).
   * @param {(roomId: string, missing: number) => boolean} wants
   */
  setWants(wants) {
    this.#rooms.wants = wants;
  }

  /**
   * Sends a message, when there is a connection, and again under the same `clientId` until the server has answered it.
   * @param {string} roomId
   * @param {import("../types.js").Draft} draft
   * @returns {Promise<import("../types.js").Message>} Rejects where the server refuses it.
   */
  send(roomId, draft) {
    return this.#outbox.send(roomId, draft);
  }

  /**
   * Tells the others in a room that the user types, every three seconds at most. Nothing happens without a connection.
   * @param {string} roomId
   */
  typing(roomId) {
    if (Date.now() - (this.#typed.get(roomId) ?? 0) < 3_000) return;
    this.#typed.set(roomId, Date.now());
    if (this.#state.name === "live") this.#socket?.notify({ action: "typing", roomId });
  }

  /**
   * Sends a frame of the protocol of `/chat` and waits for its answer.
   * @param {{action: string} & Record<string, unknown>} frame
   * @returns {Promise<any>} Rejects with `NETWORK` where there is no connection.
   */
  async request(frame) {
    if (!this.#socket) throw new ParlorError({ status: 0, code: "NETWORK", message: "There is no connection" });
    return this.#socket.request(frame);
  }

  /**
   * Is present in a room, and receives who else is, who types, and what others have read, until `unwatch`.
   * @param {string} roomId
   */
  watch(roomId) {
    this.#watched.add(roomId);
    if (this.#state.name === "live") this.#join(roomId);
  }

  /**
   * Ends the presence in a room. Its lasting events go on.
   * @param {string} roomId
   */
  unwatch(roomId) {
    if (this.#watched.delete(roomId)) this.#socket?.notify({ action: "leave", roomId });
  }

  /** Tries to connect at once instead of at the end of a wait. */
  retryNow() {
    if (this.#state.name === "waiting") this.#open();
  }

  /** Waits until the connection is live. Rejects where it ends instead. */
  async whenLive() {
    while (this.#state.name !== "live") {
      if (this.#state.name === "closed") throw new ParlorError({ status: 0, code: "CLOSED", message: "The connection was closed" });
      await new Promise((resolve) => {
        const off = this.on("state", () => (off(), resolve(undefined)));
      });
    }
  }

  /**
   * Iterates over all events from now on, until the connection is closed.
   * @returns {AsyncGenerator<any, void, void>}
   */
  async *events() {
    /** @type {any[]} */
    let queue = [];
    let wake = () => {};
    const offs = [this.on("event", (event) => (queue.push(event), wake())), this.on("state", () => wake())];
    try {
      for (;;) {
        const taken = queue;
        queue = [];
        yield* taken;
        if (queue.length > 0) continue;
        if (this.#state.name === "closed") return;
        await new Promise((resolve) => (wake = () => resolve(undefined)));
      }
    } finally {
      for (const off of offs) off();
    }
  }

  /** Closes the connection for good. Messages that are not answered are rejected with `CLOSED`. */
  close() {
    this.#end("closed");
  }

  async #open() {
    const attempt = ++this.#attempt;
    clearTimeout(this.#retry);
    this.#become({ name: "connecting" });
    let token;
    try {
      token = await this.#soundToken();
    } catch {
      if (attempt === this.#attempt) this.#wait();
      return;
    }
    if (attempt !== this.#attempt || this.#state.name === "closed") return;
    if (!token) return this.#end("signed-out");
    let isOpen = false;
    /** @type {Socket} */
    const socket = new Socket(this.#client.WebSocket, this.#client.http.url, token, {
      observe: this.#client.http.observe,
      onOpen: () => {
        isOpen = true;
        this.#subscribe(socket);
      },
      onFrame: (frame) => this.#received(frame),
      onClose: (code) => {
        this.#doubt = code === 1008 ? "renew" : isOpen ? "none" : "check";
        this.#broken();
      },
    });
    this.#socket = socket;
  }

  /** Returns a token that the server takes, as far as can be known. */
  async #soundToken() {
    // A refused handshake does not say why; the token is one of the reasons.
    if (this.#doubt === "renew") await this.#client.session.renew();
    else if (this.#doubt === "check" && this.#client.auth.isSignedIn) await this.#client.auth.me();
    this.#doubt = "none";
    return this.#client.session.token();
  }

  /**
   * @param {Socket} socket
   * @returns {Promise<void>}
   */
  async #subscribe(socket) {
    try {
      const { cursor } = this.#rooms.position;
      this.#rooms.begin(cursor !== undefined);
      await socket.request(cursor === undefined ? { action: "subscribe" } : { action: "subscribe", since: cursor });
    } catch (error) {
      if (/** @type {ParlorError} */ (error).code === "INVALID_CURSOR") {
        this.#rooms.forgetCursor();
        return this.#subscribe(socket);
      }
      socket.close();
    }
  }

  /** @param {any} frame */
  #received(frame) {
    if (frame.action === "pong" || frame.action === "ack") return;
    if (frame.action === "error") return this.emit("refused", frame);
    this.#rooms.receive(frame);
    if (frame.action === "synced" && this.#state.name !== "live") this.#live();
  }

  #live() {
    this.#backoff.reset();
    this.#become({ name: "live" });
    if (this.#client.session.current) this.#scheduleRenewal(this.#client.session.current.renewAt);
    for (const roomId of this.#watched) this.#join(roomId);
    this.#outbox.open();
  }

  /** @param {string} roomId */
  #join(roomId) {
    // With `since`, joining never makes the user a member.
    const since = this.#rooms.revision(roomId);
    if (since !== undefined) this.#socket?.notify({ action: "join", roomId, since });
  }

  /** @param {any} event */
  #deliver(event) {
    this.emit(event.action, event);
    this.emit("event", event);
  }

  /**
   * @param {string} roomId
   * @param {import("../types.js").Draft} draft
   */
  async #transmit(roomId, { content, ...others }) {
    try {
      return await this.request({ action: "send-message", roomId, message: content, ...others });
    } catch (error) {
      // The socket's protocol has another name for the content.
      if (error instanceof ParlorError) for (const detail of error.details) if (detail.field === "message") detail.field = "content";
      throw error;
    }
  }

  #broken() {
    this.#socket = null;
    this.#outbox.pause();
    clearTimeout(this.#renewal);
    if (this.#state.name !== "closed") this.#wait();
  }

  #wait() {
    if (this.#state.name === "closed") return;
    const wait = this.#backoff.next();
    this.#become({ name: "waiting", until: Date.now() + wait });
    this.#retry = setTimeout(() => this.#open(), wait);
  }

  /**
   * Extends the socket beyond the end of its first token.
   * @param {import("../session.js").StoredSession} session
   */
  #renewed(session) {
    if (this.#state.name !== "live") return;
    this.#socket?.request({ action: "authenticate", token: session.token }).catch(() => {});
    this.#scheduleRenewal(session.renewAt);
  }

  /** @param {number} at */
  #scheduleRenewal(at) {
    clearTimeout(this.#renewal);
    // A timer takes at most 2³¹ milliseconds.
    const wait = Math.min(Math.max(at - Date.now(), 0), 2 ** 31 - 1);
    this.#renewal = setTimeout(() => {
      this.#client.session.renew().catch(() => this.#scheduleRenewal(Date.now() + 5_000));
    }, wait);
  }

  /** @param {ConnectionState} state */
  #become(state) {
    this.#state = state;
    this.emit("state", state);
  }

  /** @param {"closed" | "signed-out"} reason */
  #end(reason) {
    if (this.#state.name === "closed") return;
    this.#attempt++;
    this.#become({ name: "closed", reason });
    clearTimeout(this.#retry);
    clearTimeout(this.#renewal);
    for (const cleanup of this.#cleanup) cleanup();
    this.#rooms.end();
    this.#outbox.end();
    this.#socket?.close();
  }
}
