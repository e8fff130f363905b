// Messages are arranged by day, by author, and around the line before unread ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange, estimate } from '../../../assets/messages/rows.js';
import { send } from '../../../assets/messages/unsent.js';

const message = (seq, sender, minute, more = {}) => ({
  id: `m${seq}`, seq, sender: { id: sender }, content: 'x', createdAt: new Date(2026, 10, 28, 23, minute).toISOString(), ...more,
});
const brief = (rows) => rows.map((row) => (row.kind === 'message' ? `${row.key}${row.first ? '*' : ''}` : row.kind));

test('messages of one author stand together, until time passes or another writes', () => {
  const rows = arrange([message(1, 'a', 0), message(2, 'a', 4), message(3, 'b', 4), message(4, 'b', 10)], null);
  assert.deepEqual(brief(rows), ['day', 'm1*', 'm2', 'm3*', 'm4*']);
});

test('a reply names its author', () => {
  assert.deepEqual(brief(arrange([message(1, 'a', 0), message(2, 'a', 1, { replyTo: { id: 'm1' } })], null)), ['day', 'm1*', 'm2*']);
});

test('the first message of a thread stands apart from the replies of the same author', () => {
  const replies = [message(2, 'a', 1, { threadId: 'm1' }), message(3, 'a', 2, { threadId: 'm1' })];
  assert.deepEqual(brief(arrange([message(1, 'a', 0), ...replies], null)), ['day', 'm1*', 'm2*', 'm3']);
});

test('each day has its separator, by the clock of the reader', () => {
  assert.deepEqual(brief(arrange([message(1, 'a', 59), message(2, 'a', 61)], null)), ['day', 'm1*', 'day', 'm2*']);
});

test('the line stands once, before the first unread message that is there', () => {
  const messages = [message(1, 'a', 0), message(2, 'a', 1), message(3, 'a', 2)];
  assert.deepEqual(brief(arrange(messages, 2)), ['day', 'm1*', 'unread', 'm2*', 'm3']);
  assert.deepEqual(brief(arrange(messages, 9)), ['day', 'm1*', 'm2', 'm3']);
});

test('a message that has no place yet is unread by nobody', () => {
  assert.deepEqual(brief(arrange([message(1, 'a', 0), message(null, 'a', 1, { id: 'on its way' })], 2)), ['day', 'm1*', 'on its way']);
});

test('a sent message keeps the key that it had on its way; one with a key of another page has its id', () => {
  const sent = [];
  send({ send: (room, draft) => (sent.push(draft), Promise.resolve(undefined)) }, 'r', { content: 'x' }, { by: 'a' });
  const [{ clientId }] = sent;
  const keys = [message(null, 'a', 0, { id: undefined, clientId }), message(1, 'a', 0, { clientId }), message(2, 'a', 0, { clientId: 'other' })]
    .map((one) => arrange([one], null)[1].key);
  assert.deepEqual(keys, [clientId, clientId, 'm2']);
});

test('an estimate grows with what a message shows', () => {
  const [, row] = arrange([message(1, 'a', 0)], null);
  const height = (more) => estimate({ ...row, message: { ...row.message, ...more } }, 360);
  assert.ok(height({ content: 'word '.repeat(100) }) > height({}));
  assert.ok(height({ content: '\n\n\n' }) > height({}));
  assert.ok(height({ type: 'image' }) > height({}));
  assert.ok(height({ reactions: [{}] }) > height({}));
});
