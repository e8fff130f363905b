// The store: rooms and messages as they are now, kept up to date by a connection.

import { ParlorError } from "../errors.js";
import { newKey } from "../live/outbox.js";
import { Loader } from "./loader.js";
import { Notifier } from "./notifier.js";
import { RoomState } from "./room.js";
import { byActivity } from "./summary.js";

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").RoomSummary} RoomSummary */
/** @typedef {import("./pending.js").Pending} Pending */

/**
 * @typedef {object} MessageView The messages of a room, for showing them.
 * @property {Message[]} items In order, without replies in threads.
 * @property {Pending[]} pending The user's own that are on their way or were refused; they belong after `items`.
 * @property {boolean} hasOlder
 * @property {boolean} hasNewer True after a jump into the past.
 * @property {boolean} isLoading
 */

/** The most revisions that are read one by one after an absence; beyond them the newest messages are loaded anew. */
const MOST_MISSED = 5_000;

/**
 * Rooms and messages as they are now. What its getters return does not change: another object replaces it. `subscribe` tells when.
 *
 * Keys: `rooms`, `invitations`, `connection`, and `room:<id>`, `messages:<id>`, `members:<id>`, `typing:<id>`, `pins:<id>` by the
 * room, `thread:<id>` by the message that begins it.
 */
export class Store {
  #client;
  #notifier = new Notifier();
  #loader;
  /** @type {Map<string, RoomState>} */
  #rooms = new Map();
  /** @type {import("../types.js").Invitation[]} */
  #invitations = [];
  /** @type {Set<string>} The rooms whose counts are being fetched. */
  #counting = new Set();
  /** @type {Array<() => void>} */
  #offs;
  /** True once all rooms are known. */
  isReady = false;

  /**
   * @param {import("../parlor.js").Parlor} client
   * @param {import("../live/connection.js").Connection} [connection] By default one is opened.
   */
  constructor(client, connection = client.connect()) {
    this.#client = client;
    this.connection = connection;
    this.#loader = new Loader(client, this.#notifier);
    connection.setWants((roomId, missing) => this.#wants(roomId, missing));
    this.#offs = [
      connection.on("event", (event) => this.#apply(event)),
      connection.on("state", ({ name }) => this.#stateChanged(name)),
    ];
  }

  /** Ends the store and its connection. */
  close() {
    for (const off of this.#offs) off();
    for (const room of this.#rooms.values()) room.people.forgetPresence();
    this.connection.close();
  }

  /**
   * Calls `fn` after each change of a key, once however many events came together.
   * @param {string} key
   * @param {() => void} fn
   * @returns {() => void} A function that ends it.
   */
  subscribe(key, fn) {
    return this.#notifier.subscribe(key, fn);
  }

  // What there is.

  /** The rooms of the user, latest activity first. */
  rooms() {
    return this.#notifier.snapshot("rooms", () =>
      [...this.#rooms.values()].map(({ summary }) => summary).sort(byActivity),
    );
  }

  /**
   * A room of the user's, or undefined.
   * @param {string} id
   * @returns {RoomSummary | undefined}
   */
  room(id) {
    return this.#rooms.get(id)?.summary;
  }

  /** The open invitations of the user. */
  invitations() {
    return this.#invitations;
  }

  /** The state of the connection. */
  get state() {
    return this.connection.state;
  }

  /**
   * The messages of a room, as far as they are loaded; undefined for a room that was not opened.
   * @param {string} roomId
   * @returns {MessageView | undefined}
   */
  messages(roomId) {
    const room = this.#rooms.get(roomId);
    if (!room?.window) return undefined;
    const { window } = room;
    return this.#notifier.snapshot(`messages:${roomId}`, () => ({
      items: window.items.filter(({ threadId }) => threadId === null),
      pending: room.pending.list(null),
      hasOlder: window.hasOlder,
      hasNewer: !window.isAttached,
      isLoading: room.isLoading,
    }));
  }

  /**
   * The replies in a thread, as far as they are loaded; undefined for one that was not opened. `root` is the message that begins it,
   * where it is loaded.
   * @param {string} roomId
   * @param {string} rootId
   */
  thread(roomId, rootId) {
    const room = this.#rooms.get(roomId);
    const replies = room?.threads.get(rootId);
    if (!room || !replies) return undefined;
    return this.#notifier.snapshot(`thread:${rootId}`, () => ({
      root: room.find(rootId),
      items: replies.items,
      pending: room.pending.list(rootId),
      hasOlder: replies.hasOlder,
    }));
  }

  /**
   * The members of a room in the order of names; undefined until they are loaded.
   * @param {string} roomId
   */
  members(roomId) {
    return this.#notifier.snapshot(`members:${roomId}`, () => this.#rooms.get(roomId)?.people.list());
  }

  /**
   * The people who type in a room.
   * @param {string} roomId
   * @returns {import("../types.js").UserRef[]}
   */
  typing(roomId) {
    return this.#notifier.snapshot(`typing:${roomId}`, () => this.#rooms.get(roomId)?.people.typists ?? []);
  }

  /**
   * The pinned messages of a room, latest pin first; undefined until they are loaded.
   * @param {string} roomId
   */
  pins(roomId) {
    return this.#rooms.get(roomId)?.pins ?? undefined;
  }

  /**
   * A message that is loaded.
   * @param {string} roomId
   * @param {string} id
   */
  message(roomId, id) {
    return this.#rooms.get(roomId)?.find(id);
  }

  // What is loaded.

  /**
   * Opens a room: loads its newest messages and its people, and receives who is present and who types until `closeRoom`.
   * @param {string} roomId
   */
  async openRoom(roomId) {
    const room = this.#need(roomId);
    room.openings += 1;
    this.connection.watch(roomId);
    await Promise.all([room.window ? undefined : this.#loader.newest(room), this.#loader.members(room)]);
  }

  /**
   * Closes a room that was opened. What is loaded stays, and is kept up to date.
   * @param {string} roomId
   */
  closeRoom(roomId) {
    const room = this.#rooms.get(roomId);
    if (!room || room.openings === 0) return;
    room.openings -= 1;
    if (room.openings > 0) return;
    this.connection.unwatch(roomId);
    room.people.forgetPresence();
  }

  /** Loads older messages. @param {string} roomId */
  loadOlder(roomId) {
    return this.#loader.older(this.#need(roomId));
  }

  /** Loads newer messages, after a jump into the past. @param {string} roomId */
  loadNewer(roomId) {
    return this.#loader.newer(this.#need(roomId));
  }

  /**
   * Loads the messages around one, instead of those that are loaded where they are far from it.
   * @param {string} roomId
   * @param {string} target The id of a message, or a time.
   */
  jumpTo(roomId, target) {
    return this.#loader.around(this.#need(roomId), target);
  }

  /** Goes back to the newest messages. @param {string} roomId */
  async jumpToNewest(roomId) {
    const room = this.#need(roomId);
    if (!room.window?.isAttached) await this.#loader.newest(room);
  }

  /**
   * Loads the newest replies of a thread; called again, older ones.
   * @param {string} roomId
   * @param {string} rootId
   */
  loadThread(roomId, rootId) {
    return this.#loader.thread(this.#need(roomId), rootId);
  }

  /** Loads the members of a room, and who is present. @param {string} roomId */
  loadMembers(roomId) {
    return this.#loader.members(this.#need(roomId));
  }

  /** Loads the pinned messages of a room. @param {string} roomId */
  loadPins(roomId) {
    return this.#loader.pins(this.#need(roomId));
  }

  // What the user does.

  /**
   * Sends a message. It is among the `pending` at once, and stays there with its error where the server refuses it.
   * @param {string} roomId
   * @param {import("../types.js").Draft} draft
   * @returns {Promise<Message | undefined>} Undefined where it was refused.
   */
  send(roomId, draft) {
    const clientId = draft.clientId ?? newKey();
    const createdAt = new Date().toISOString();
    return this.#send({ clientId, roomId, draft: { ...draft, clientId }, status: "pending", error: undefined, createdAt });
  }

  /**
   * Sends a message again that was refused.
   * @param {string} roomId
   * @param {string} clientId
   * @returns {Promise<Message | undefined>} Undefined where it was refused again.
   */
  async retry(roomId, clientId) {
    const pending = this.#need(roomId).pending.get(clientId);
    return pending?.status === "failed" ? this.#send({ ...pending, status: "pending", error: undefined }) : undefined;
  }

  /**
   * Forgets a message that was refused.
   * @param {string} roomId
   * @param {string} clientId
   */
  discard(roomId, clientId) {
    const { pending } = this.#need(roomId);
    const threadId = pending.get(clientId)?.draft.threadId;
    if (pending.remove(clientId)) this.#touchPending(roomId, threadId);
  }

  /**
   * Changes a message of the user's own.
   * @param {string} roomId
   * @param {string} id
   * @param {{content?: string, metadata?: Record<string, unknown>}} changes
   */
  async edit(roomId, id, changes) {
    const message = await this.#client.messages.edit(roomId, id, changes);
    this.#rooms.get(roomId)?.accept(message);
    return message;
  }

  /**
   * Adds a reaction of the user's, or takes it back where it is there.
   * @param {string} roomId
   * @param {string} id
   * @param {string} emoji
   */
  toggleReaction(roomId, id, emoji) {
    const reaction = this.message(roomId, id)?.reactions.find((one) => one.emoji === emoji);
    const isMine = reaction?.users.some((user) => user.id === this.#client.auth.user?.id);
    return this.#client.messages[isMine ? "unreact" : "react"](roomId, id, emoji);
  }

  /**
   * Marks a room read up to a message, by default its newest.
   * @param {string} roomId
   * @param {number} [seq]
   */
  async markRead(roomId, seq) {
    const room = this.#need(roomId);
    const mark = Math.min(seq ?? room.newestSeq, room.newestSeq);
    if (mark <= Math.max(room.mark, room.summary.membership?.lastReadSeq ?? mark)) return;
    room.mark = mark;
    const isKnown = room.readUpTo(mark);
    await this.#client.rooms.markRead(roomId, mark);
    if (!isKnown) await this.#count(room);
  }

  /**
   * Marks a message and all after it unread.
   * @param {string} roomId
   * @param {number} seq
   */
  async markUnread(roomId, seq) {
    const room = this.#need(roomId);
    room.mark = 0;
    await this.#client.rooms.markUnread(roomId, seq);
    await this.#count(room);
  }

  /** Tells the others that the user types; call it on every key. @param {string} roomId */
  typed(roomId) {
    this.connection.typing(roomId);
  }

  /** @param {Pending} pending */
  async #send(pending) {
    const { roomId, clientId, draft } = pending;
    const room = this.#need(roomId);
    room.pending.set(pending);
    this.#touchPending(roomId, draft.threadId);
    try {
      const message = await this.connection.send(roomId, draft);
      room.accept(message);
      return message;
    } catch (error) {
      if (room.pending.get(clientId) === pending) {
        room.pending.set({ ...pending, status: "failed", error: /** @type {ParlorError} */ (error) });
        this.#touchPending(roomId, draft.threadId);
      }
      return undefined;
    }
  }

  /**
   * @param {string} roomId
   * @param {string | null | undefined} threadId
   */
  #touchPending(roomId, threadId) {
    this.#notifier.touch(threadId ? `thread:${threadId}` : `messages:${roomId}`);
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
        return this.#notifier.touch("rooms", "connection");
    }
    const room = this.#rooms.get(event.roomId);
    if (!room) return;
    const me = this.#client.auth.user?.id;
    if (event.action === "read" && event.userId === me) return this.#ownRead(room, event);
    if (event.revision === undefined) return room.people.apply(event);
    const { isUnsure, lacksPin } = room.apply(event, me);
    if (isUnsure) this.#count(room).catch(() => {});
    if (lacksPin) this.#loader.pins(room).catch(() => {});
  }

  /** @param {RoomSummary} summary */
  #setRoom(summary) {
    const known = this.#rooms.get(summary.id);
    if (known) return known.setSummary(summary);
    this.#rooms.set(summary.id, new RoomState(summary, this.#notifier));
    this.#notifier.touch("rooms", `room:${summary.id}`);
  }

  /** @param {string} roomId */
  #forget(roomId) {
    const room = this.#rooms.get(roomId);
    if (!room) return;
    this.connection.unwatch(roomId);
    room.people.forgetPresence();
    this.#rooms.delete(roomId);
    for (const what of ["room", "messages", "members", "typing", "pins"]) this.#notifier.touch(`${what}:${roomId}`);
    this.#notifier.touch("rooms");
  }

  /**
   * @param {RoomState} room
   * @param {any} event
   */
  #ownRead(room, event) {
    // The mark moved back, or further ahead, on another connection.
    room.mark = 0;
    room.ownRead(event);
    if (event.unreadCount === undefined) this.#count(room).catch(() => {});
    room.people.apply(event);
  }

  /** @param {import("../types.js").Invitation[]} invitations */
  #setInvitations(invitations) {
    this.#invitations = invitations;
    this.#notifier.touch("invitations");
  }

  /** @param {string} roomId */
  #without(roomId) {
    return this.#invitations.filter((invitation) => invitation.roomId !== roomId);
  }

  /**
   * Decides about changes that were missed.
   * @param {string} roomId
   * @param {number} missing
   */
  #wants(roomId, missing) {
    const room = this.#rooms.get(roomId);
    if (!room?.hasDetails) return false;
    if (missing <= MOST_MISSED) return true;
    room.threads.clear();
    room.pins = null;
    room.window = null;
    if (room.openings > 0) this.#loader.newest(room).catch(() => {});
    return false;
  }

  /** @param {string} name */
  #stateChanged(name) {
    this.#notifier.touch("connection");
    for (const room of this.#rooms.values()) {
      if (room.openings === 0) continue;
      if (name === "live") this.#loader.members(room).catch(() => {});
      else room.people.forgetPresence();
    }
  }

  /** @param {RoomState} room */
  async #count(room) {
    if (this.#counting.has(room.id)) return;
    this.#counting.add(room.id);
    try {
      await this.#loader.counts(room);
    } finally {
      this.#counting.delete(room.id);
    }
  }

  /** @param {string} roomId */
  #need(roomId) {
    const room = this.#rooms.get(roomId);
    if (room) return room;
    throw new ParlorError({ status: 0, code: "ROOM_NOT_FOUND", message: "The room is not among the user's own" });
  }
}
