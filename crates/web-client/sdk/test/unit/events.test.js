import assert from "node:assert/strict";
import { test } from "node:test";

import { Emitter } from "../../src/events.js";

test("listeners of a name are called with what happened, until they end", () => {
  const emitter = new Emitter();
  /** @type {string[]} */
  const seen = [];
  const off = emitter.on("said", (words) => seen.push(words));
  emitter.emit("said", "one");
  emitter.emit("sung", "two");
  off();
  emitter.emit("said", "three");
  assert.deepEqual(seen, ["one"]);
});

test("a faulty listener keeps nothing from the others, and its error is thrown outside", (context) => {
  const emitter = new Emitter();
  /** @type {Array<() => void>} */
  const later = [];
  context.mock.method(globalThis, "queueMicrotask", (/** @type {() => void} */ fn) => later.push(fn));
  let called = false;
  emitter.on("said", () => {
    throw new Error("faulty");
  });
  emitter.on("said", () => (called = true));
  emitter.emit("said");
  assert.ok(called);
  assert.throws(() => later[0]?.(), /faulty/);
});

test("an iteration misses nothing while its loop is busy", async () => {
  const emitter = new Emitter();
  let hasEnded = false;
  const words = emitter.iterate("said", "ended", () => hasEnded);
  emitter.emit("said", "one");
  assert.equal((await words.next()).value, "one");
  emitter.emit("said", "two");
  emitter.emit("said", "three");
  assert.equal((await words.next()).value, "two");
  assert.equal((await words.next()).value, "three");
  const last = words.next();
  hasEnded = true;
  emitter.emit("ended");
  assert.equal((await last).done, true);
});
