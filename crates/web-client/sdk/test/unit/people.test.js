import assert from "node:assert/strict";
import { test } from "node:test";

import { People } from "../../src/store/people.js";
import { ADA, BOB } from "../support/messages.js";

/** Makes the people of a room, with Ada and Bob as members. */
function people() {
  /** @type {string[]} */
  const touched = [];
  const room = new People((what) => touched.push(what));
  room.setMembers([BOB, ADA].map((user) => ({ user, role: "member", joinedAt: "", lastReadSeq: 0, online: false })));
  return { room, touched };
}

/**
 * @param {string} action
 * @param {{id: string, username: string}} user
 * @param {object} [fields]
 */
const by = (action, { id, username }, fields) => ({ action, userId: id, username, ...fields });

test("members are in the order of their names", () => {
  assert.deepEqual(people().room.list()?.map(({ user }) => user.id), ["ada", "bob"]);
});

test("who comes and goes is present or not", () => {
  const { room } = people();
  const online = () => room.list()?.filter((member) => member.online).map(({ user }) => user.id);
  room.apply(by("user-joined", BOB));
  assert.deepEqual(online(), ["bob"]);
  room.apply(by("user-left", BOB));
  assert.deepEqual(online(), []);
});

test("what happens while presence is loaded is later than what is loaded", () => {
  const { room } = people();
  const loaded = room.beginPresence();
  room.apply(by("user-left", BOB));
  room.apply(by("user-joined", ADA));
  loaded([BOB]);
  assert.deepEqual([...room.present.keys()], ["ada"]);
});

test("typing ends after six seconds without another sign of it", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { room, touched } = people();
  room.apply(by("typing", BOB));
  context.mock.timers.tick(5_000);
  room.apply(by("typing", BOB));
  context.mock.timers.tick(5_000);
  assert.deepEqual(room.typists, [BOB]);
  context.mock.timers.tick(1_000);
  assert.deepEqual(room.typists, []);
  assert.equal(touched.at(-1), "typing");
});

test("who sends a message no longer types, and has read what is before it", () => {
  const { room } = people();
  room.apply(by("typing", BOB));
  room.sent(BOB, 7);
  assert.deepEqual(room.typists, []);
  assert.equal(room.members?.get("bob")?.lastReadSeq, 7);
  room.sent(BOB, 5);
  assert.equal(room.members?.get("bob")?.lastReadSeq, 7);
});

test("members come, change their role and go", () => {
  const { room } = people();
  room.apply(by("member-added", { id: "eve", username: "eve" }, { role: "member" }));
  room.apply(by("role-changed", BOB, { role: "admin" }));
  room.apply(by("member-removed", ADA, { role: "member" }));
  assert.deepEqual(room.list()?.map(({ user, role }) => [user.id, role]), [["bob", "admin"], ["eve", "member"]]);
});

test("before members are loaded, nothing is made of events about them", () => {
  const room = new People(() => assert.fail("nothing changed"));
  room.apply(by("member-added", BOB, { role: "member" }));
  room.apply(by("read", BOB, { seq: 3 }));
  assert.equal(room.list(), undefined);
});
