// Arranges messages into the rows of the list: days, the line before unread ones, and groups by author.

import { wasSentHere } from './unsent.js';

/** Messages of one author within this time stand together under one name. */
const GROUP_GAP_MS = 5 * 60_000;

/**
 * @typedef {{key: string, kind: 'day', date: Date}
 *   | {key: string, kind: 'unread'}
 *   | {key: string, kind: 'message', message: any, first: boolean}} Row
 */

/**
 * Arranges messages that are in the order of the room. `firstUnreadSeq` is the place of the line, or null for none.
 *
 * @param {any[]} messages
 * @param {number | null} firstUnreadSeq
 * @returns {Row[]}
 */
export function arrange(messages, firstUnreadSeq) {
  /** @type {Row[]} */
  const rows = [];
  let before = null;
  let dayBefore = '';
  let lineDrawn = firstUnreadSeq === null;
  for (const message of messages) {
    const day = dayKey(message.createdAt);
    const startsDay = day !== dayBefore;
    if (startsDay) rows.push({ key: `day ${day}`, kind: 'day', date: new Date(message.createdAt) });
    const isUnread = !lineDrawn && message.seq !== null && message.seq >= /** @type {number} */ (firstUnreadSeq);
    if (isUnread) rows.push({ key: 'unread', kind: 'unread' });
    lineDrawn ||= isUnread;
    rows.push({
      key: keyOf(message),
      kind: 'message',
      message,
      first: startsDay || isUnread || !belongsTo(before, message),
    });
    before = message;
    dayBefore = day;
  }
  return rows;
}

/**
 * Names a message through its whole life: a sent one keeps the key that it had while it was on its way.
 *
 * @param {any} message
 */
export function keyOf(message) {
  return wasSentHere(message.clientId) ? message.clientId : message.id;
}

/** @param {any} before @param {any} message */
function belongsTo(before, message) {
  return before !== null
    && before.sender?.id === message.sender?.id
    // The first message of a thread stands apart from the replies.
    && (before.threadId ?? null) === (message.threadId ?? null)
    && !message.replyTo
    && Date.parse(message.createdAt) - Date.parse(before.createdAt) < GROUP_GAP_MS;
}

/** @type {Map<string, string>} The day of each minute seen, since parsing dates would cost the most in a long list. */
const days = new Map();

/** @param {string} createdAt */
function dayKey(createdAt) {
  const minute = createdAt.slice(0, 16);
  let day = days.get(minute);
  if (!day) {
    const date = new Date(createdAt);
    day = `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
    if (days.size > 20_000) days.clear();
    days.set(minute, day);
  }
  return day;
}

/**
 * Estimates a row's height before it was measured. Wrong estimates cost a correction while scrolling, nothing else.
 *
 * @param {Row} row
 * @param {number} width of the list in pixels
 */
export function estimate(row, width) {
  if (row.kind !== 'message') return 44;
  const { message, first } = row;
  const letters = Math.max(20, (width - 80) / 7.4);
  const content = message.content ?? '';
  let lines = 1;
  if (content.length > letters || content.includes('\n')) {
    lines = 0;
    for (const line of content.split('\n')) lines += Math.max(1, Math.ceil(line.length / letters));
  }
  return lines * 22 + (first ? 34 : 6) + (message.replyTo ? 30 : 0) + (message.reactions?.length ? 34 : 0)
    + (message.thread ? 34 : 0) + (message.type === 'image' ? 240 : message.type === 'file' ? 64 : 0);
}
