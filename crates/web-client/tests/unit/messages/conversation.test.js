// What a room shows of its messages while it is opened, left and opened again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conversation } from '../../../assets/messages/conversation.js';

/** A store whose rooms open when the test says so. */
function store() {
  const calls = [];
  const opening = [];
  return {
    calls,
    opening,
    subscribe: () => () => {},
    messages: () => undefined,
    openRoom: () => {
      calls.push('open');
      return new Promise((resolve, reject) => opening.push({ resolve, reject }));
    },
    closeRoom: () => calls.push('close'),
  };
}

const conversation = (of) => new Conversation({}, of, { roomId: 'r', threadId: null, me: { id: 'a', username: 'a' } });
const settled = () => new Promise((done) => setTimeout(done));

test('a room that was left while it opened is opened when one comes back', () => {
  const rooms = store();
  const room = conversation(rooms);
  room.open();
  room.close();
  room.open();
  assert.deepEqual(rooms.calls, ['open', 'close', 'open']);
});

test('what failed before one left says nothing of the room that is open now', async () => {
  const rooms = store();
  const room = conversation(rooms);
  room.open();
  room.close();
  room.open();
  rooms.opening[0].reject(new Error('away'));
  await settled();
  assert.equal(room.failure.value, null);
  rooms.opening[1].reject(new Error('away again'));
  await settled();
  assert.equal(room.failure.value.message, 'away again');
});
