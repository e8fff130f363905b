import assert from "node:assert/strict";
import { test } from "node:test";

import { ParlorError } from "../../src/errors.js";
import { RoomSequence } from "../../src/live/sequence.js";

/** @param {...number} revisions */
const events = (...revisions) => revisions.map((revision) => ({ revision }));

/**
 * Makes a sequence whose pages of changes the test hands out.
 * @param {number} revision
 */
function sequenceAt(revision) {
  /** @type {number[]} */
  const delivered = [];
  /** @type {Array<{since: number, answer: (revisions: number[], hasMore?: boolean) => void, fail: (error: Error) => void}>} */
  const asked = [];
  let settled = 0;
  const sequence = new RoomSequence({
    revision,
    changes: (since) =>
      new Promise((resolve, reject) => {
        const answer = (/** @type {number[]} */ revisions, hasMore = false) =>
          resolve({ data: events(...revisions), pagination: { hasMore, since: revisions.at(-1) ?? since } });
        asked.push({ since, answer, fail: reject });
      }),
    deliver: (page) => delivered.push(...page.map((event) => event.revision)),
    onSettled: () => (settled += 1),
  });
  return { sequence, delivered, asked, settled: () => settled };
}

/** Lets everything proceed that waits for nothing but its turn. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("events that follow each other are delivered at once", () => {
  const { sequence, delivered, asked } = sequenceAt(3);
  for (const event of events(4, 5)) sequence.offer(event);
  assert.deepEqual(delivered, [4, 5]);
  assert.equal(asked.length, 0);
});

test("an event that was delivered before is dropped", () => {
  const { sequence, delivered } = sequenceAt(3);
  for (const event of events(4, 4, 2, 5)) sequence.offer(event);
  assert.deepEqual(delivered, [4, 5]);
});

test("missing events are read, and what came meanwhile follows them", async () => {
  const { sequence, delivered, asked } = sequenceAt(3);
  for (const event of events(6, 7)) sequence.offer(event);
  assert.deepEqual(delivered, []);
  assert.equal(asked[0]?.since, 3);
  asked[0]?.answer([4, 5]);
  await turn();
  assert.deepEqual(delivered, [4, 5, 6, 7]);
  assert.equal(asked.length, 1);
  assert.equal(sequence.isRepairing, false);
});

test("revisions that a later state supersedes are not waited for", async () => {
  const { sequence, delivered, asked } = sequenceAt(3);
  sequence.reach(9);
  asked[0]?.answer([5, 9]);
  await turn();
  assert.deepEqual(delivered, [5, 9]);
  assert.equal(sequence.revision, 9);
});

test("pages are read until the revision is reached that an event has named", async () => {
  const { sequence, delivered, asked, settled } = sequenceAt(0);
  sequence.reach(4);
  asked[0]?.answer([1, 2], true);
  await turn();
  assert.equal(asked[1]?.since, 2);
  assert.equal(settled(), 0);
  sequence.offer({ revision: 5 });
  asked[1]?.answer([3, 4]);
  await turn();
  assert.deepEqual(delivered, [1, 2, 3, 4, 5]);
  assert.equal(settled(), 1);
});

test("a failed read is repeated from the same revision", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { sequence, delivered, asked } = sequenceAt(0);
  sequence.offer({ revision: 2 });
  asked[0]?.fail(new ParlorError({ status: 0, code: "NETWORK", message: "" }));
  await turn();
  context.mock.timers.tick(1_000);
  await turn();
  assert.equal(asked[1]?.since, 0);
  asked[1]?.answer([1, 2]);
  await turn();
  assert.deepEqual(delivered, [1, 2]);
});

test("a room that the user lost is not read any more", async () => {
  const { sequence, asked } = sequenceAt(0);
  sequence.offer({ revision: 2 });
  asked[0]?.fail(new ParlorError({ status: 403, code: "NOT_A_MEMBER", message: "" }));
  await turn();
  assert.equal(sequence.isRepairing, false);
  assert.equal(asked.length, 1);
});

test("more events than are held back are read instead", async () => {
  const { sequence, delivered, asked } = sequenceAt(0);
  const revisions = Array.from({ length: 1_500 }, (_, index) => index + 2);
  for (const event of events(...revisions)) sequence.offer(event);
  asked[0]?.answer([1]);
  await turn();
  assert.equal(delivered.length, 1_001);
  assert.equal(asked[1]?.since, 1_001);
  asked[1]?.answer(revisions.slice(1_000));
  await turn();
  assert.equal(delivered.length, 1_501);
  assert.deepEqual(delivered, [...delivered].sort((one, other) => one - other));
});

test("after its end nothing is delivered", async () => {
  const { sequence, delivered, asked } = sequenceAt(0);
  sequence.offer({ revision: 2 });
  sequence.end();
  asked[0]?.answer([1, 2]);
  await turn();
  assert.deepEqual(delivered, []);
});
