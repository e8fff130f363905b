// The messages of a room or thread as signals, from the store of the SDK, with those that are still on their way.

import { batch, signal } from '../vendor.js';
import { ownFile } from './unsent.js';

/** @typedef {{key: string, state?: 'pending' | 'failed', failure?: string} & Record<string, any>} Shown a message, with its key in the list */

/** Follows one room, or one thread of it. */
export class Conversation {
  /** @type {import('../vendor.js').Signal} the messages in order, or null until some are loaded */
  messages = signal(null);
  hasOlder = signal(false);
  hasNewer = signal(false);
  /** @type {import('../vendor.js').Signal} the error of the last attempt to load, or null */
  failure = signal(null);

  #parlor;
  #store;
  #roomId;
  #threadId;
  #me;
  #loading = false;
  #opened = false;
  /** Counts how often it was closed: what was begun before is not waited for any more. */
  #closings = 0;
  #root = null;
  /** @type {WeakMap<any, any>} what is shown of a pending message, as long as it is the same */
  #pending = new WeakMap();
  /** @type {Array<() => void>} */
  #offs = [];

  /**
   * @param {any} parlor
   * @param {any} store
   * @param {{roomId: string, threadId: string | null, me: {id: string, username: string}}} place
   */
  constructor(parlor, store, { roomId, threadId, me }) {
    this.#parlor = parlor;
    this.#store = store;
    this.#roomId = roomId;
    this.#threadId = threadId;
    this.#me = me;
  }

  /** Begins to follow, and loads what is missing. Each call is matched by one of `close`. */
  open() {
    const key = this.#threadId ? [`thread:${this.#threadId}`, `messages:${this.#roomId}`] : [`messages:${this.#roomId}`];
    this.#offs = key.map((name) => this.#store.subscribe(name, () => this.#take()));
    this.#take();
    this.load();
  }

  close() {
    for (const off of this.#offs) off();
    this.#offs = [];
    if (!this.#threadId) this.#store.closeRoom(this.#roomId);
    this.#opened = false;
    this.#loading = false;
    this.#closings += 1;
  }

  /** Loads the newest messages, or tries again what failed. */
  load() {
    return this.#attempt(async () => {
      if (this.#threadId) {
        if (!this.#store.thread(this.#roomId, this.#threadId)) await this.#store.loadThread(this.#roomId, this.#threadId);
        if (!this.root()) this.#root = await this.#parlor.messages.get(this.#roomId, this.#threadId);
      } else if (!this.#opened) {
        this.#opened = true;
        try {
          await this.#store.openRoom(this.#roomId);
        } catch (error) {
          // Only the messages are needed here; who is a member is loaded again with the next connection.
          if (!this.messages.peek()?.length) throw error;
        }
      } else await this.#store.jumpToNewest(this.#roomId);
    });
  }

  async loadOlder() {
    if (!this.hasOlder.peek() || this.failure.peek() || this.#isBusy()) return;
    await this.#attempt(() => (this.#threadId
      ? this.#store.loadThread(this.#roomId, this.#threadId)
      : this.#store.loadOlder(this.#roomId)));
  }

  async loadNewer() {
    if (!this.hasNewer.peek() || this.failure.peek() || this.#isBusy()) return;
    await this.#attempt(() => this.#store.loadNewer(this.#roomId));
  }

  /** True while the store loads messages, for whomever. */
  #isBusy() {
    return !this.#threadId && Boolean(this.#store.messages(this.#roomId)?.isLoading);
  }

  /** The message that begins the thread, once it is known. */
  root() {
    return this.#threadId ? this.#store.message(this.#roomId, this.#threadId) ?? this.#root : null;
  }

  /** @param {() => Promise<void>} work */
  async #attempt(work) {
    if (this.#loading) return;
    const closings = this.#closings;
    this.#loading = true;
    this.failure.value = null;
    let failure = null;
    try {
      await work();
    } catch (error) {
      failure = error;
    }
    if (closings !== this.#closings) return;
    this.#loading = false;
    this.failure.value = failure;
    this.#take();
  }

  #take() {
    const view = this.#threadId ? this.#store.thread(this.#roomId, this.#threadId) : this.#store.messages(this.#roomId);
    if (!view) return;
    const root = this.root();
    const before = this.#threadId && root ? [root] : [];
    const pending = view.pending.map((one) => this.#shown(one));
    batch(() => {
      this.hasOlder.value = view.hasOlder;
      this.hasNewer.value = view.hasNewer ?? false;
      // An empty list while the first page is on its way says nothing.
      const isWaiting = view.items.length === 0 && pending.length === 0 && view.hasOlder;
      const messages = [...before, ...view.items, ...pending];
      // What is the same again is not shown again: a rendering may ask for more, and would go on for ever.
      if (!isWaiting && !isSame(messages, this.messages.peek())) this.messages.value = messages;
    });
  }

  /** Shows a message that has no place yet as one of the others. @param {any} pending */
  #shown(pending) {
    let shown = this.#pending.get(pending);
    if (!shown) {
      const { clientId, draft, status, error, createdAt } = pending;
      const quoted = draft.replyTo && this.#store.message(this.#roomId, draft.replyTo);
      shown = {
        id: undefined,
        roomId: this.#roomId,
        clientId,
        seq: null,
        type: draft.type ?? 'text',
        content: draft.content ?? '',
        file: ownFile(clientId),
        sender: this.#me,
        createdAt,
        replyTo: quoted ?? null,
        threadId: draft.threadId ?? null,
        thread: null,
        reactions: [],
        mentions: [],
        state: status,
        failure: error?.message,
      };
      this.#pending.set(pending, shown);
    }
    return shown;
  }
}

/** @param {any[]} messages @param {any[] | null} others */
function isSame(messages, others) {
  return messages.length === others?.length && messages.every((message, index) => message === others[index]);
}
