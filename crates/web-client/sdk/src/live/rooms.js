// The rooms of a connection: what was received of each, and the cursor that covers them all.

import { RoomSequence } from "./sequence.js";

/** The events that last and move a room's revision. */
const LASTING = new Set([
  "new-message",
  "message-edited",
  "message-deleted",
  "reaction-added",
  "reaction-removed",
  "message-pinned",
  "message-unpinned",
  "member-added",
  "member-removed",
  "role-changed",
  "room-updated",
  "room-deleted",
]);

/**
 * @typedef {object} RoomsInit
 * @property {(roomId: string, since: number) => Promise<any>} changes Reads a page of a room's changes.
 * @property {(event: any) => void} deliver Receives every event: lasting ones in order, others as they come.
 * @property {(roomId: string, missing: number) => boolean} wants
 * @property {import("./connection.js").Position} [since]
 */

/** Puts the events of a subscription in order, room by room. */
export class Rooms {
  #init;
  /** @type {Map<string, RoomSequence>} */
  #sequences = new Map();
  /** @type {string | undefined} */
  #cursor;
  /** @type {string | undefined} The newest cursor; adopted once no repair is under way, because it covers what is being repaired. */
  #newest;
  /** @type {Set<string> | null} The rooms of a first part that names all of them. */
  #listed = null;

  /** @param {RoomsInit} init */
  constructor(init) {
    this.#init = init;
    this.wants = init.wants;
    this.#cursor = init.since?.cursor;
    for (const [roomId, revision] of Object.entries(init.since?.rooms ?? {})) this.#add(roomId, revision);
  }

  /** @returns {import("./connection.js").Position} */
  get position() {
    const rooms = [...this.#sequences].map(([roomId, { revision }]) => [roomId, revision]);
    return { cursor: this.#cursor, rooms: Object.fromEntries(rooms) };
  }

  /**
   * Returns the last revision of a room that was delivered.
   * @param {string} roomId
   */
  revision(roomId) {
    return this.#sequences.get(roomId)?.revision;
  }

  /**
   * Begins a subscription.
   * @param {boolean} resumes False where its first part names all rooms.
   */
  begin(resumes) {
    this.#listed = resumes ? null : new Set();
    this.#newest = undefined;
  }

  /** Forgets a cursor that the server does not know, so that the next subscription names all rooms. */
  forgetCursor() {
    this.#cursor = undefined;
  }

  /**
   * Takes an event from the socket.
   * @param {any} event
   */
  receive(event) {
    if (LASTING.has(event.action)) {
      this.#sequences.get(event.roomId)?.offer(event);
    } else if (event.action === "room") {
      this.#room(event);
    } else if (event.action === "room-left") {
      this.#left(event.roomId);
    } else if (event.action === "caught-up") {
      this.#sequences.get(event.roomId)?.reach(event.revision);
    } else if (event.action === "synced") {
      this.#synced(event);
    } else {
      this.#init.deliver(event);
    }
  }

  /** Ends every repair. */
  end() {
    for (const sequence of this.#sequences.values()) sequence.end();
  }

  /** @param {any} event */
  #room(event) {
    const { id, revision } = event.room;
    this.#listed?.add(id);
    const known = this.#sequences.get(id);
    if (!known) this.#add(id, revision);
    // The receiver gets the room first: what follows it up to its revision is part of its counts, what comes after is not.
    this.#init.deliver(event);
    if (!known || known.revision >= revision) return;
    if (this.wants(id, revision - known.revision)) known.reach(revision);
    else known.skipTo(revision);
  }

  /** @param {string} roomId */
  #left(roomId) {
    this.#sequences.get(roomId)?.end();
    this.#sequences.delete(roomId);
    this.#init.deliver({ action: "room-left", roomId });
    this.#settle();
  }

  /** @param {any} event */
  #synced(event) {
    const listed = this.#listed;
    this.#listed = null;
    if (listed) for (const roomId of this.#sequences.keys()) if (!listed.has(roomId)) this.#left(roomId);
    this.#newest = event.cursor;
    this.#settle();
    this.#init.deliver(event);
  }

  #settle() {
    if (this.#newest === undefined) return;
    for (const sequence of this.#sequences.values()) if (sequence.isRepairing) return;
    this.#cursor = this.#newest;
  }

  /**
   * @param {string} roomId
   * @param {number} revision
   */
  #add(roomId, revision) {
    const sequence = new RoomSequence({
      revision,
      changes: (since) => this.#init.changes(roomId, since),
      deliver: (events) => events.forEach(this.#init.deliver),
      onSettled: () => this.#settle(),
    });
    this.#sequences.set(roomId, sequence);
  }
}
