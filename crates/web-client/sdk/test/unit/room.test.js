import assert from "node:assert/strict";
import { test } from "node:test";

import { Notifier } from "../../src/store/notifier.js";
import { RoomState } from "../../src/store/room.js";
import { Window } from "../../src/store/window.js";
import { ADA, BOB, event, message, summary } from "../support/messages.js";

/**
 * Makes a room in which messages are loaded.
 * @param {import("../../src/types.js").Message[]} messages
 */
function roomWith(...messages) {
  const lastMessage = messages.at(-1) ?? null;
  const room = new RoomState(summary({ lastMessage, revision: 10 }), new Notifier());
  room.window = new Window();
  room.window.merge(messages);
  const apply = (/** @type {any} */ change) => room.apply(change, "ada");
  const contents = () => room.window?.items.map(({ content }) => content);
  return { room, apply, contents };
}

test("a new message is added where the newest ones are shown", () => {
  const { room, apply, contents } = roomWith(message({ seq: 1, content: "one" }));
  apply(event("new-message", { seq: 2, revision: 11, content: "two" }));
  assert.deepEqual(contents(), ["one", "two"]);
  /** @type {Window} */ (room.window).isAttached = false;
  apply(event("new-message", { seq: 4, revision: 13, content: "four" }));
  assert.deepEqual(contents(), ["one", "two"]);
});

test("in a replay an earlier message may come after a later one", () => {
  const { apply, contents } = roomWith(message({ seq: 1, content: "one" }));
  apply(event("new-message", { seq: 3, revision: 12, content: "three" }));
  apply(event("new-message", { seq: 2, revision: 13, content: "two, edited" }));
  assert.deepEqual(contents(), ["one", "two, edited", "three"]);
});

test("a quotation shows its message as it is now", () => {
  const quoted = message({ seq: 1, content: "before" });
  const { id, seq, sender, content, deletedAt } = quoted;
  const { room, apply } = roomWith(quoted, message({ seq: 2, replyTo: { id, seq, sender, content, deletedAt } }));
  apply(event("message-edited", { seq: 1, revision: 11, content: "after" }));
  assert.equal(room.find("m2")?.replyTo?.content, "after");
  apply(event("message-deleted", { seq: 1, revision: 12, deletedAt: "2026-01-02T00:00:00Z" }));
  assert.equal(room.find("m2")?.replyTo?.content, null);
});

test("a reply is counted once in the thread that it belongs to", () => {
  const { room, apply } = roomWith(message({ seq: 1 }));
  const reply = { seq: 2, revision: 11, threadId: "m1" };
  apply(event("new-message", reply));
  assert.equal(room.find("m1")?.thread?.replyCount, 1);
  apply(event("message-edited", { ...reply, revision: 12 }));
  assert.equal(room.find("m1")?.thread?.replyCount, 1);
  // The page that was loaded had counted it already.
  const counted = message({ seq: 1, thread: { replyCount: 2, lastReplyAt: message({ seq: 3 }).createdAt } });
  room.window?.merge([counted]);
  apply(event("new-message", { seq: 3, revision: 13, threadId: "m1" }));
  assert.equal(room.find("m1")?.thread?.replyCount, 2);
});

test("a deleted reply asks for the message that begins its thread, and stays in the thread", () => {
  const { room, apply } = roomWith(message({ seq: 1 }), message({ seq: 2, threadId: "m1" }));
  const { message: lacking } = apply(event("message-deleted", { seq: 2, revision: 11, deletedAt: "2026-01-02T00:00:00Z" }));
  assert.equal(lacking, "m1");
  assert.equal(room.find("m2")?.threadId, "m1");
});

test("the user's own message ends its being pending, another's with the same key does not", () => {
  const { room, apply } = roomWith();
  room.pending.set({ clientId: "key", roomId: "room", draft: {}, status: "pending", error: undefined, createdAt: "" });
  apply(event("new-message", { seq: 1, revision: 11, clientId: "key", sender: BOB }));
  assert.equal(room.pending.list(null).length, 1);
  apply(event("new-message", { seq: 2, revision: 12, clientId: "key", sender: ADA }));
  assert.equal(room.pending.list(null).length, 0);
});

test("reactions and pins change the message that they are about", () => {
  const { room, apply } = roomWith(message({ seq: 1 }));
  const about = { id: "m1", seq: 1, userId: "bob", username: "bob" };
  apply({ action: "reaction-added", revision: 11, emoji: "👍", count: 1, ...about });
  assert.deepEqual(room.find("m1")?.reactions, [{ emoji: "👍", count: 1, users: [BOB] }]);
  apply({ action: "reaction-removed", revision: 12, emoji: "👍", count: 0, ...about });
  assert.deepEqual(room.find("m1")?.reactions, []);
  room.pins = [];
  apply({ action: "message-pinned", revision: 13, pinnedAt: "2026-01-02T00:00:00Z", ...about });
  assert.deepEqual(room.pins.map(({ id }) => id), ["m1"]);
  apply({ action: "message-unpinned", revision: 14, pinnedAt: null, ...about });
  assert.deepEqual(room.pins, []);
});

test("a pin of a message that is not loaded asks for the pins", () => {
  const { room, apply } = roomWith(message({ seq: 9 }));
  room.pins = [];
  const pinned = { action: "message-pinned", revision: 11, id: "m1", seq: 1, pinnedAt: "2026-01-02T00:00:00Z" };
  assert.equal(apply({ ...pinned, userId: "bob", username: "bob" }).pins, true);
});

test("reading up to the newest message leaves nothing unread, reading less leaves what is after it", () => {
  const { room, apply } = roomWith(message({ seq: 1 }));
  for (const seq of [2, 3, 4]) apply(event("new-message", { seq, revision: 9 + seq }));
  assert.equal(room.summary.membership?.unreadCount, 3);
  assert.equal(room.readUpTo(3), true);
  assert.equal(room.summary.membership?.unreadCount, 1);
  room.readUpTo(4);
  assert.equal(room.summary.membership?.unreadCount, 0);
});

test("a closed room keeps its newest messages alone", () => {
  const { room } = roomWith(...Array.from({ length: 150 }, (_, index) => message({ seq: index + 1 })));
  room.pins = [];
  room.trim();
  assert.equal(room.window?.items.length, 100);
  assert.equal(room.window?.first?.seq, 51);
  assert.equal(room.pins, null);
});
