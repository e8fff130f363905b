// Messages as events change them. Every function returns a new message, or the same one where nothing changed.

/** @typedef {import("../types.js").Message} Message */

/**
 * Makes a message of `new-message`, `message-edited` or `message-deleted`.
 * @param {any} event
 * @returns {Message}
 */
export function fromEvent(event) {
  const { roomId, id, seq, revision, type } = event;
  const sender = { id: event.senderId, username: event.sender };
  const common = { id, roomId, seq, revision, type, sender, createdAt: event.timestamp };
  if (event.action === "message-deleted") return { ...common, ...NOTHING, deletedAt: event.deletedAt };
  const { replyTo, threadId, thread, reactions, mentions, mentionsRoom, pinnedAt, metadata } = event;
  const extras = { replyTo, threadId, thread, reactions, mentions, mentionsRoom, pinnedAt, metadata };
  const { message: content, file, clientId, editedAt } = event;
  return { ...common, content, file, clientId, editedAt, deletedAt: null, ...extras };
}

const NOTHING = {
  content: null,
  file: null,
  clientId: null,
  editedAt: null,
  replyTo: null,
  threadId: null,
  thread: null,
  reactions: [],
  mentions: [],
  mentionsRoom: false,
  pinnedAt: null,
  metadata: {},
};

/**
 * Chooses between what is known about a message and what comes in.
 * @param {Message} known
 * @param {Message} incoming
 * @returns {Message}
 */
export function newer(known, incoming) {
  if (incoming.revision < known.revision) return known;
  // A tombstone does not say in which thread it is, nor under which key it was sent.
  const { threadId, clientId } = known;
  if (incoming.deletedAt) return { ...incoming, threadId: incoming.threadId ?? threadId, clientId };
  // What is known of the thread may be later than the answer that comes in.
  const isLater = (known.thread?.lastReplyAt ?? "") > (incoming.thread?.lastReplyAt ?? "");
  return isLater && incoming.revision === known.revision ? { ...incoming, thread: known.thread } : incoming;
}

/**
 * Applies a reaction or pin.
 * @param {Message} message
 * @param {any} event
 * @returns {Message}
 */
export function annotated(message, event) {
  const { action, revision } = event;
  if (revision <= message.revision || message.deletedAt) return message;
  if (action === "message-pinned" || action === "message-unpinned") {
    return { ...message, revision, pinnedAt: event.pinnedAt };
  }
  const user = { id: event.userId, username: event.username };
  return { ...message, revision, reactions: reacted(message.reactions, event, user) };
}

/**
 * @param {Message["reactions"]} reactions
 * @param {{action: string, emoji: string, count: number}} event
 * @param {import("../types.js").UserRef} user
 */
function reacted(reactions, { action, emoji, count }, user) {
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  const users = (known?.users ?? []).filter(({ id }) => id !== user.id);
  // The list has the first ten; the newest user comes last.
  if (action === "reaction-added" && users.length < 10) users.push(user);
  const changed = { emoji, count, users };
  if (!known) return [...reactions, changed];
  return reactions.flatMap((reaction) => (reaction !== known ? [reaction] : count > 0 ? [changed] : []));
}

/**
 * Shows a quoted message as it is now.
 * @param {Message} message
 * @param {Message} quoted
 * @returns {Message}
 */
export function quoting(message, quoted) {
  if (message.replyTo?.id !== quoted.id) return message;
  const { id, seq, sender, content, deletedAt } = quoted;
  return { ...message, replyTo: { id, seq, sender, content, deletedAt } };
}

/**
 * Counts a reply in the thread that a message begins, unless the count has it already.
 * @param {Message} message
 * @param {Message} reply
 * @returns {Message}
 */
export function replied(message, reply) {
  const { replyCount = 0, lastReplyAt = "" } = message.thread ?? {};
  if (message.id !== reply.threadId || reply.createdAt <= lastReplyAt) return message;
  return { ...message, thread: { replyCount: replyCount + 1, lastReplyAt: reply.createdAt } };
}

/**
 * Returns true if a message mentions a user.
 * @param {Message | undefined | null} message
 * @param {string | undefined} userId
 */
export function mentions(message, userId) {
  return Boolean(message && (message.mentionsRoom || message.mentions.some(({ id }) => id === userId)));
}
