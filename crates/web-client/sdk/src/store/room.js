// One room of the store: its summary, the messages that are loaded, its people, and what the user is sending.

import { annotated, fromEvent, quoting, replied } from "./message.js";
import { People } from "./people.js";
import { PendingMessages } from "./pending.js";
import { applied } from "./summary.js";

/** @typedef {import("./window.js").Window} Window */
/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").RoomSummary} RoomSummary */

/**
 * @typedef {object} Lacks What an event does not tell, and has to be fetched.
 * @property {boolean} counts The counts of unread messages.
 * @property {boolean} pins The pinned messages.
 * @property {string | undefined} message The id of a message.
 */

/** The number of messages that stay when a room is closed. */
const KEPT = 100;

/** The state of one room. */
export class RoomState {
  /** @type {Window | null} The messages, once some are loaded. */
  window = null;
  /** @type {Map<string, Window>} The replies of threads that are loaded, by the id of the message that begins each. */
  threads = new Map();
  /** @type {Message[] | null} The pinned messages, latest pin first, once they are loaded. */
  pins = null;
  pending = new PendingMessages();
  isLoading = false;
  /** The number of callers that have the room open. */
  openings = 0;
  /** The place up to which the user has read, while the server may not know it yet, else 0. */
  mark = 0;
  #notifier;

  /**
   * @param {RoomSummary} summary
   * @param {import("./notifier.js").Notifier} notifier
   */
  constructor(summary, notifier) {
    this.summary = summary;
    this.#notifier = notifier;
    this.people = new People((what) => this.touch(what));
  }

  get id() {
    return this.summary.id;
  }

  /** The place of the newest message. */
  get newestSeq() {
    return this.summary.lastMessage?.seq ?? 0;
  }

  /** True if more of the room is kept than its summary. */
  get hasDetails() {
    return this.window !== null || this.threads.size > 0 || this.pins !== null || this.people.members !== null;
  }

  /** Forgets everything but the summary, the people, and what the user is sending. */
  forgetDetails() {
    this.window = null;
    this.pins = null;
    for (const rootId of this.threads.keys()) this.#notifier.touch(`thread:${rootId}`);
    this.threads.clear();
    this.touch("messages");
    this.touch("pins");
  }

  /** Forgets what nobody looks at any more: all but the newest messages. */
  trim() {
    const { window } = this;
    this.people.forgetPresence();
    this.people.members = null;
    this.forgetDetails();
    if (!window?.isAttached) return;
    window.keepNewest(KEPT);
    this.window = window;
  }

  /**
   * States that a part of the room has changed.
   * @param {"room" | "messages" | "members" | "typing" | "pins"} what
   */
  touch(what) {
    this.#notifier.touch(`${what}:${this.id}`);
    if (what === "room") this.#notifier.touch("rooms");
  }

  /** @param {RoomSummary} summary */
  setSummary(summary) {
    this.summary = summary;
    if (this.mark > (summary.membership?.lastReadSeq ?? 0)) this.readUpTo(this.mark);
    this.touch("room");
    // If the window reaches the newest message depends on the summary.
    this.touch("messages");
  }

  /**
   * Applies a lasting event.
   * @param {any} event
   * @param {string | undefined} me The id of the user.
   * @returns {Lacks}
   */
  apply(event, me) {
    const known = event.id === undefined ? undefined : this.find(event.id, event.seq);
    const { summary, isUnsure } = applied(this.summary, event, { me, known });
    if (summary !== this.summary) {
      this.summary = summary;
      this.touch("room");
    }
    const pins = event.id !== undefined && this.#applyToMessages(event, known, me);
    if (event.userId !== undefined) this.people.apply(event);
    // A deleted reply may have been the last one that its thread counts.
    const message = event.action === "message-deleted" ? (known?.threadId ?? undefined) : undefined;
    return { counts: isUnsure, pins, message };
  }

  /**
   * Adds a message of the user's own that the server has stored, which ends its being pending.
   * @param {Message} message
   */
  accept(message) {
    if (this.pending.remove(message.clientId)) this.#touchList(message.threadId);
    this.#learn(message);
  }

  /**
   * Takes over a message as the server has it now.
   * @param {Message} message
   */
  refresh(message) {
    this.#change(message.id, (known) => (known.revision <= message.revision ? message : known));
  }

  /**
   * Finds a message that is loaded.
   * @param {string} id
   * @param {number} [seq] Its place, if it is known, which is faster.
   * @returns {Message | undefined}
   */
  find(id, seq) {
    for (const list of this.#lists()) {
      const message = seq === undefined ? list.get(id) : list.at(seq);
      if (message) return message;
    }
    return this.summary.lastMessage?.id === id ? this.summary.lastMessage : undefined;
  }

  /**
   * Moves the user's own read mark forward, with the counts that follow from what is loaded.
   * @param {number} seq
   * @returns {boolean} False where the counts cannot be told.
   */
  readUpTo(seq) {
    const { membership } = this.summary;
    if (!membership || seq <= membership.lastReadSeq) return true;
    const left = seq >= this.newestSeq ? [] : this.#after(seq);
    const isKnown = left !== undefined;
    const unreadCount = left ? left.length : membership.unreadCount;
    const mentionCount = left?.length === 0 ? 0 : membership.mentionCount;
    this.summary = { ...this.summary, membership: { ...membership, lastReadSeq: seq, unreadCount, mentionCount } };
    this.touch("room");
    return isKnown && (left.length === 0 || membership.mentionCount === 0);
  }

  /**
   * Takes the user's own mark over from the server.
   * @param {{seq: number, unreadCount?: number, mentionCount?: number}} event
   */
  ownRead({ seq, unreadCount, mentionCount }) {
    const { membership } = this.summary;
    if (!membership) return;
    const counts = {
      unreadCount: unreadCount ?? membership.unreadCount,
      mentionCount: mentionCount ?? membership.mentionCount,
    };
    this.summary = { ...this.summary, membership: { ...membership, lastReadSeq: seq, ...counts } };
    this.touch("room");
  }

  /**
   * @param {any} event
   * @param {Message | undefined} known
   * @param {string | undefined} me
   */
  #applyToMessages(event, known, me) {
    if (event.action.startsWith("reaction-") || event.action.endsWith("pinned")) {
      this.#change(event.id, (message) => annotated(message, event));
      const isPin = event.action.endsWith("pinned");
      if (!isPin || !this.pins) return false;
      if (known) this.#pinned({ ...known, pinnedAt: event.pinnedAt });
      else if (event.pinnedAt === null) this.#pinned(/** @type {Message} */ ({ id: event.id, pinnedAt: null }));
      return !known && event.pinnedAt !== null;
    }
    const message = fromEvent(event);
    if (event.action === "new-message") this.people.sent(message.sender, message.seq);
    // Another's key may be the same as one of the user's.
    if (message.sender.id === me) this.accept(message);
    else this.#learn(message, event.action !== "new-message");
    return false;
  }

  /**
   * @param {Message} message
   * @param {boolean} [isKnown] False if it has just been sent.
   */
  #learn(message, isKnown = true) {
    this.#place(message);
    // Nothing quotes a message that has just come.
    if (isKnown) this.#requote(message);
    if (message.threadId !== null && !message.deletedAt) this.#change(message.threadId, (root) => replied(root, message));
    if (this.pins) this.#pinned(message);
  }

  /** @param {Message} message */
  #place(message) {
    const { window } = this;
    if (window && (window.isAttached || window.at(message.seq) || window.last?.seq === message.seq - 1)) {
      if (window.merge([message])) {
        this.touch("messages");
        if (this.threads.has(message.id)) this.#touchList(message.id);
      }
    }
    const thread = message.threadId === null ? undefined : this.threads.get(message.threadId);
    if (thread?.merge([message])) this.#touchList(message.threadId);
    else for (const [rootId, replies] of this.threads) {
      // A tombstone does not say in which thread it is.
      if (replies.at(message.seq) && replies.merge([message])) this.#touchList(rootId);
    }
  }

  /** @param {Message} message */
  #pinned(message) {
    const others = (this.pins ?? []).filter(({ id }) => id !== message.id);
    const isPinned = message.pinnedAt !== null && !message.deletedAt;
    if (!isPinned && others.length === this.pins?.length) return;
    if (isPinned) others.push(message);
    this.pins = others.sort((one, other) => String(other.pinnedAt).localeCompare(String(one.pinnedAt)));
    this.touch("pins");
  }

  /**
   * Changes a message wherever it is shown.
   * @param {string} id
   * @param {(message: Message) => Message} change
   */
  #change(id, change) {
    if (this.window?.change(id, change)) {
      this.touch("messages");
      if (this.threads.has(id)) this.#touchList(id);
    }
    for (const [rootId, replies] of this.threads) if (replies.change(id, change)) this.#touchList(rootId);
    const index = this.pins?.findIndex((pin) => pin.id === id) ?? -1;
    const pin = this.pins?.[index];
    if (!this.pins || !pin) return;
    this.pins = this.pins.with(index, change(pin));
    this.touch("pins");
  }

  /**
   * Shows a message as it is now in those that quote it.
   * @param {Message} message
   */
  #requote(message) {
    const lists = this.#lists();
    const ids = new Set(lists.flatMap((list) => [...list.quoting(message.id)]));
    for (const pin of this.pins ?? []) if (pin.replyTo?.id === message.id) ids.add(pin.id);
    for (const id of ids) this.#change(id, (other) => quoting(other, message));
  }

  /**
   * Returns the messages after a place that are not deleted, or undefined if not all of them are loaded.
   * @param {number} seq
   */
  #after(seq) {
    const { window } = this;
    if (!window?.isAttached || !window.first || window.first.seq > seq + 1) return undefined;
    return window.items.filter((message) => message.seq > seq && !message.deletedAt);
  }

  /** @returns {Window[]} */
  #lists() {
    return [...(this.window ? [this.window] : []), ...this.threads.values()];
  }

  /** @param {string | null} threadId */
  #touchList(threadId) {
    if (threadId === null) this.touch("messages");
    else this.#notifier.touch(`thread:${threadId}`);
  }
}
