// The store beside the real server: what people do in one client shows in the other.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Parlor, Store } from "../../src/index.js";
import { roomOf, sessionOf, signedIn, startServer } from "../support/server.js";
import { until } from "../support/until.js";

const url = await startServer();
const ada = await signedIn(url);
const bob = await signedIn(url);

/**
 * Opens a store, in which a room is open.
 * @param {Parlor} client
 * @param {string} roomId
 */
async function storeOf(client, roomId) {
  const store = new Store(client);
  await store.connection.whenLive();
  await until(store, ["rooms"], () => store.room(roomId));
  await store.openRoom(roomId);
  return store;
}

/** Makes a room with Ada and Bob, both of whom have it open. */
async function together() {
  const room = (await roomOf(ada, [bob])).id;
  const [hers, his] = [await storeOf(ada, room), await storeOf(bob, room)];
  const close = () => (hers.close(), his.close());
  const shows = (/** @type {Store} */ store, /** @type {() => any} */ condition) =>
    until(store, [`messages:${room}`, `room:${room}`, `members:${room}`, `typing:${room}`, `pins:${room}`], condition);
  return { room, hers, his, close, shows };
}

test("a message shows at once as pending, then in its place, for both", async () => {
  const { room, hers, his, close, shows } = await together();
  const send = hers.send(room, { content: "Hello" });
  assert.equal(hers.messages(room)?.pending[0]?.draft.content, "Hello");
  const message = await send;
  assert.deepEqual(hers.messages(room)?.pending, []);
  assert.deepEqual(hers.messages(room)?.items.map(({ id }) => id), [message?.id]);
  await shows(his, () => his.messages(room)?.items.length);
  assert.equal(his.messages(room)?.items[0]?.content, "Hello");
  assert.equal(his.room(room)?.membership?.unreadCount, 1);
  assert.equal(hers.room(room)?.membership?.unreadCount, 0);
  close();
});

test("edits, reactions, pins and deletions show", async () => {
  const { room, hers, his, close, shows } = await together();
  const message = await hers.send(room, { content: "Hello" });
  const id = message?.id ?? "";
  const reply = await his.send(room, { content: "Hi", replyTo: id });
  await his.loadPins(room);
  await hers.edit(room, id, { content: "Hello, Bob" });
  await shows(his, () => his.message(room, id)?.content === "Hello, Bob");
  assert.equal(his.message(room, reply?.id ?? "")?.replyTo?.content, "Hello, Bob");

  await his.toggleReaction(room, id, "👍");
  await shows(hers, () => hers.message(room, id)?.reactions[0]?.count === 1);
  await shows(his, () => his.message(room, id)?.reactions.length);
  await his.toggleReaction(room, id, "👍");
  await shows(hers, () => hers.message(room, id)?.reactions.length === 0);

  await ada.messages.pin(room, id);
  await shows(his, () => his.pins(room)?.length === 1);
  await ada.messages.delete(room, id);
  await shows(his, () => his.message(room, id)?.deletedAt);
  assert.equal(his.message(room, id)?.content, null);
  assert.equal(his.message(room, reply?.id ?? "")?.replyTo?.content, null);
  assert.deepEqual(his.pins(room), []);
  close();
});

test("replies in a thread are in the thread, and counted where it begins", async () => {
  const { room, hers, his, close } = await together();
  const root = (await hers.send(room, { content: "A question" }))?.id ?? "";
  await his.loadThread(room, root);
  const shows = (/** @type {() => any} */ condition) => until(his, [`thread:${root}`], condition);
  const first = await hers.send(room, { content: "one", threadId: root });
  await his.send(room, { content: "two", threadId: root });
  await shows(() => his.thread(room, root)?.items.length === 2);
  assert.deepEqual(his.messages(room)?.items.map(({ content }) => content), ["A question"]);
  assert.equal(his.thread(room, root)?.root?.thread?.replyCount, 2);
  await ada.messages.delete(room, first?.id ?? "");
  await shows(() => his.thread(room, root)?.root?.thread?.replyCount === 1);
  assert.ok(his.thread(room, root)?.items[0]?.deletedAt);
  close();
});

test("typing shows until the message comes", async () => {
  const { room, hers, his, close, shows } = await together();
  hers.typed(room);
  await shows(his, () => his.typing(room).length === 1);
  assert.equal(his.typing(room)[0]?.username, ada.me.username);
  await hers.send(room, { content: "Hello" });
  await shows(his, () => his.typing(room).length === 0);
  close();
});

test("members show with their presence, marks and roles", async () => {
  const { room, hers, his, close, shows } = await together();
  const member = () => hers.members(room)?.find(({ user }) => user.id === bob.me.id);
  await shows(hers, () => member()?.online);
  await hers.send(room, { content: "Hello" });
  await shows(his, () => his.messages(room)?.items.length);
  his.markRead(room);
  assert.equal(his.room(room)?.membership?.unreadCount, 0);
  await shows(hers, () => member()?.lastReadSeq === 1);
  await ada.members.setRole(room, bob.me.id, "admin");
  await shows(hers, () => member()?.role === "admin");
  await shows(his, () => his.room(room)?.membership?.role === "admin");
  his.closeRoom(room);
  await shows(hers, () => member()?.online === false);
  await bob.rooms.leave(room);
  await shows(hers, () => !member());
  await until(his, ["rooms"], () => !his.room(room));
  assert.equal(his.messages(room), undefined);
  close();
});

test("reading on another device reads here, and unread is unread here", async () => {
  const { room, hers, his, close, shows } = await together();
  for (const content of ["one", `@${bob.me.username} two`, "three"]) await hers.send(room, { content });
  await shows(his, () => his.room(room)?.membership?.unreadCount === 3);
  assert.equal(his.room(room)?.membership?.mentionCount, 1);
  const device = await storeOf(new Parlor({ url, storage: sessionOf(bob) }), room);
  device.markRead(room);
  await shows(his, () => his.room(room)?.membership?.unreadCount === 0);
  await device.markUnread(room, 2);
  assert.equal(device.room(room)?.membership?.unreadCount, 2);
  await shows(his, () => his.room(room)?.membership?.unreadCount === 2);
  assert.equal(his.room(room)?.membership?.mentionCount, 1);
  device.close();
  close();
});

test("older messages are loaded on demand, and a jump into the past leads back to the present", async () => {
  const room = (await roomOf(ada)).id;
  const sender = ada.connect();
  const sent = await Promise.all(
    Array.from({ length: 230 }, (_, number) => sender.send(room, { content: `${number + 1}` })),
  );
  sender.close();
  const store = await storeOf(ada, room);
  const seqs = () => store.messages(room)?.items.map(({ seq }) => seq) ?? [];
  const range = (/** @type {number} */ from, /** @type {number} */ to) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);
  assert.deepEqual(seqs(), range(181, 230));
  await store.loadOlder(room);
  assert.deepEqual(seqs(), range(131, 230));
  assert.equal(store.messages(room)?.hasNewer, false);

  await store.jumpTo(room, sent[39]?.id ?? "");
  assert.deepEqual(seqs(), range(15, 64));
  assert.equal(store.messages(room)?.hasNewer, true);
  await ada.messages.send(room, { content: "231" });
  await until(store, [`room:${room}`], () => store.room(room)?.lastMessage?.seq === 231);
  assert.deepEqual(seqs(), range(15, 64), "what comes is not shown in the past");
  await store.loadOlder(room);
  assert.equal(store.messages(room)?.hasOlder, false);
  while (store.messages(room)?.hasNewer) await store.loadNewer(room);
  assert.deepEqual(seqs(), range(1, 231));
  await ada.messages.send(room, { content: "232" });
  await until(store, [`messages:${room}`], () => seqs().length === 232);

  await store.jumpTo(room, sent[39]?.id ?? "");
  assert.deepEqual(seqs(), range(1, 232), "a jump to what is loaded loads nothing instead");
  store.closeRoom(room);
  await store.openRoom(room);
  await store.jumpTo(room, sent[0]?.id ?? "");
  await store.jumpToNewest(room);
  assert.deepEqual(seqs(), range(183, 232));
  store.close();
});

test("invitations come and go", async () => {
  const store = new Store(bob);
  await store.connection.whenLive();
  const room = await ada.rooms.create({ name: "Secret", visibility: "private" });
  await ada.invitations.create(room.id, { userId: bob.me.id });
  await until(store, ["invitations"], () => store.invitations().some(({ roomId }) => roomId === room.id));
  await bob.rooms.join(room.id);
  await until(store, ["invitations"], () => store.invitations().length === 0);
  await until(store, ["rooms"], () => store.room(room.id));
  store.close();
});

test("the room of the latest message comes first", async () => {
  const [first, second] = [await roomOf(ada), await roomOf(ada)];
  const store = new Store(ada);
  await store.connection.whenLive();
  assert.equal(store.rooms()[0]?.id, second.id);
  await ada.messages.send(first.id, { content: "Hello" });
  await until(store, ["rooms"], () => store.rooms()[0]?.id === first.id);
  store.close();
});
