import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../../src/live/backoff.js";

test("waits double up to the limit", () => {
  const backoff = new Backoff({ first: 100, limit: 1_000, random: () => 1 });
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => backoff.next()), [100, 200, 400, 800, 1_000, 1_000]);
});

test("a wait is drawn between its half and its whole", () => {
  const draws = [0, 0.5, 1];
  const backoff = new Backoff({ first: 100, limit: 100, random: () => draws.shift() ?? 0 });
  assert.deepEqual([backoff.next(), backoff.next(), backoff.next()], [50, 75, 100]);
});

test("a success starts over", () => {
  const backoff = new Backoff({ first: 100, limit: 1_000, random: () => 1 });
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), 100);
});
