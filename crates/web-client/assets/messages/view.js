// One open room or thread: what is shown of it, what is written in it, and where the reader is.

import { computed, signal } from '../vendor.js';
import { client, me } from '../state/client.js';
import { store } from '../state/live.js';
import { go, linkTo, to } from '../state/route.js';
import { announce, notify, notifyError } from '../ui/toast.js';
import { Blobs } from './blobs.js';
import { Composing } from './composing.js';
import { Conversation } from './conversation.js';
import { Focus } from './focus.js';
import { Marks } from './marks.js';
import { Places } from './places.js';
import * as rights from './rights.js';
import { keyOf } from './rows.js';
import { Scroller } from './scroll.js';
import { discard, retry, send } from './unsent.js';

const blobs = new Blobs(client);

/** Releases every file that was shown. */
export const releaseFiles = () => blobs.clear();

/** A room or a thread as one person sees it. It outlives its components, so that coming back finds it as it was left. */
export class RoomView {
  parlor = client;
  blobs = blobs;
  isShown = false;
  /** @type {import('../vendor.js').Signal} key of the message whose tools are shown because the pointer is over it */
  hoveredKey = signal(null);
  /** @type {import('../vendor.js').Signal} key of the message whose menu or picker is open */
  menuKey = signal(null);
  /** @type {import('../vendor.js').Signal} key of the message that was jumped to */
  flashKey = signal(null);
  /** @type {import('../vendor.js').Signal} key of the message that is edited */
  editingKey = signal(null);
  /** @type {import('../vendor.js').Signal} the open dialog: {name, message, …} */
  dialog = signal(null);
  /** @type {HTMLTextAreaElement | null} */
  composerField = null;
  /** True while a link leads to a message, which then has the focus. */
  isReached = false;
  scroller = new Scroller();

  /** @param {string} roomId @param {string | null} threadId */
  constructor(roomId, threadId) {
    this.roomId = roomId;
    this.threadId = threadId;
    this.me = me.peek();
    this.store = store.peek();
    this.conversation = new Conversation(client, this.store, { roomId, threadId, me: this.me });
    this.composing = new Composing([this.me.id, roomId, threadId].filter(Boolean).join('/'), client);
    this.focus = new Focus(this);
    this.marks = new Marks(this);
    this.places = new Places(this);
    this.room = computed(() => this.#roomVersion.value && this.store.room(roomId));
  }

  #roomVersion = signal(1);

  /** Begins to follow the room; returns a function that ends it. */
  show() {
    this.isShown = true;
    this.places.begin();
    this.conversation.open();
    const off = this.store.subscribe(`room:${this.roomId}`, () => (this.#roomVersion.value += 1));
    this.#roomVersion.value += 1;
    const offMarks = this.marks.watch();
    return () => {
      this.isShown = false;
      this.hoveredKey.value = null;
      off();
      offMarks();
      this.conversation.close();
    };
  }

  // What the person may do.

  mayEdit = (message) => rights.mayEdit(this.me, message);
  mayDelete = (message) => rights.mayDelete(this.me, this.room.peek(), message);
  mayReadHistory = (message) => rights.mayReadHistory(this.me, this.room.peek(), message);
  mayPin = () => rights.mayPin(this.room.peek());
  mayMentionRoom = () => rights.mayMentionRoom(this.room.peek());

  // Messages.

  keyOf = keyOf;

  /** @param {string} id @returns {any} */
  find(id) {
    return this.store.message(this.roomId, id) ?? this.conversation.messages.peek()?.find((message) => message.id === id);
  }

  /** @param {any[]} drafts */
  send(drafts) {
    for (const { file, ...draft } of drafts) {
      send(this.store, this.roomId, this.threadId ? { ...draft, threadId: this.threadId } : draft, { file, by: this.me.id });
    }
    this.marks.sent();
    this.places.toLatest();
  }

  retry = (message) => retry(this.store, this.roomId, message.clientId);
  discard = (message) => {
    discard(this.store, this.roomId, message.clientId);
    // The words are not lost: they can be changed and sent again.
    if (!this.composing.text.peek() && message.content) this.composing.write(message.content);
    this.focusComposer();
  };

  typing() {
    this.store.typed(this.roomId);
  }

  hasReacted(message, emoji) {
    const reaction = message.reactions?.find((one) => one.emoji === emoji);
    return Boolean(reaction?.users.some((user) => user.id === this.me.id));
  }

  /** Adds the person's reaction, or takes it back. @param {any} message @param {string} emoji */
  async react(message, emoji) {
    // The store does not know every message that is shown, such as the first one of an old thread.
    const isMine = this.hasReacted(message, emoji);
    try {
      if (isMine) await client.messages.unreact(this.roomId, message.id, emoji);
      const isAdded = !isMine && await this.store.toggleReaction(this.roomId, message.id, emoji);
      announce(isAdded ? `Reacted with ${emoji}` : `Took back ${emoji}`);
    } catch (error) {
      notifyError(error);
    }
  }

  /** @param {any} message @param {boolean} pinned */
  async pin(message, pinned) {
    try {
      await client.messages[pinned ? 'pin' : 'unpin'](this.roomId, message.id);
      notify(pinned ? 'Message pinned' : 'Message unpinned');
    } catch (error) {
      notifyError(error);
    }
  }

  async remove(message) {
    await client.messages.delete(this.roomId, message.id);
  }

  beginEdit(message) {
    this.editingKey.value = keyOf(message);
    this.scroller.reveal(keyOf(message));
  }

  /** Edits the person's last message. */
  editLast() {
    const last = this.conversation.messages.peek()?.findLast((message) =>
      this.mayEdit(message) && message.id !== this.threadId && (message.content || message.type === 'text'));
    if (!last) return false;
    this.focus.cameFromComposer = true;
    this.beginEdit(last);
    return true;
  }

  /** Returns why the edit was refused, or nothing. */
  async saveEdit(message, content) {
    try {
      await this.store.edit(this.roomId, message.id, { content });
      this.endEdit(message);
      return '';
    } catch (error) {
      return error.fields?.content ?? error.message;
    }
  }

  /** @param {any} message @param {boolean} [emptied] true where nothing is left of the words */
  endEdit(message, emptied = false) {
    this.editingKey.value = null;
    if (emptied) this.confirmDelete(message);
    else if (this.focus.cameFromComposer) this.focusComposer();
    else this.focus.message(keyOf(message));
  }

  replyTo(message) {
    this.composing.answer(message.id);
    this.focusComposer();
  }

  markUnread(message) {
    this.marks.unread(message).then(() => notify('Marked as unread'), notifyError);
  }

  // Dialogs and panels.

  confirmDelete = (message) => this.#open('delete', message);
  openHistory = (message) => this.#open('history', message);
  openReaders = (message) => this.#open('readers', message);
  openViewer = (message) => this.#open('viewer', message);
  openThread = (id, options = {}) => go(to.panel(this.roomId, 'threads', id), options);

  /** Opens a dialog about a message, which has the focus afterwards. @param {string} name @param {any} message */
  #open(name, message) {
    this.dialog.value = { name, message, onClosed: () => this.focus.message(keyOf(message)) };
  }

  /** @param {string} key @param {any} message @param {HTMLElement} [anchor] */
  openPicker(key, message, anchor) {
    this.menuKey.value = key;
    this.dialog.value = {
      name: 'picker',
      anchor: anchor ?? this.focus.element(key) ?? document.body,
      onPick: (emoji) => this.react(message, emoji),
      onClosed: () => {
        this.menuKey.value = null;
        this.focus.message(key);
      },
    };
  }

  /** @param {HTMLTextAreaElement} field @param {HTMLElement} anchor */
  openEmojiFor(field, anchor) {
    const { selectionStart: start, selectionEnd: end } = field;
    this.dialog.value = {
      name: 'picker',
      anchor,
      onPick: (emoji) => {
        const { value } = field;
        this.composing.write(value.slice(0, start) + emoji + value.slice(end));
        field.value = this.composing.text.peek();
        field.setSelectionRange(start + emoji.length, start + emoji.length);
      },
      onClosed: () => field.focus(),
    };
  }

  closeDialog() {
    const { onClosed } = this.dialog.peek() ?? {};
    this.dialog.value = null;
    // What is behind a dialog takes no focus before the dialog is gone.
    if (onClosed) setTimeout(onClosed);
  }

  /** Goes to a message of any room. @param {string} id @param {string} [roomId] */
  jumpTo(id, roomId = this.roomId) {
    go(to.message(roomId, id));
  }

  focusComposer() {
    this.composerField?.focus();
  }

  copyLink = (message) => this.copy(linkTo(this.roomId, message.id), 'Link copied');

  /** @param {string} text @param {string} done */
  async copy(text, done) {
    try {
      await navigator.clipboard.writeText(text);
      notify(done);
    } catch {
      notify(`Copying is not allowed here. The text: ${text}`, { kind: 'error' });
    }
  }

  /** Saves a file on the person's device. Returns why it could not, or nothing. */
  async saveFile(file) {
    try {
      const url = await this.blobs.use(file.id);
      const link = Object.assign(document.createElement('a'), { href: url, download: file.name });
      link.click();
      setTimeout(() => this.blobs.release(file.id), 60_000);
      return '';
    } catch (error) {
      return error.message;
    }
  }

  // People.

  /** The people who can be mentioned. */
  async people() {
    if (!this.store.members(this.roomId)) await this.store.loadMembers(this.roomId).catch(() => {});
    return (this.store.members(this.roomId) ?? []).map(({ user }) => user).filter(({ id }) => id !== this.me.id);
  }

  /** The ids of those who wrote lately, latest first. */
  recentAuthors() {
    const latest = (this.conversation.messages.peek() ?? []).slice(-60).reverse();
    return [...new Set(latest.map(({ sender }) => sender.id))];
  }

  roomName(roomId) {
    return this.store.room(roomId)?.name;
  }
}
