// Calls and sends that the server refuses.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Parlor, ParlorError, Store } from "../../src/index.js";
import { roomOf, signedIn, startServer } from "../support/server.js";
import { until } from "../support/until.js";

const url = await startServer();
const ada = await signedIn(url);

test("an error has the status, code, words, fields and request of the answer", async () => {
  const error = await ada.rooms.create({ name: "x" }).catch((reason) => reason);
  assert.ok(error instanceof ParlorError);
  assert.equal(error.status, 400);
  assert.equal(error.code, "VALIDATION_FAILED");
  assert.match(error.message, /name/);
  assert.deepEqual(Object.keys(error.fields), ["name"]);
  assert.ok(error.requestId);
  assert.equal(error.isTemporary, false);
});

test("a server that cannot be reached is an error like others", async () => {
  const nobody = new Parlor({ url: "http://127.0.0.1:1" });
  await assert.rejects(async () => nobody.rooms.list(), { name: "ParlorError", status: 0, code: "NETWORK", isTemporary: true });
});

test("an address without its scheme is refused at once", () => {
  assert.throws(() => new Parlor({ url: "127.0.0.1:3020" }), /"127\.0\.0\.1:3020" is not an http:\/\/ or https:\/\/ URL/);
});

test("an aborted call rejects with the reason of its signal", async () => {
  const reason = new Error("never mind");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(async () => ada.users.find("pe", { signal }), reason);
});

test("a refused message stays with its error until it is sent again or discarded", async () => {
  const room = await roomOf(ada);
  const store = new Store(ada);
  await store.connection.whenLive();
  await until(store, ["rooms"], () => store.room(room.id));
  await store.openRoom(room.id);
  const failed = await store.send(room.id, { content: "" });
  assert.equal(failed, undefined);
  const [pending] = store.messages(room.id)?.pending ?? [];
  assert.equal(pending?.status, "failed");
  assert.equal(pending?.error?.code, "VALIDATION_FAILED");
  assert.deepEqual(Object.keys(pending?.error?.fields ?? {}), ["content"]);
  assert.equal(pending?.error?.message, "Invalid fields: content");

  await store.retry(room.id, pending?.clientId ?? "");
  assert.equal(store.messages(room.id)?.pending[0]?.status, "failed");
  store.discard(room.id, pending?.clientId ?? "");
  assert.deepEqual(store.messages(room.id)?.pending, []);
  const sent = await store.send(room.id, { content: "good" });
  assert.equal(sent?.seq, 1, "a refusal holds nothing up");
  store.close();
});

test("a message that no frame can hold is refused, and the connection stays", async () => {
  const room = await roomOf(ada);
  const connection = ada.connect();
  await connection.whenLive();
  connection.on("state", ({ name }) => assert.equal(name, "closed"));
  const large = connection.send(room.id, { content: "x".repeat(70_000) });
  const small = connection.send(room.id, { content: "after it" });
  await assert.rejects(large, { code: "PAYLOAD_TOO_LARGE" });
  assert.equal((await small).seq, 1);
  connection.close();
});

test("a message to a room of others is refused", async () => {
  const bob = await signedIn(url);
  const room = await bob.rooms.create({ name: "Bob's", visibility: "private" });
  const connection = ada.connect();
  await assert.rejects(connection.send(room.id, { content: "Hello" }), { code: "ROOM_NOT_FOUND" });
  connection.close();
});

test("a send that a limit refuses is repeated until it is accepted", { timeout: 60_000 }, async () => {
  const limited = await startServer({ PARLOR_LIMITS: "on", PARLOR_LIMIT_API: "12/2s", PARLOR_LIMIT_AUTH: "off" });
  const eve = await signedIn(limited);
  const room = await roomOf(eve);
  const connection = eve.connect();
  const sends = Array.from({ length: 20 }, (_, number) => connection.send(room.id, { content: `${number}` }));
  const seqs = (await Promise.all(sends)).map(({ seq }) => seq);
  assert.deepEqual(seqs, Array.from({ length: 20 }, (_, index) => index + 1));
  connection.close();
});

test("everything unanswered is rejected when the connection is closed", async () => {
  const room = await roomOf(ada);
  const connection = ada.connect();
  const send = connection.send(room.id, { content: "too late" });
  connection.close();
  await assert.rejects(send, { code: "CLOSED" });
  await assert.rejects(connection.send(room.id, { content: "later still" }), { code: "CLOSED" });
});

test("without a WebSocket a connection says how to give one", () => {
  const client = new Parlor({ url, WebSocket: undefined });
  client.WebSocket = /** @type {any} */ (undefined);
  assert.throws(() => client.connect(), /new Parlor\(\{ WebSocket \}\).*--experimental-websocket/);
});
