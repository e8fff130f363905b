// The connection that receives everything of all rooms, and is opened again whenever it breaks.

import { ParlorError } from "../errors.js";
import { Emitter } from "../events.js";
import { Link } from "./link.js";
import { Outbox } from "./outbox.js";
import { Rooms } from "./rooms.js";

/** @typedef {import("./link.js").ConnectionState} ConnectionState */

/** @typedef {{cursor?: string, rooms: Record<string, number>}} Position What a client has received: a cursor, and a revision for each room. */

/**
 * @typedef {object} ConnectionOptions
 * @property {Position} [since] The `position` of an earlier connection; what happened meanwhile is delivered first.
 * @property {(roomId: string, missing: number) => boolean} [wants] Decides if the changes that were missed in a room are read and
 *   delivered, given the number of revisions. By default all are. Where it returns false, `room` alone tells of them.
 * @property {{first?: number, limit?: number, random?: () => number}} [backoff] Waiting times before attempts, in milliseconds.
 */

/** The time between two `typing` of a room. */
const TYPING_EVERY = 3_000;

/** The time that the first part of a subscription may pause before it is given up. */
const FIRST_PART = 30_000;

/** Frames that answer others and are no events. */
const ANSWERS = new Set(["ack", "joined", "pong"]);

/**
 * Receives the events of all rooms, each once and in the order of its room. Emits `state` with the state, each event under its
 * action (`new-message`, `room`, …), `event` with every event, and `refused` with errors that answer no frame in particular.
 */
export class Connection extends Emitter {
  #link;
  #outbox;
  #rooms;
  /** @type {Map<string, number>} The time of the last `typing` by room. */
  #typed = new Map();
  /** @type {Set<string>} */
  #watched = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #firstPart;

  /**
   * @param {import("../parlor.js").Parlor} client
   * @param {ConnectionOptions} [options]
   */
  constructor(client, { since, wants = () => true, backoff } = {}) {
    super();
    if (!client.WebSocket) {
      throw new TypeError(
        "There is no WebSocket here; give one to Parlor, new Parlor({ WebSocket }), or start Node 20 with --experimental-websocket",
      );
    }
    this.#outbox = new Outbox((roomId, draft) => this.#transmit(roomId, draft));
    this.#rooms = new Rooms({
      changes: (roomId, from) => client.rooms.changes(roomId, { since: from, limit: 100 }),
      deliver: (event) => this.#deliver(event),
      wants,
      since,
    });
    this.#link = new Link(client, backoff);
    this.#link.on("state", (state) => this.#stateChanged(state));
    this.#link.on("opened", (socket) => this.#subscribe(socket));
    this.#link.on("frame", (frame) => this.#received(frame));
  }

  /**
   * The state now.
   * @returns {ConnectionState}
   */
  get state() {
    return this.#link.state;
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
    // What is typed next is news again.
    this.#typed.delete(roomId);
    return this.#outbox.send(roomId, draft);
  }

  /**
   * Stops sending a message that was not answered yet: its `send` rejects with `WITHDRAWN`. It may have arrived all the same.
   * @param {string} roomId
   * @param {string} clientId
   */
  withdraw(roomId, clientId) {
    this.#outbox.withdraw(roomId, clientId);
  }

  /**
   * Tells the others in a room that the user types, every three seconds at most. Nothing happens without a connection.
   * @param {string} roomId
   */
  typing(roomId) {
    if (!this.#link.isLive || Date.now() - (this.#typed.get(roomId) ?? 0) < TYPING_EVERY) return;
    this.#typed.set(roomId, Date.now());
    this.#link.socket?.notify({ action: "typing", roomId });
  }

  /**
   * Sends a frame of the protocol of `/chat` and waits for its answer.
   * @param {{action: string} & Record<string, unknown>} frame
   * @returns {Promise<any>} Rejects with `NETWORK` where there is no connection.
   */
  async request(frame) {
    const { socket } = this.#link;
    if (!socket) throw new ParlorError({ status: 0, code: "NETWORK", message: "There is no connection" });
    return socket.request(frame);
  }

  /**
   * Is present in a room, and receives who else is, who types, and what others have read, until `unwatch`.
   * @param {string} roomId
   * @returns {Promise<void>} Resolves once it is so, or there is no connection now; then it happens with the next one.
   */
  async watch(roomId) {
    this.#watched.add(roomId);
    if (this.#link.isLive) await this.#join(roomId);
  }

  /**
   * Ends the presence in a room. Its lasting events go on.
   * @param {string} roomId
   */
  unwatch(roomId) {
    if (this.#watched.delete(roomId)) this.#link.socket?.notify({ action: "leave", roomId });
  }

  /** Tries to connect at once instead of at the end of a wait. */
  retryNow() {
    this.#link.retryNow();
  }

  /** Waits until the connection is live. Rejects where it ends instead. */
  async whenLive() {
    while (!this.#link.isLive) {
      if (this.state.name === "closed") {
        throw new ParlorError({ status: 0, code: "CLOSED", message: "The connection was closed" });
      }
      await this.once("state");
    }
  }

  /**
   * Iterates over all events from now on, until the connection is closed.
   * @returns {AsyncGenerator<any, void, void>}
   */
  events() {
    return this.iterate("event", "state", () => this.state.name === "closed");
  }

  /** Closes the connection for good. Messages that are not answered are rejected with `CLOSED`. */
  close() {
    this.#link.end("closed");
  }

  /**
   * @param {import("./socket.js").Socket} socket
   * @returns {Promise<void>}
   */
  async #subscribe(socket) {
    const { cursor } = this.#rooms.position;
    this.#rooms.begin(cursor !== undefined);
    this.#expectMore(socket);
    try {
      await socket.request({ action: "subscribe", since: cursor });
    } catch (error) {
      if (/** @type {ParlorError} */ (error).code !== "INVALID_CURSOR") return socket.drop("the subscription failed");
      this.#rooms.forgetCursor();
      return this.#subscribe(socket);
    }
  }

  /** @param {any} frame */
  #received(frame) {
    if (ANSWERS.has(frame.action)) return;
    if (frame.action === "error") return this.emit("refused", frame);
    if (!this.#link.isLive && this.#link.socket) this.#expectMore(this.#link.socket);
    this.#rooms.receive(frame);
    if (frame.action === "synced") this.#link.becomeLive();
  }

  /** @param {ConnectionState} state */
  #stateChanged(state) {
    clearTimeout(this.#firstPart);
    if (state.name === "live") {
      for (const roomId of this.#watched) this.#join(roomId);
      this.#outbox.open();
    } else {
      this.#outbox.pause();
    }
    if (state.name === "closed") {
      this.#rooms.end();
      this.#outbox.end();
    }
    this.emit("state", state);
  }

  /**
   * Gives the socket up if nothing more of the first part comes in time.
   * @param {import("./socket.js").Socket} socket
   */
  #expectMore(socket) {
    clearTimeout(this.#firstPart);
    this.#firstPart = setTimeout(() => socket.drop("the subscription does not begin"), FIRST_PART);
  }

  /** @param {string} roomId */
  async #join(roomId) {
    // With `since`, joining never makes the user a member.
    const since = this.#rooms.revision(roomId);
    // Where it fails the room is lost, or the connection is, and an event says so.
    if (since !== undefined) await this.request({ action: "join", roomId, since }).catch(() => {});
  }

  /** @param {any} event */
  #deliver(event) {
    this.emit(event.action, event);
    this.emit("event", event);
  }

  /**
   * @param {string} roomId
   * @param {import("../types.js").Draft} draft
   * @returns {Promise<import("../types.js").Message>}
   */
  async #transmit(roomId, { content, ...others }) {
    try {
      return await this.request({ action: "send-message", roomId, message: content, ...others });
    } catch (error) {
      // The content has another name in the socket's protocol.
      if (error instanceof ParlorError) error.rename("message", "content");
      throw error;
    }
  }
}
