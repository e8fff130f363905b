// The loading of a room's messages, threads, members and pins from the API into the store.

import { Window } from "./window.js";

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("./room.js").RoomState} RoomState */

const PAGE = 50;
/** The most members that are loaded of a room: the others would be up to thousands of requests, for a list that nobody reads. */
const MOST_MEMBERS = 1000;

/** Loads parts of rooms. */
export class Loader {
  #client;
  #notifier;

  /**
   * @param {import("../parlor.js").Parlor} client
   * @param {import("./notifier.js").Notifier} notifier
   */
  constructor(client, notifier) {
    this.#client = client;
    this.#notifier = notifier;
  }

  /**
   * Loads the newest messages.
   * @param {RoomState} room
   */
  async newest(room) {
    const window = new Window();
    // Messages that arrive meanwhile belong to it.
    room.window = window;
    await this.#loading(room, async () => {
      const page = await this.#page(room, {});
      window.hasOlder = Boolean(page.pagination.hasMore);
      window.merge(page.data);
    });
  }

  /**
   * Loads older messages.
   * @param {RoomState} room
   */
  async older(room) {
    const { window } = room;
    if (room.isLoading || !window?.first || !window.hasOlder) return;
    await this.#loading(room, async () => {
      let isVisible = false;
      // A page may consist of replies in threads, which the room's list does not show.
      while (window.hasOlder && !isVisible) {
        const page = await this.#page(room, { before: window.first?.id });
        window.hasOlder = Boolean(page.pagination.hasMore);
        window.merge(page.data);
        isVisible = page.data.some(({ threadId }) => threadId === null);
      }
    });
  }

  /**
   * Loads newer messages, in a window that does not reach the newest.
   * @param {RoomState} room
   */
  async newer(room) {
    const { window } = room;
    if (room.isLoading || !window?.last || window.isAttached) return;
    await this.#loading(room, async () => {
      let isVisible = false;
      while (!window.isAttached && !isVisible) {
        const page = await this.#page(room, { after: window.last?.id, order: "asc" });
        window.merge(page.data);
        this.#attach(room, window, Boolean(page.pagination.hasMore));
        isVisible = page.data.some(({ threadId }) => threadId === null);
        if (page.data.length === 0) break;
      }
    });
  }

  /**
   * Loads the messages around one.
   * @param {RoomState} room
   * @param {string} target The id of a message, or a time.
   */
  async around(room, target) {
    await this.#loading(room, async () => {
      const page = await this.#page(room, { around: target });
      const messages = [...page.data].reverse();
      const { hasMoreBefore, hasMoreAfter } = page.pagination;
      if (room.window?.touches(messages)) {
        if (messages[0] && room.window.first && messages[0].seq < room.window.first.seq) {
          room.window.hasOlder = Boolean(hasMoreBefore);
        }
        room.window.merge(messages);
        this.#attach(room, room.window, Boolean(hasMoreAfter));
        return;
      }
      const window = new Window({ isAttached: false });
      window.hasOlder = Boolean(hasMoreBefore);
      window.merge(messages);
      this.#attach(room, window, Boolean(hasMoreAfter));
      room.window = window;
    });
  }

  /**
   * Loads the newest replies of a thread, or those before the oldest that is loaded.
   * @param {RoomState} room
   * @param {string} rootId
   */
  async thread(room, rootId) {
    const known = room.threads.get(rootId);
    const thread = known ?? new Window();
    room.threads.set(rootId, thread);
    if (known && !known.hasOlder) return;
    try {
      const page = await this.#page(room, { threadId: rootId, before: known?.first?.id });
      thread.hasOlder = Boolean(page.pagination.hasMore);
      thread.merge(page.data);
    } catch (error) {
      if (!known) room.threads.delete(rootId);
      throw error;
    } finally {
      this.#notifier.touch(`thread:${rootId}`);
    }
  }

  /**
   * Loads one message anew, if it is loaded.
   * @param {RoomState} room
   * @param {string} id
   */
  async message(room, id) {
    if (room.find(id)) room.refresh(await this.#client.messages.get(room.id, id));
  }

  /**
   * Loads all members, and who is present.
   * @param {RoomState} room
   */
  async members(room) {
    const presence = room.people.beginPresence();
    const members = [];
    for await (const member of this.#client.members.list(room.id, { limit: 100 })) {
      members.push(member);
      if (members.length === MOST_MEMBERS) break;
    }
    room.people.setMembers(members);
    presence(await this.#client.rooms.presence(room.id));
  }

  /**
   * Loads the pinned messages.
   * @param {RoomState} room
   */
  async pins(room) {
    const pins = [];
    for await (const message of this.#client.messages.pins(room.id, { limit: 50 })) pins.push(message);
    room.pins = pins;
    room.touch("pins");
  }

  /**
   * Fetches the counts of a room. They are taken over if they are of the moment that the store is at.
   * @param {RoomState} room
   */
  async counts(room) {
    for (let attempt = 0; attempt < 5; attempt++) {
      const { revision, membership } = await this.#client.rooms.get(room.id);
      if (revision !== room.summary.revision) continue;
      room.setSummary({ ...room.summary, membership });
      return;
    }
  }

  /**
   * A window reaches the newest message if the server knows none after it, and no event has told of one meanwhile.
   * @param {RoomState} room
   * @param {Window} window
   * @param {boolean} hasMore
   */
  #attach(room, window, hasMore) {
    window.isAttached ||= !hasMore && (window.last?.seq ?? 0) >= room.newestSeq;
  }

  /**
   * @param {RoomState} room
   * @param {import("../api/messages.js").HistoryQuery} query
   */
  #page(room, query) {
    return this.#client.messages.list(room.id, { limit: PAGE, markRead: false, ...query });
  }

  /**
   * @param {RoomState} room
   * @param {() => Promise<void>} work
   */
  async #loading(room, work) {
    room.isLoading = true;
    room.touch("messages");
    try {
      await work();
    } finally {
      room.isLoading = false;
      room.touch("messages");
    }
  }
}
