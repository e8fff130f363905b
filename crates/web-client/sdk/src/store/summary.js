// A room's summary as events change it.

import { annotated, fromEvent, mentions, newer } from "./message.js";

/** @typedef {import("../types.js").RoomSummary} RoomSummary */
/** @typedef {import("../types.js").Message} Message */

/**
 * @typedef {object} Context
 * @property {string | undefined} me The id of the user.
 * @property {Message | undefined} known The event's message as it was before, where it is known.
 */

/**
 * Applies an event of the room. One that the summary covers already changes nothing.
 * @param {RoomSummary} summary
 * @param {any} event
 * @param {Context} context
 * @returns {{summary: RoomSummary, isUnsure: boolean}} Unsure where the counts of unread messages may be wrong.
 */
export function applied(summary, event, context) {
  if (event.revision <= summary.revision) return { summary, isUnsure: false };
  const next = { ...summary, revision: event.revision };
  switch (event.action) {
    case "new-message":
      return sent(next, fromEvent(event), context);
    case "message-edited":
    case "message-deleted":
      return changed(next, fromEvent(event), context, event.action === "message-deleted");
    case "member-added":
      next.memberCount += 1;
      break;
    case "member-removed":
      next.memberCount -= 1;
      break;
    case "role-changed":
      if (event.userId === context.me && next.membership) next.membership = { ...next.membership, role: event.role };
      break;
    case "room-updated": {
      // The room is as it is now; its counts may be later than this event.
      const { name, slug, description, visibility, metadata, updatedAt } = event.room;
      Object.assign(next, { name, slug, description, visibility, metadata, updatedAt });
      break;
    }
    default:
      if (next.lastMessage && next.lastMessage.id === event.id) next.lastMessage = annotated(next.lastMessage, event);
  }
  return { summary: next, isUnsure: false };
}

/**
 * @param {RoomSummary} summary
 * @param {Message} message
 * @param {Context} context
 */
function sent(summary, message, { me }) {
  const { membership } = summary;
  if (message.seq > (summary.lastMessage?.seq ?? 0)) {
    summary.lastMessage = message;
    summary.lastMessageAt = message.createdAt;
  }
  if (membership && message.seq > membership.lastReadSeq) {
    summary.membership =
      message.sender.id === me
        ? { ...membership, lastReadSeq: message.seq, unreadCount: 0, mentionCount: 0 }
        : {
            ...membership,
            unreadCount: membership.unreadCount + 1,
            mentionCount: membership.mentionCount + (mentions(message, me) ? 1 : 0),
          };
  }
  return { summary, isUnsure: false };
}

/**
 * @param {RoomSummary} summary
 * @param {Message} message
 * @param {Context} context
 * @param {boolean} isDeleted
 */
function changed(summary, message, { me, known }, isDeleted) {
  const { lastMessage, membership } = summary;
  if (lastMessage?.id === message.id) summary.lastMessage = newer(lastMessage, message);
  if (!membership || message.seq <= membership.lastReadSeq || known?.deletedAt) return { summary, isUnsure: false };
  const mentioned = Number(mentions(message, me)) - Number(mentions(known, me));
  summary.membership = {
    ...membership,
    unreadCount: Math.max(0, membership.unreadCount - (isDeleted ? 1 : 0)),
    mentionCount: Math.max(0, membership.mentionCount + (known ? mentioned : 0)),
  };
  // Of a message that was not loaded it is unknown if it mentioned the user.
  return { summary, isUnsure: !known };
}

/**
 * Orders rooms by their latest activity.
 * @param {RoomSummary} one
 * @param {RoomSummary} other
 */
export function byActivity(one, other) {
  const [first, second] = [one, other].map((room) => room.lastMessageAt ?? room.createdAt);
  if (first === second) return one.id < other.id ? 1 : -1;
  return String(first) < String(second) ? 1 : -1;
}
