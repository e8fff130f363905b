// Three people send in several rooms while their connections break at random moments: everybody has everything once and in order.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Parlor, Store } from "../../src/index.js";
import { startProxy } from "../support/proxy.js";
import { seeded } from "../support/random.js";
import { roomOf, sessionOf, signedIn, startServer } from "../support/server.js";
import { until } from "../support/until.js";

const url = await startServer();
const admin = await signedIn(url);
const accounts = [await signedIn(url), await signedIn(url), await signedIn(url)];

/** The messages that each person sends in each room. */
const MESSAGES = 40;
const ROOMS = 3;

for (const seed of [1, 2]) {
  test(`nothing is missed, doubled or out of order through cuts (seed ${seed})`, { timeout: 60_000 }, async () => {
    const random = seeded(seed);
    const proxy = await startProxy(url, () => 500 + random() * 40_000);
    const people = accounts.map((account) => new Parlor({ url: proxy.url, storage: sessionOf(account) }));
    /** @type {string[]} */
    const rooms = [];
    for (let number = 0; number < ROOMS; number++) {
      const { id } = await roomOf(admin, accounts, `Room ${number}`);
      rooms.push(id);
    }

    const receivers = people.map((person) => {
      const connection = person.connect({ backoff: { first: 5, limit: 40, random } });
      const store = new Store(person, connection);
      /** @type {Map<string, number[]>} */
      const revisions = new Map(rooms.map((room) => [room, []]));
      connection.on("event", ({ action, roomId, revision }) => {
        if (action !== "caught-up" && revision !== undefined) revisions.get(roomId)?.push(revision);
      });
      return { store, revisions };
    });
    await Promise.all(receivers.flatMap(({ store }) => rooms.map((room) => open(store, room))));

    const sends = receivers.flatMap(({ store }, person) =>
      rooms.flatMap((room) =>
        Array.from({ length: MESSAGES }, (_, number) => store.send(room, { content: `${person}: ${number}` })),
      ),
    );
    const answered = await Promise.all(sends);
    proxy.calm();

    assert.ok(answered.every((message) => message !== undefined), "no send was refused");
    const total = people.length * MESSAGES;
    for (const room of rooms) {
      /** @type {import("../../src/types.js").Message[]} */
      const history = [];
      for await (const message of admin.messages.list(room, { limit: 100 })) history.unshift(message);
      assert.deepEqual(history.map(({ seq }) => seq), Array.from({ length: total }, (_, index) => index + 1));
      for (let person = 0; person < people.length; person++) {
        const own = history.map(({ content }) => content).filter((content) => content?.startsWith(`${person}:`));
        assert.deepEqual(own, Array.from({ length: MESSAGES }, (_, number) => `${person}: ${number}`), "the sender's order");
      }
      for (const { store, revisions } of receivers) {
        const view = await until(store, [`messages:${room}`], () => {
          const shown = store.messages(room);
          return shown && shown.items.length + (shown.hasOlder ? Infinity : 0) >= total && shown;
        });
        assert.deepEqual(view.items.map(({ id }) => id), history.map(({ id }) => id));
        assert.deepEqual(view.pending, []);
        const received = revisions.get(room) ?? [];
        assert.deepEqual(received, [...new Set(received)].sort((one, other) => one - other), "each event once, in order");
      }
    }
    assert.ok(proxy.cuts() > 20, `the proxy cut ${proxy.cuts()} times`);
    for (const { store } of receivers) store.close();
  });
}

/**
 * Opens a room, however often the connection breaks meanwhile.
 * @param {Store} store
 * @param {string} room
 */
async function open(store, room) {
  await until(store, ["rooms"], () => store.room(room));
  for (;;) {
    try {
      await store.openRoom(room);
      return;
    } catch (error) {
      assert.equal(/** @type {any} */ (error).code, "NETWORK");
    }
  }
}
