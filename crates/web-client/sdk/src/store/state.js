// The rooms and invitations of the user, as the events of a connection change them.

import { ParlorError } from "../errors.js";
import { Loader } from "./loader.js";
import { ReadMarks } from "./marks.js";
import { Notifier } from "./notifier.js";
import { RoomState } from "./room.js";

/** @typedef {import("../types.js").RoomSummary} RoomSummary */

/** The most revisions that are read one by one after an absence; beyond them the newest messages are loaded anew. */
const MOST_MISSED = 5_000;

/** What a store knows. */
export class StoreState {
  /** @type {Map<string, RoomState>} */
  rooms = new Map();
  /** @type {import("../types.js").Invitation[]} */
  invitations = [];
  /** True once all rooms are known. */
  isReady = false;
  notifier = new Notifier();
  #client;
  #connection;
  /** @type {Set<string>} The rooms whose counts are being fetched. */
  #counting = new Set();
  /** @type {Array<() => void>} */
  #offs;

  /**
   * @param {import("../parlor.js").Parlor} client
   * @param {import("../live/connection.js").Connection} connection
   */
  constructor(client, connection) {
    this.#client = client;
    this.#connection = connection;
    this.loader = new Loader(client, this.notifier);
    this.marks = new ReadMarks(connection, (room) => this.count(room));
    connection.setWants((roomId, missing) => this.#wants(roomId, missing));
    this.#offs = [
      connection.on("event", (event) => this.#apply(event)),
      connection.on("state", ({ name }) => this.#stateChanged(name)),
    ];
  }

  /**
   * Returns a room, which has to be one of the user's.
   * @param {string} roomId
   */
  need(roomId) {
    const room = this.rooms.get(roomId);
    if (room) return room;
    throw new ParlorError({ status: 0, code: "ROOM_NOT_FOUND", message: "The room is not among the user's own" });
  }

  /**
   * Fetches the counts of unread messages of a room, where they cannot be told from events.
   * @param {RoomState} room
   */
  async count(room) {
    if (this.#counting.has(room.id)) return;
    this.#counting.add(room.id);
    await this.loader.counts(room).catch(() => {});
    this.#counting.delete(room.id);
  }

  /** Applies nothing any more. */
  end() {
    for (const off of this.#offs) off();
    for (const room of this.rooms.values()) room.people.forgetPresence();
    this.marks.end();
  }

  /** @param {any} event */
  #apply(event) {
    switch (event.action) {
      case "room":
        return this.#setRoom(event.room);
      case "room-left":
        return this.#forget(event.roomId);
      case "invitations":
        return this.#setInvitations(event.invitations);
      case "invited":
        return this.#setInvitations([...this.#without(event.invitation.roomId), event.invitation]);
      case "uninvited":
        return this.#setInvitations(this.#without(event.roomId));
      case "synced":
        this.isReady = true;
        return this.notifier.touch("rooms");
    }
    const room = this.rooms.get(event.roomId);
    if (!room) return;
    const me = this.#client.auth.user?.id;
    if (event.action === "read" && event.userId === me) return this.#ownRead(room, event);
    if (event.revision === undefined) return room.people.apply(event);
    const { counts, pins, message } = room.apply(event, me);
    if (counts) this.count(room);
    if (pins) this.loader.pins(room).catch(() => {});
    if (message) this.loader.message(room, message).catch(() => {});
  }

  /** @param {RoomSummary} summary */
  #setRoom(summary) {
    const known = this.rooms.get(summary.id);
    if (known) return known.setSummary(summary);
    const room = new RoomState(summary, this.notifier);
    this.rooms.set(summary.id, room);
    for (const what of PARTS) room.touch(what);
  }

  /** @param {string} roomId */
  #forget(roomId) {
    const room = this.rooms.get(roomId);
    if (!room) return;
    this.#connection.unwatch(roomId);
    room.people.forgetPresence();
    this.rooms.delete(roomId);
    for (const what of PARTS) room.touch(what);
  }

  /**
   * @param {RoomState} room
   * @param {any} event
   */
  #ownRead(room, event) {
    room.people.apply(event);
    // A mark that the server does not know yet is further ahead.
    if (event.seq < room.mark) return;
    room.ownRead(event);
    if (event.unreadCount === undefined) this.count(room);
  }

  /** @param {import("../types.js").Invitation[]} invitations */
  #setInvitations(invitations) {
    this.invitations = invitations;
    this.notifier.touch("invitations");
  }

  /** @param {string} roomId */
  #without(roomId) {
    return this.invitations.filter((invitation) => invitation.roomId !== roomId);
  }

  /**
   * Decides about changes that were missed: they matter where more than the summary of the room is kept.
   * @param {string} roomId
   * @param {number} missing
   */
  #wants(roomId, missing) {
    const room = this.rooms.get(roomId);
    if (!room?.hasDetails) return false;
    if (missing <= MOST_MISSED) return true;
    room.forgetDetails();
    if (room.openings > 0) this.loader.newest(room).catch(() => {});
    return false;
  }

  /** @param {string} name */
  #stateChanged(name) {
    this.notifier.touch("connection");
    if (name === "live") this.marks.resume(this.rooms.values());
    for (const room of this.rooms.values()) {
      if (room.openings === 0) continue;
      if (name === "live") this.loader.members(room).catch(() => {});
      else room.people.forgetPresence();
    }
  }
}

const PARTS = /** @type {const} */ (["room", "messages", "members", "typing", "pins"]);
