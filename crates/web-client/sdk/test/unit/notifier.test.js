import assert from "node:assert/strict";
import { test } from "node:test";

import { Notifier } from "../../src/store/notifier.js";

/** Lets the notifier call its subscribers. */
const turn = () => Promise.resolve();

test("a subscriber is called once, however often its key was touched", async () => {
  const notifier = new Notifier();
  let calls = 0;
  notifier.subscribe("rooms", () => (calls += 1));
  notifier.touch("rooms");
  notifier.touch("rooms", "room:1");
  await turn();
  assert.equal(calls, 1);
  notifier.touch("rooms");
  await turn();
  assert.equal(calls, 2);
});

test("other keys call other subscribers alone", async () => {
  const notifier = new Notifier();
  notifier.subscribe("room:1", () => assert.fail());
  notifier.touch("room:2");
  await turn();
});

test("a subscriber that has ended is not called", async () => {
  const notifier = new Notifier();
  const off = notifier.subscribe("rooms", () => assert.fail());
  notifier.touch("rooms");
  off();
  await turn();
});

test("a snapshot is the same object until its key is touched", () => {
  const notifier = new Notifier();
  const snapshot = () => notifier.snapshot("rooms", () => ({}));
  const first = snapshot();
  notifier.touch("room:1");
  assert.equal(snapshot(), first);
  notifier.touch("rooms");
  assert.notEqual(snapshot(), first);
});
