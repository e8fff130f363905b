// The store: rooms and messages as they are now, kept up to date by a connection.

import { hasReacted } from "./reactions.js";
import { Sending } from "./sending.js";
import { StoreState } from "./state.js";
import { byActivity } from "./summary.js";
import { messagesOf, threadOf } from "./views.js";

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").RoomSummary} RoomSummary */
/** @typedef {import("./views.js").MessageView} MessageView */
/** @typedef {import("./views.js").ThreadView} ThreadView */

/**
 * Rooms and messages as they are now. What its getters return does not change: another object replaces it. `subscribe` tells when.
 *
 * Keys: `rooms`, `invitations`, `connection`, and `room:<id>`, `messages:<id>`, `members:<id>`, `typing:<id>`, `pins:<id>` by the
 * room, `thread:<id>` by the message that begins it.
 */
export class Store {
  #client;
  #state;
  #sending;

  /**
   * @param {import("../parlor.js").Parlor} client
   * @param {import("../live/connection.js").Connection} [connection] By default one is opened.
   */
  constructor(client, connection = client.connect()) {
    this.#client = client;
    /** The connection that keeps the store up to date. */
    this.connection = connection;
    this.#state = new StoreState(client, connection);
    this.#sending = new Sending(this.#state, connection);
  }

  /** True once all rooms are known. */
  get isReady() {
    return this.#state.isReady;
  }

  /** Ends the store and its connection. */
  close() {
    this.#state.end();
    this.connection.close();
  }

  /**
   * Calls `fn` after each change of a key, once however many events came together.
   * @param {string} key
   * @param {() => void} fn
   * @returns {() => void} A function that ends it.
   */
  subscribe(key, fn) {
    return this.#state.notifier.subscribe(key, fn);
  }

  // What there is.

  /** The rooms of the user, latest activity first. */
  rooms() {
    return this.#state.notifier.snapshot("rooms", () =>
      [...this.#state.rooms.values()].map(({ summary }) => summary).sort(byActivity),
    );
  }

  /**
   * A room of the user's, or undefined.
   * @param {string} id
   * @returns {RoomSummary | undefined}
   */
  room(id) {
    return this.#state.rooms.get(id)?.summary;
  }

  /** The open invitations of the user. */
  invitations() {
    return this.#state.invitations;
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
    return messagesOf(this.#state, roomId);
  }

  /**
   * The replies in a thread, as far as they are loaded; undefined for one that was not opened.
   * @param {string} roomId
   * @param {string} rootId
   * @returns {ThreadView | undefined}
   */
  thread(roomId, rootId) {
    return threadOf(this.#state, roomId, rootId);
  }

  /**
   * The members of a room in the order of names, at most the first thousand; undefined until they are loaded.
   * @param {string} roomId
   */
  members(roomId) {
    return this.#state.notifier.snapshot(`members:${roomId}`, () => this.#state.rooms.get(roomId)?.people.list());
  }

  /**
   * The people who type in a room.
   * @param {string} roomId
   * @returns {import("../types.js").UserRef[]}
   */
  typing(roomId) {
    return this.#state.notifier.snapshot(`typing:${roomId}`, () => this.#state.rooms.get(roomId)?.people.typists ?? []);
  }

  /**
   * The pinned messages of a room, latest pin first; undefined until they are loaded.
   * @param {string} roomId
   */
  pins(roomId) {
    return this.#state.rooms.get(roomId)?.pins ?? undefined;
  }

  /**
   * A message that is loaded.
   * @param {string} roomId
   * @param {string} id
   */
  message(roomId, id) {
    return this.#state.rooms.get(roomId)?.find(id);
  }

  // What is loaded.

  /**
   * Opens a room: loads its newest messages and its people, and receives who is present and who types until `closeRoom`.
   * @param {string} roomId
   */
  async openRoom(roomId) {
    const room = this.#state.need(roomId);
    room.openings += 1;
    // Who is present is asked for once changes of it are received.
    const people = this.connection.watch(roomId).then(() => this.#state.loader.members(room));
    await Promise.all([room.window ? undefined : this.#state.loader.newest(room), people]);
  }

  /**
   * Closes a room that was opened. The newest messages stay loaded, and are kept up to date.
   * @param {string} roomId
   */
  closeRoom(roomId) {
    const room = this.#state.rooms.get(roomId);
    if (!room || room.openings === 0) return;
    room.openings -= 1;
    if (room.openings > 0) return;
    this.connection.unwatch(roomId);
    room.trim();
  }

  /**
   * Loads older messages.
   * @param {string} roomId
   */
  loadOlder(roomId) {
    return this.#state.loader.older(this.#state.need(roomId));
  }

  /**
   * Loads newer messages, after a jump into the past.
   * @param {string} roomId
   */
  loadNewer(roomId) {
    return this.#state.loader.newer(this.#state.need(roomId));
  }

  /**
   * Loads the messages around one, instead of those that are loaded where they are far from it.
   * @param {string} roomId
   * @param {string} target The id of a message, or a time.
   */
  jumpTo(roomId, target) {
    return this.#state.loader.around(this.#state.need(roomId), target);
  }

  /**
   * Goes back to the newest messages.
   * @param {string} roomId
   */
  async jumpToNewest(roomId) {
    const room = this.#state.need(roomId);
    if (!room.window?.isAttached) await this.#state.loader.newest(room);
  }

  /**
   * Loads the newest replies of a thread; called again, older ones.
   * @param {string} roomId
   * @param {string} rootId
   */
  loadThread(roomId, rootId) {
    return this.#state.loader.thread(this.#state.need(roomId), rootId);
  }

  /**
   * Loads the members of a room, and who is present.
   * @param {string} roomId
   */
  loadMembers(roomId) {
    return this.#state.loader.members(this.#state.need(roomId));
  }

  /**
   * Loads the pinned messages of a room.
   * @param {string} roomId
   */
  loadPins(roomId) {
    return this.#state.loader.pins(this.#state.need(roomId));
  }

  // What the user does.

  /**
   * Sends a message. It is among the `pending` at once, and stays there with its error where the server refuses it.
   * @param {string} roomId
   * @param {import("../types.js").Draft} draft
   * @returns {Promise<Message | undefined>} Undefined where it was refused.
   */
  send(roomId, draft) {
    return this.#sending.send(roomId, draft);
  }

  /**
   * Sends a message again that was refused.
   * @param {string} roomId
   * @param {string} clientId
   * @returns {Promise<Message | undefined>} Undefined where it was refused again.
   */
  retry(roomId, clientId) {
    return this.#sending.retry(roomId, clientId);
  }

  /**
   * Forgets a message that was refused, or stops sending one that was not answered yet.
   * @param {string} roomId
   * @param {string} clientId
   */
  discard(roomId, clientId) {
    this.#sending.discard(roomId, clientId);
  }

  /**
   * Changes a message of the user's own.
   * @param {string} roomId
   * @param {string} id
   * @param {{content?: string, metadata?: Record<string, unknown>}} changes
   */
  async edit(roomId, id, changes) {
    const message = await this.#client.messages.edit(roomId, id, changes);
    this.#state.rooms.get(roomId)?.accept(message);
    return message;
  }

  /**
   * Adds a reaction of the user's, or takes it back where it is there.
   * @param {string} roomId
   * @param {string} id
   * @param {string} emoji
   * @returns {Promise<boolean>} True where it was added.
   */
  async toggleReaction(roomId, id, emoji) {
    const { messages } = this.#client;
    const message = this.message(roomId, id);
    const isMine = message !== undefined && (await hasReacted(this.#client, message, emoji));
    await (isMine ? messages.unreact(roomId, id, emoji) : messages.react(roomId, id, emoji));
    return !isMine;
  }

  /**
   * Marks a room read up to a message, by default its newest.
   * @param {string} roomId
   * @param {number} [seq]
   */
  markRead(roomId, seq = Infinity) {
    this.#state.marks.move(this.#state.need(roomId), seq);
  }

  /**
   * Marks a message and all after it unread.
   * @param {string} roomId
   * @param {number} seq
   */
  async markUnread(roomId, seq) {
    const room = this.#state.need(roomId);
    room.mark = 0;
    await this.#client.rooms.markUnread(roomId, seq);
    await this.#state.count(room);
  }

  /**
   * Tells the others that the user types; call it on every key.
   * @param {string} roomId
   */
  typed(roomId) {
    this.connection.typing(roomId);
  }
}
