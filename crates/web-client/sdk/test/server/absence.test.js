// A store that was away: everything is there once it is back, however much happened.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Parlor, Store } from "../../src/index.js";
import { startProxy } from "../support/proxy.js";
import { roomOf, sessionOf, signedIn, startServer } from "../support/server.js";
import { until } from "../support/until.js";

const url = await startServer();
const ada = await signedIn(url);
const bob = await signedIn(url);
const BACKOFF = { first: 5, limit: 20 };

/** Opens a store of Bob's through a proxy. */
async function away() {
  const proxy = await startProxy(url);
  const client = new Parlor({ url: proxy.url, storage: sessionOf(bob) });
  const store = new Store(client, client.connect({ backoff: BACKOFF }));
  await store.connection.whenLive();
  return { proxy, store };
}

test("a thousand messages that were sent meanwhile are there, each once and in order", async () => {
  const room = await roomOf(ada, [bob]);
  const { proxy, store } = await away();
  await store.openRoom(room.id);
  await ada.messages.send(room.id, { content: "before" });
  await until(store, [`messages:${room.id}`], () => store.messages(room.id)?.items.length === 1);

  proxy.setDown(true);
  const sender = ada.connect();
  const sent = Array.from({ length: 1_000 }, (_, number) => sender.send(room.id, { content: `${number}` }));
  await Promise.all(sent);
  sender.close();
  assert.equal(store.messages(room.id)?.items.length, 1);

  proxy.setDown(false);
  store.connection.retryNow();
  const view = await until(store, [`messages:${room.id}`], () => {
    const shown = store.messages(room.id);
    return shown?.items.length === 1_001 && shown;
  });
  assert.deepEqual(view.items.map(({ seq }) => seq), Array.from({ length: 1_001 }, (_, index) => index + 1));
  assert.equal(store.room(room.id)?.membership?.unreadCount, 1_001);
  store.close();
});

test("edits, deletions, reactions, pins and members of the meantime are there", async () => {
  const room = await roomOf(ada, [bob]);
  const send = (/** @type {string} */ content) => ada.messages.send(room.id, { content });
  const [edited, deleted, pinned] = [await send("edited"), await send("deleted"), await send("pinned")];
  const { proxy, store } = await away();
  await store.openRoom(room.id);
  await store.loadPins(room.id);

  proxy.setDown(true);
  await ada.messages.edit(room.id, edited.id, { content: "edited later" });
  await ada.messages.delete(room.id, deleted.id);
  await ada.messages.react(room.id, pinned.id, "👍");
  await ada.messages.pin(room.id, pinned.id);
  await ada.rooms.update(room.id, { name: "Renamed" });
  await ada.members.setRole(room.id, bob.me.id, "admin");

  proxy.setDown(false);
  store.connection.retryNow();
  const [first, second, third] = await until(store, [`messages:${room.id}`], () => {
    const items = store.messages(room.id)?.items ?? [];
    return items[2]?.pinnedAt ? items : undefined;
  });
  assert.equal(first?.content, "edited later");
  assert.equal(second?.content, null);
  assert.ok(second?.deletedAt);
  assert.equal(third?.reactions[0]?.emoji, "👍");
  assert.deepEqual(store.pins(room.id)?.map(({ id }) => id), [pinned.id]);
  assert.equal(store.room(room.id)?.name, "Renamed");
  assert.equal(store.room(room.id)?.membership?.role, "admin");
  store.close();
});

test("a room that was lost meanwhile is gone, and one that was entered is there", async () => {
  const lost = await roomOf(ada, [bob]);
  const entered = await roomOf(ada);
  const { proxy, store } = await away();
  await until(store, ["rooms"], () => store.room(lost.id));
  proxy.setDown(true);
  await ada.members.remove(lost.id, bob.me.id);
  await bob.rooms.join(entered.id);
  proxy.setDown(false);
  store.connection.retryNow();
  await until(store, ["rooms"], () => store.room(entered.id) && !store.room(lost.id));
  store.close();
});

test("a connection continues at the position of an earlier one", async () => {
  const room = await roomOf(ada, [bob]);
  const earlier = bob.connect();
  await earlier.whenLive();
  const seen = earlier.once("new-message");
  await ada.messages.send(room.id, { content: "seen" });
  await seen;
  const { position } = earlier;
  earlier.close();
  await ada.messages.send(room.id, { content: "missed" });

  const later = bob.connect({ since: position });
  const event = await later.once("new-message");
  assert.equal(event.message, "missed");
  later.close();
});

test("messages that were written while away are sent afterwards, in order", async () => {
  const room = await roomOf(ada, [bob]);
  const { proxy, store } = await away();
  await store.openRoom(room.id);
  proxy.setDown(true);
  await new Promise((resolve) => {
    const off = store.subscribe("connection", () => store.state.name === "waiting" && (off(), resolve(undefined)));
  });
  const sends = ["one", "two", "three"].map((content) => store.send(room.id, { content }));
  assert.deepEqual(store.messages(room.id)?.pending.map(({ status }) => status), ["pending", "pending", "pending"]);
  proxy.setDown(false);
  store.connection.retryNow();
  const messages = await Promise.all(sends);
  assert.deepEqual(messages.map((message) => message?.seq), [1, 2, 3]);
  assert.deepEqual(store.messages(room.id)?.pending, []);
  store.close();
});
