// Every operation of the API has a call, and every call reaches its operation.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { roomOf, PASSWORD, signedIn, startServer } from "../support/server.js";

const url = await startServer();
/** @type {Set<string>} The calls that were made, as `GET /api/rooms`. */
const made = new Set();
const onRequest = (/** @type {import("../../src/index.js").Observation} */ { kind, method, url: address = "" }) => {
  if (kind === "request") made.add(`${method} ${new URL(address).pathname}`);
};
const ada = await signedIn(url, { onRequest });
const bob = await signedIn(url, { onRequest });

test("accounts", async () => {
  assert.deepEqual((await ada.auth.me()).username, ada.me.username);
  assert.equal(ada.auth.user?.email, `${ada.me.username}@example.com`);
  await ada.auth.refresh();
  assert.ok((await ada.auth.ticket()).ticket);
  const eve = await signedIn(url, { onRequest });
  await eve.auth.changePassword({ currentPassword: PASSWORD, password: "another horse" });
  await assert.rejects(eve.auth.changePassword({ currentPassword: PASSWORD, password: "a third horse" }), {
    code: "INVALID_CREDENTIALS",
  });
  assert.equal(eve.auth.isSignedIn, true, "a wrong password ends no session");
  const token = eve.session.current?.token ?? "";
  assert.equal((await bob.auth.me()).id, bob.me.id);
  const other = await signedIn(url, { onRequest });
  assert.equal((await other.auth.use(token)).username, eve.me.username);
  await other.auth.logout();
  assert.equal(other.auth.isSignedIn, false);
});

test("rooms", async () => {
  const room = await ada.rooms.create({ name: "Tea", description: "Green" }, { idempotencyKey: "tea" });
  assert.equal((await ada.rooms.create({ name: "Tea", description: "Green" }, { idempotencyKey: "tea" })).id, room.id);
  assert.equal((await ada.rooms.get(room.id)).slug, "tea");
  assert.equal((await ada.rooms.update(room.id, { description: null })).description, null);
  assert.equal((await bob.rooms.join(room.id)).role, "member");
  await bob.rooms.typing(room.id);
  assert.deepEqual(await ada.rooms.presence(room.id), []);
  const { data } = await ada.rooms.list({ search: "tea", joined: true });
  assert.deepEqual(data.map(({ id }) => id), [room.id]);
  assert.equal((await ada.rooms.sync()).data.rooms.length, 1);
  assert.ok((await ada.rooms.audit(room.id)).data.length > 0);
  await bob.rooms.leave(room.id);
  await ada.rooms.delete(room.id);
  await assert.rejects(ada.rooms.get(room.id), { code: "ROOM_NOT_FOUND" });
});

test("members and invitations", async () => {
  const room = await ada.rooms.create({ name: "Secret", visibility: "private" });
  await ada.invitations.create(room.id, { username: bob.me.username });
  assert.equal((await bob.invitations.list()).data[0]?.roomName, "Secret");
  assert.equal((await ada.invitations.ofRoom(room.id)).data[0]?.user.id, bob.me.id);
  await bob.invitations.delete(room.id, bob.me.id);
  assert.deepEqual((await bob.invitations.list()).data, []);
  await ada.invitations.create(room.id, { userId: bob.me.id });
  await bob.rooms.join(room.id);
  assert.equal((await ada.members.setRole(room.id, bob.me.id, "admin")).role, "admin");
  assert.equal((await ada.members.list(room.id, { role: "admin" })).pagination.total, 2);
  await ada.members.remove(room.id, bob.me.id);
  assert.equal((await ada.members.list(room.id)).pagination.total, 1);
});

test("people and direct rooms", async () => {
  assert.deepEqual((await ada.users.find(bob.me.username)).data.map(({ id }) => id), [bob.me.id]);
  assert.equal((await ada.users.get(bob.me.id)).username, bob.me.username);
  assert.equal((await ada.rooms.direct({ usernames: [bob.me.username] })).direct, true);
});

test("messages", async () => {
  const room = await roomOf(ada, [bob]);
  const first = await ada.messages.send(room.id, { content: "Hello", clientId: "one" });
  assert.equal((await ada.messages.send(room.id, { content: "Hello", clientId: "one" })).id, first.id);
  const reply = await bob.messages.send(room.id, { content: `@${ada.me.username} hi`, replyTo: first.id });
  assert.equal((await ada.messages.get(room.id, reply.id)).replyTo?.id, first.id);
  assert.equal((await ada.messages.edit(room.id, first.id, { content: "Hello, all" })).content, "Hello, all");
  assert.deepEqual((await ada.messages.history(room.id, first.id)).data.map(({ content }) => content), ["Hello", "Hello, all"]);
  assert.deepEqual((await ada.messages.mentions()).data.map(({ id }) => id), [reply.id]);
  await bob.messages.react(room.id, first.id, "❤️/");
  assert.deepEqual((await ada.messages.reactedBy(room.id, first.id, "❤️/")).data.map(({ id }) => id), [bob.me.id]);
  await bob.messages.unreact(room.id, first.id, "❤️/");
  await ada.messages.pin(room.id, reply.id);
  assert.deepEqual((await bob.messages.pins(room.id)).data.map(({ id }) => id), [reply.id]);
  await ada.messages.unpin(room.id, reply.id);
  await ada.rooms.markRead(room.id, 2);
  await ada.rooms.markUnread(room.id, 2);
  assert.deepEqual((await bob.messages.readers(room.id, first.id)).data.map(({ user }) => user.id), [bob.me.id]);
  assert.equal((await bob.rooms.changes(room.id, { since: 0, limit: 1 })).pagination.hasMore, true);
  await ada.messages.delete(room.id, first.id);
  assert.ok((await ada.messages.get(room.id, first.id)).deletedAt);
  // A server without search answers that there is no such path.
  await ada.messages.search({ q: "hello" }).catch(({ code }) => assert.equal(code, "NOT_FOUND"));
});

test("lists are iterated over all pages, in every direction", async () => {
  const room = await roomOf(ada);
  for (let number = 1; number <= 7; number++) await ada.messages.send(room.id, { content: `${number}` });
  const contents = async (/** @type {any} */ query) => {
    const found = [];
    for await (const { content } of ada.messages.list(room.id, { limit: 3, ...query })) found.push(Number(content));
    return found;
  };
  assert.deepEqual(await contents({}), [7, 6, 5, 4, 3, 2, 1]);
  const [newest, , third] = (await ada.messages.list(room.id)).data;
  assert.deepEqual(await contents({ before: third?.id }), [4, 3, 2, 1]);
  assert.deepEqual(await contents({ around: newest?.id }), [7, 6, 5, 4, 3, 2, 1]);
  const oldest = (await ada.messages.list(room.id)).data.at(-1);
  assert.deepEqual(await contents({ after: oldest?.id, order: "asc" }), [2, 3, 4, 5, 6, 7]);
  for (let number = 0; number < 5; number++) await ada.rooms.create({ name: `Paged ${number}` });
  const names = [];
  for await (const { name } of ada.rooms.list({ search: "paged", sort: "name", order: "asc", limit: 2 })) names.push(name);
  assert.deepEqual(names, ["Paged 0", "Paged 1", "Paged 2", "Paged 3", "Paged 4"]);
});

test("files are uploaded with progress, shown, downloaded and deleted", async () => {
  const room = await roomOf(ada, [bob]);
  /** @type {any[]} */
  const progress = [];
  const file = await ada.files.upload(new Blob(["Hello"]), { name: "hello.txt", onProgress: (step) => progress.push(step) });
  assert.equal(file.name, "hello.txt");
  assert.deepEqual(progress, [{ sent: 0, total: 5 }, { sent: 5, total: 5 }]);
  await ada.messages.send(room.id, { type: "file", fileId: file.id });
  assert.equal(await (await bob.files.download(file.id)).text(), "Hello");
  await assert.rejects(ada.files.delete(file.id), { code: "FILE_IN_USE" });
  const unused = await ada.files.upload(new File(["x"], "named.txt"));
  assert.equal(unused.name, "named.txt");
  await ada.files.delete(unused.id);
  assert.equal((await ada.files.list()).pagination.total, 1);
});

test("an aborted upload stores nothing", async () => {
  const abort = new AbortController();
  const upload = ada.files.upload(new Blob([new Uint8Array(20_000_000)]), { signal: abort.signal });
  setImmediate(() => abort.abort());
  await assert.rejects(upload, { name: "AbortError" });
  assert.equal((await ada.files.list()).pagination.total, 1);
});

test("passwords and tokens are not observed", async () => {
  /** @type {string[]} */
  const seen = [];
  const eve = await signedIn(url, { onRequest: (observation) => seen.push(JSON.stringify(observation)) });
  const connection = eve.connect();
  await connection.whenLive();
  await eve.auth.refresh();
  await connection.request({ action: "ping" }).catch(() => {});
  connection.close();
  assert.ok(seen.length > 5);
  const secrets = [PASSWORD, eve.session.current?.token ?? ""];
  for (const text of seen) for (const secret of secrets) assert.ok(!text.includes(secret), text);
});

test("every operation has a call, which was made above", async () => {
  const file = new URL("../../../../../docs/openapi.json", import.meta.url);
  /** @type {{paths: Record<string, Record<string, unknown>>}} */
  const { paths } = JSON.parse(await readFile(file, "utf8"));
  const missing = Object.entries(paths).flatMap(([path, methods]) => {
    const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    return Object.keys(methods)
      .map((method) => method.toUpperCase())
      // A path without parameters, such as `/api/users/me`, is not meant by one with.
      .filter((method) => ![...made].some((call) => {
        const [verb, place = ""] = call.split(" ");
        return verb === method && (place === path || (!(place in paths) && pattern.test(place)));
      }))
      .map((method) => `${method} ${path}`);
  });
  // The connection follows rooms instead of event streams, and `PATCH` changes a room.
  assert.deepEqual(missing.sort(), ["GET /api/events", "GET /api/rooms/{id}/events", "PUT /api/rooms/{id}"]);
});
