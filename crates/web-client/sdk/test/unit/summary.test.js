import assert from "node:assert/strict";
import { test } from "node:test";

import { applied, byActivity } from "../../src/store/summary.js";
import { ADA, BOB, event, message, summary } from "../support/messages.js";

/**
 * Applies an event for Ada.
 * @param {import("../../src/types.js").RoomSummary} before
 * @param {any} change
 * @param {import("../../src/types.js").Message} [known]
 */
const after = (before, change, known) => applied(before, change, { me: "ada", known });

test("a message of another is the newest, and unread", () => {
  const { summary: room } = after(summary(), event("new-message", { seq: 1, revision: 2 }));
  assert.equal(room.lastMessage?.id, "m1");
  assert.equal(room.lastMessageAt, room.lastMessage?.createdAt);
  assert.equal(room.revision, 2);
  assert.equal(room.membership?.unreadCount, 1);
  assert.equal(room.membership?.mentionCount, 0);
});

test("an event that the summary covers changes nothing", () => {
  const before = summary({ revision: 5 });
  assert.equal(after(before, event("new-message", { seq: 1, revision: 5 })).summary, before);
});

test("the user's own message marks everything before it read", () => {
  const unread = after(summary(), event("new-message", { seq: 1, revision: 2 })).summary;
  const { membership } = after(unread, event("new-message", { seq: 2, revision: 3, sender: ADA })).summary;
  assert.equal(membership?.unreadCount, 0);
  assert.equal(membership?.lastReadSeq, 2);
});

test("mentions of the user and of the room are counted", () => {
  const first = after(summary(), event("new-message", { seq: 1, revision: 2, mentions: [ADA] })).summary;
  const second = after(first, event("new-message", { seq: 2, revision: 3, mentionsRoom: true })).summary;
  const third = after(second, event("new-message", { seq: 3, revision: 4, mentions: [BOB] })).summary;
  assert.equal(third.membership?.mentionCount, 2);
  assert.equal(third.membership?.unreadCount, 3);
});

test("a deleted unread message counts no more, nor does its mention", () => {
  const known = message({ seq: 1, revision: 2, mentions: [ADA] });
  const unread = after(summary(), event("new-message", known)).summary;
  const deleted = event("message-deleted", { seq: 1, revision: 3, deletedAt: "2026-01-02T00:00:00Z" });
  const { summary: room, isUnsure } = after(unread, deleted, known);
  assert.equal(room.membership?.unreadCount, 0);
  assert.equal(room.membership?.mentionCount, 0);
  assert.equal(room.lastMessage?.content, null);
  assert.equal(isUnsure, false);
});

test("a deleted read message changes no count", () => {
  const before = summary({ lastMessage: message({ seq: 1 }) });
  const deleted = event("message-deleted", { seq: 1, revision: 3, deletedAt: "2026-01-02T00:00:00Z" });
  assert.equal(after(before, deleted).summary.membership?.unreadCount, 0);
});

test("an edited message that is not known leaves the mentions unsure", () => {
  const unread = after(summary(), event("new-message", { seq: 1, revision: 2 })).summary;
  assert.equal(after(unread, event("message-edited", { seq: 1, revision: 3 })).isUnsure, true);
});

test("an edit that adds or removes a mention moves the count", () => {
  const known = message({ seq: 1, revision: 2 });
  const unread = after(summary(), event("new-message", known)).summary;
  const added = after(unread, event("message-edited", { seq: 1, revision: 3, mentions: [ADA] }), known).summary;
  assert.equal(added.membership?.mentionCount, 1);
  const mentioning = message({ seq: 1, revision: 3, mentions: [ADA] });
  const removed = after(added, event("message-edited", { seq: 1, revision: 4 }), mentioning).summary;
  assert.equal(removed.membership?.mentionCount, 0);
});

test("members who come and go move the number of members", () => {
  const more = after(summary(), { action: "member-added", revision: 2, userId: "eve", username: "eve", role: "member" });
  assert.equal(more.summary.memberCount, 3);
  const fewer = after(more.summary, { action: "member-removed", revision: 3, userId: "eve", username: "eve", role: "member" });
  assert.equal(fewer.summary.memberCount, 2);
});

test("the user's own role changes with its event, another's does not change it", () => {
  const own = { action: "role-changed", revision: 2, userId: "ada", username: "ada", role: "admin" };
  assert.equal(after(summary(), own).summary.membership?.role, "admin");
  assert.equal(after(summary(), { ...own, userId: "bob" }).summary.membership?.role, "member");
});

test("a changed room keeps the user's membership and the counts", () => {
  const room = { ...summary(), name: "Chat", memberCount: 9, membership: null, revision: 7 };
  const { summary: changed } = after(summary(), { action: "room-updated", revision: 2, room });
  assert.equal(changed.name, "Chat");
  assert.equal(changed.memberCount, 2);
  assert.equal(changed.revision, 2);
  assert.equal(changed.membership?.role, "member");
});

test("a reaction to the newest message shows in the summary", () => {
  const before = summary({ lastMessage: message({ seq: 1 }) });
  const reaction = { action: "reaction-added", revision: 2, id: "m1", seq: 1, emoji: "👍", count: 1, userId: "bob", username: "bob" };
  assert.deepEqual(after(before, reaction).summary.lastMessage?.reactions, [{ emoji: "👍", count: 1, users: [BOB] }]);
});

test("rooms are ordered by their latest activity", () => {
  const rooms = [
    summary({ id: "quiet" }),
    summary({ id: "old", lastMessage: message({ seq: 1 }) }),
    summary({ id: "new", lastMessage: message({ seq: 2 }) }),
  ];
  assert.deepEqual(rooms.sort(byActivity).map(({ id }) => id), ["new", "old", "quiet"]);
});
