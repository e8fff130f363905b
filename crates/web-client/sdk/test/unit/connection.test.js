import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Parlor } from "../../src/index.js";
import { event, summary } from "../support/messages.js";
import { FakeSocket } from "../support/sockets.js";

/** Lets everything proceed that waits for nothing but its turn. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** @type {Array<{path: string, answer: (status: number, body: unknown) => void}>} The REST calls that wait for an answer. */
let calls = [];

beforeEach(() => {
  FakeSocket.all = [];
  calls = [];
});

/**
 * Makes a connection of a client that is signed in, without a network.
 * @param {import("../../src/live/connection.js").ConnectionOptions} [options]
 */
function connect(options) {
  const fetch = (/** @type {any} */ url) =>
    new Promise((resolve) => {
      const answer = (/** @type {number} */ status, /** @type {unknown} */ body) =>
        resolve(new Response(JSON.stringify(body), { status }));
      calls.push({ path: new URL(url).pathname, answer });
    });
  const session = { token: "t0ken", expiresAt: "", renewAt: Infinity, user: undefined };
  const client = new Parlor({
    url: "https://chat.example.com/parlor/",
    fetch: /** @type {any} */ (fetch),
    WebSocket: /** @type {any} */ (FakeSocket),
    storage: { load: () => session, save: () => {} },
  });
  const connection = client.connect({ backoff: { first: 1_000, limit: 8_000, random: () => 1 }, ...options });
  /** @type {string[]} */
  const states = [];
  connection.on("state", ({ name }) => states.push(name));
  /** @type {any[]} */
  const events = [];
  connection.on("event", (one) => events.push(one));
  return { client, connection, states, events };
}

/** Returns the newest socket. */
const socket = () => /** @type {FakeSocket} */ (FakeSocket.all.at(-1));

/**
 * Makes the newest socket live.
 * @param {any[]} [rooms]
 * @param {string} [cursor]
 */
async function live(rooms = [], cursor = "c1") {
  await turn();
  socket().open();
  socket().acknowledge();
  for (const room of rooms) socket().receive({ action: "room", room });
  socket().receive({ action: "invitations", invitations: [] });
  socket().receive({ action: "synced", cursor });
}

test("the token goes as a subprotocol, to the address below its prefix", async () => {
  const { connection } = connect();
  await turn();
  assert.equal(socket().url, "wss://chat.example.com/parlor/chat");
  assert.deepEqual(socket().protocols, ["parlor.v1", "bearer.t0ken"]);
  connection.close();
});

test("a connection is live once the first part is complete", async () => {
  const { connection, states } = connect();
  await turn();
  assert.equal(connection.state.name, "connecting");
  socket().open();
  assert.deepEqual(socket().sent, [{ action: "subscribe", ref: 1 }]);
  socket().acknowledge();
  assert.equal(connection.state.name, "connecting");
  socket().receive({ action: "synced", cursor: "c1" });
  assert.equal(connection.state.name, "live");
  assert.deepEqual(states, ["connecting", "live"]);
  connection.close();
});

test("a broken connection waits, longer each time, and continues at its cursor", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  const { connection } = connect();
  await live();
  socket().end();
  assert.deepEqual(connection.state, { name: "waiting", until: 1_000 });
  context.mock.timers.tick(1_000);
  await turn();
  socket().end();
  assert.deepEqual(connection.state, { name: "waiting", until: 3_000 });
  context.mock.timers.tick(2_000);
  await turn();
  // A refused handshake may be the fault of the token.
  assert.equal(calls.at(-1)?.path, "/parlor/api/users/me");
  calls.at(-1)?.answer(200, { data: { id: "ada" } });
  await turn();
  await turn();
  socket().open();
  assert.deepEqual(socket().sent, [{ action: "subscribe", since: "c1", ref: 1 }]);
  assert.equal(FakeSocket.all.length, 3);
  connection.close();
});

test("a wait can be cut short", async () => {
  const { connection } = connect();
  await live();
  socket().end();
  connection.retryNow();
  await turn();
  assert.equal(FakeSocket.all.length, 2);
  connection.close();
});

test("a token that the server refuses ends the connection", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection, client } = connect();
  await live();
  socket().end(1008);
  context.mock.timers.tick(1_000);
  await turn();
  assert.equal(calls.at(-1)?.path, "/parlor/api/auth/refresh");
  calls.at(-1)?.answer(401, { code: "UNAUTHENTICATED" });
  await turn();
  await turn();
  assert.deepEqual(connection.state, { name: "closed", reason: "signed-out" });
  assert.equal(client.auth.isSignedIn, false);
  assert.equal(FakeSocket.all.length, 1);
});

test("a renewed token is handed to the open socket", async () => {
  const { connection, client } = connect();
  await live();
  client.session.adopt({ accessToken: "newer", expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
  assert.deepEqual(socket().sent.at(-1), { action: "authenticate", token: "newer", ref: 2 });
  connection.close();
});

test("a server that says nothing is asked, then given up", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection } = connect();
  await live();
  context.mock.timers.tick(20_000);
  assert.deepEqual(socket().sent.at(-1), { action: "ping" });
  socket().receive({ action: "pong" });
  context.mock.timers.tick(20_000);
  assert.equal(connection.state.name, "live");
  context.mock.timers.tick(10_000);
  assert.equal(connection.state.name, "waiting");
  connection.close();
});

test("a cursor that the server does not know is forgotten, and rooms that are not listed then are lost", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection, events } = connect();
  await live([summary({ id: "kept" }), summary({ id: "lost" })]);
  socket().end();
  context.mock.timers.tick(1_000);
  await turn();
  socket().open();
  socket().receive({ action: "error", ref: 1, code: "INVALID_CURSOR", error: "" });
  await turn();
  assert.deepEqual(socket().sent.at(-1), { action: "subscribe", ref: 2 });
  socket().acknowledge();
  socket().receive({ action: "room", room: summary({ id: "kept" }) });
  socket().receive({ action: "synced", cursor: "c2" });
  assert.deepEqual(events.filter(({ action }) => action === "room-left"), [{ action: "room-left", roomId: "lost" }]);
  assert.deepEqual(connection.position, { cursor: "c2", rooms: { kept: 1 } });
  connection.close();
});

test("a cursor is kept only once what it covers is delivered", async () => {
  const { connection, events } = connect({ since: { cursor: "c0", rooms: { room: 3 } } });
  await live([summary({ revision: 5 })], "c1");
  assert.deepEqual(connection.position, { cursor: "c0", rooms: { room: 3 } });
  await turn();
  const changes = [event("new-message", { seq: 1, revision: 4 }), event("new-message", { seq: 2, revision: 5 })];
  calls.at(-1)?.answer(200, { data: changes, pagination: { limit: 100, hasMore: false, since: 5 } });
  await turn();
  await turn();
  assert.deepEqual(connection.position, { cursor: "c1", rooms: { room: 5 } });
  assert.deepEqual(events.filter(({ revision }) => revision).map(({ revision }) => revision), [4, 5]);
  connection.close();
});

test("changes that nobody wants are passed over", async () => {
  const { connection, events } = connect({ since: { cursor: "c0", rooms: { room: 3 } }, wants: () => false });
  await live([summary({ revision: 5 })]);
  socket().receive(event("new-message", { seq: 3, revision: 6 }));
  assert.deepEqual(events.filter(({ revision }) => revision).map(({ revision }) => revision), [6]);
  assert.equal(calls.length, 0);
  connection.close();
});

test("answers are no events", async () => {
  const { connection, events } = connect();
  await live([summary()]);
  const before = events.length;
  connection.watch("room");
  socket().receive({ action: "joined", roomId: "room", revision: 9 });
  socket().acknowledge();
  assert.equal(events.length, before);
  connection.close();
});

test("events can be iterated over, and the iteration ends with the connection", async () => {
  const { connection } = connect();
  const events = connection.events();
  await live();
  assert.equal((await events.next()).value.action, "invitations");
  assert.equal((await events.next()).value.action, "synced");
  const last = events.next();
  connection.close();
  assert.equal((await last).done, true);
});

/**
 * Runs a test in a browser's window.
 * @param {(window: EventTarget) => Promise<void>} body
 */
async function inWindow(body) {
  const window = new EventTarget();
  const globals = /** @type {any} */ (globalThis);
  Object.assign(globals, {
    addEventListener: window.addEventListener.bind(window),
    removeEventListener: window.removeEventListener.bind(window),
  });
  try {
    await body(window);
  } finally {
    delete globals.addEventListener;
    delete globals.removeEventListener;
  }
}

test("after the return of the network the waits start over", async () => {
  await inWindow(async (window) => {
    const { connection } = connect();
    const fails = async () => {
      await turn();
      socket().open();
      socket().end();
      const { state } = connection;
      assert.equal(state.name, "waiting");
      return state.name === "waiting" ? Math.ceil((state.until - Date.now()) / 1_000) : NaN;
    };
    for (const wait of [1, 2, 4]) {
      assert.equal(await fails(), wait);
      connection.retryNow();
    }
    window.dispatchEvent(new Event("online"));
    assert.equal(await fails(), 1);
    window.dispatchEvent(new Event("online"));
    assert.equal(connection.state.name, "connecting");
    connection.close();
  });
});

test("an attempt that began without the network is given up for a new one when the network is back", async () => {
  await inWindow(async (window) => {
    const { connection, states } = connect();
    await turn();
    const [first] = FakeSocket.all;
    window.dispatchEvent(new Event("online"));
    assert.equal(first?.readyState, 3);
    await turn();
    assert.equal(FakeSocket.all.length, 2);
    first?.end();
    socket().open();
    window.dispatchEvent(new Event("online"));
    socket().acknowledge();
    socket().receive({ action: "synced", cursor: "c1" });
    assert.equal(connection.state.name, "live", "an attempt that was answered goes on");
    assert.equal(FakeSocket.all.length, 2);
    assert.ok(!states.includes("waiting"), "nothing waits");
    connection.close();
  });
});

test("a message that no frame can hold is refused before it is sent, and the next one is sent", async () => {
  const { connection } = connect();
  await live();
  const large = connection.send("room", { content: "é".repeat(32 * 1_024) });
  await assert.rejects(large, { code: "PAYLOAD_TOO_LARGE", isTemporary: false });
  const next = connection.send("room", { content: "x".repeat(65_000) });
  await turn();
  assert.equal(socket().sent.at(-1).message.length, 65_000);
  socket().acknowledge({ seq: 1 });
  assert.deepEqual(await next, { seq: 1 });
  assert.equal(FakeSocket.all.length, 1);
  connection.close();
});

test("a socket that is closed for a frame too large refuses the largest message, and the others are sent again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection } = connect();
  await live();
  const one = connection.send("a", { content: "one" });
  const large = connection.send("b", { content: "x".repeat(3_000) });
  const two = connection.send("c", { content: "two" });
  socket().end(1009);
  await assert.rejects(large, { code: "PAYLOAD_TOO_LARGE" });
  context.mock.timers.tick(1_000);
  await live();
  const sent = socket().sent.filter(({ action }) => action === "send-message");
  assert.deepEqual(sent.map(({ message }) => message), ["one", "two"]);
  for (const { ref } of sent) socket().receive({ action: "ack", ref, data: { seq: 1 } });
  await Promise.all([one, two]);
  connection.close();
});
