// Messages and events for tests of the store.

/** @typedef {import("../../src/types.js").Message} Message */

export const ADA = { id: "ada", username: "ada" };
export const BOB = { id: "bob", username: "bob" };

/**
 * Makes a message. Its id and revision follow from its place.
 * @param {Partial<Message> & {seq: number}} fields
 * @returns {Message}
 */
export function message(fields) {
  const { seq } = fields;
  return {
    id: `m${seq}`,
    roomId: "room",
    revision: seq,
    type: "text",
    content: "Hello",
    sender: BOB,
    file: null,
    clientId: null,
    createdAt: `2026-01-01T00:00:${String(seq).padStart(2, "0")}Z`,
    editedAt: null,
    deletedAt: null,
    replyTo: null,
    threadId: null,
    thread: null,
    reactions: [],
    mentions: [],
    mentionsRoom: false,
    pinnedAt: null,
    metadata: {},
    ...fields,
  };
}

/**
 * Makes the event of a message.
 * @param {"new-message" | "message-edited" | "message-deleted"} action
 * @param {Partial<Message> & {seq: number}} fields
 */
export function event(action, fields) {
  const { content, sender, createdAt, ...others } = message(fields);
  const { id, username } = sender;
  return { action, ...others, sender: username, senderId: id, message: content, timestamp: createdAt };
}

/**
 * Makes the summary of a room, in which Ada has read everything.
 * @param {Partial<import("../../src/types.js").RoomSummary>} [fields]
 * @returns {import("../../src/types.js").RoomSummary}
 */
export function summary(fields = {}) {
  const revision = fields.revision ?? fields.lastMessage?.revision ?? 1;
  const lastReadSeq = fields.lastMessage?.seq ?? 0;
  return {
    id: "room",
    name: "Talk",
    slug: "talk",
    description: null,
    visibility: "public",
    createdBy: ADA,
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
    memberCount: 2,
    lastMessageAt: fields.lastMessage?.createdAt ?? null,
    membership: { role: "member", joinedAt: "2026-01-01T00:00:00Z", lastReadSeq, unreadCount: 0, mentionCount: 0 },
    direct: false,
    metadata: {},
    lastMessage: null,
    ...fields,
    revision,
  };
}
