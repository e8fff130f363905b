import assert from "node:assert/strict";
import { test } from "node:test";

import { Window } from "../../src/store/window.js";
import { message } from "../support/messages.js";

/** @param {Window} window */
const seqs = (window) => window.items.map(({ seq }) => seq);

test("messages are in the order of their places, whatever the order in which they come", () => {
  const window = new Window();
  window.merge([message({ seq: 5 }), message({ seq: 2 })]);
  window.merge([message({ seq: 3 })]);
  window.merge([message({ seq: 9 }), message({ seq: 1 })]);
  assert.deepEqual(seqs(window), [1, 2, 3, 5, 9]);
});

test("a message is there once, in its newest state", () => {
  const window = new Window();
  window.merge([message({ seq: 1, revision: 4, content: "new" })]);
  assert.equal(window.merge([message({ seq: 1, revision: 2, content: "old" })]), false);
  assert.equal(window.at(1)?.content, "new");
  assert.equal(window.merge([message({ seq: 1, revision: 6, content: "newer" })]), true);
  assert.equal(window.at(1)?.content, "newer");
  assert.deepEqual(seqs(window), [1]);
});

test("an array that was given out does not change", () => {
  const window = new Window();
  window.merge([message({ seq: 1 })]);
  const before = window.items;
  window.merge([message({ seq: 2 })]);
  window.change("m1", (one) => ({ ...one, content: "changed" }));
  assert.equal(before.length, 1);
  assert.equal(before[0]?.content, "Hello");
});

test("without a change the array stays the same", () => {
  const window = new Window();
  window.merge([message({ seq: 1 })]);
  const before = window.items;
  assert.equal(window.change("m1", (one) => one), false);
  assert.equal(window.change("m9", () => assert.fail("it is not there")), false);
  assert.equal(window.items, before);
});

test("messages touch the window where they overlap or continue it", () => {
  const window = new Window();
  window.merge([5, 6, 7].map((seq) => message({ seq })));
  const touches = (/** @type {number[]} */ ...places) => window.touches(places.map((seq) => message({ seq })));
  assert.ok(touches(8, 9));
  assert.ok(touches(3, 4));
  assert.ok(touches(1, 2, 3, 4, 5, 6, 7, 8));
  assert.ok(!touches(9, 10));
  assert.ok(!touches(1, 2, 3));
});

test("only the newest stay, and the others are on the server", () => {
  const window = new Window();
  window.hasOlder = false;
  window.merge([1, 2, 3, 4].map((seq) => message({ seq })));
  window.keepNewest(4);
  assert.equal(window.hasOlder, false);
  window.keepNewest(2);
  assert.deepEqual(seqs(window), [3, 4]);
  assert.equal(window.hasOlder, true);
});

test("a message is found by its id, and so are those that quote it", () => {
  const window = new Window();
  const { id, seq, sender, content, deletedAt } = message({ seq: 1 });
  window.merge([message({ seq: 2 }), message({ seq: 3, replyTo: { id, seq, sender, content, deletedAt } })]);
  assert.equal(window.get("m2")?.seq, 2);
  assert.deepEqual([...window.quoting("m1")], ["m3"]);
  assert.deepEqual([...window.quoting("m2")], []);
  window.keepNewest(1);
  assert.equal(window.get("m2"), undefined);
});
