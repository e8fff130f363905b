import assert from "node:assert/strict";
import { test } from "node:test";

import { ParlorError } from "../../src/errors.js";
import { Outbox } from "../../src/live/outbox.js";

/** @param {string} code */
const failure = (code) => new ParlorError({ status: 0, code, message: code });

/** Makes an outbox whose transmissions the test answers. */
function outbox() {
  /** @type {Array<{roomId: string, draft: any, answer: (message: any) => void, fail: (error: Error) => void}>} */
  const sent = [];
  const box = new Outbox(
    (roomId, draft) => new Promise((answer, fail) => sent.push({ roomId, draft, answer, fail })),
  );
  return { box, sent };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("nothing is sent before there is a connection", async () => {
  const { box, sent } = outbox();
  box.send("a", { content: "one" });
  assert.equal(sent.length, 0);
  box.open();
  assert.equal(sent[0]?.draft.content, "one");
});

test("a message waits for the one before it in its room, not for other rooms", async () => {
  const { box, sent } = outbox();
  box.open();
  box.send("a", { content: "one" });
  box.send("a", { content: "two" });
  box.send("b", { content: "three" });
  assert.deepEqual(sent.map(({ draft }) => draft.content), ["one", "three"]);
  sent[0]?.answer({});
  await turn();
  assert.deepEqual(sent.map(({ draft }) => draft.content), ["one", "three", "two"]);
});

test("an unanswered message is sent again under its key, before later ones", async () => {
  const { box, sent } = outbox();
  box.open();
  const promise = box.send("a", { content: "one" });
  box.send("a", { content: "two" });
  sent[0]?.fail(failure("NETWORK"));
  box.pause();
  await turn();
  assert.equal(sent.length, 1);
  box.open();
  assert.equal(sent[1]?.draft.content, "one");
  assert.equal(sent[1]?.draft.clientId, sent[0]?.draft.clientId);
  sent[1]?.answer({ seq: 1 });
  assert.deepEqual(await promise, { seq: 1 });
  assert.equal(box.size, 1);
});

test("an answer that does not come is asked for again on the same connection", async () => {
  const { box, sent } = outbox();
  box.open();
  box.send("a", { content: "one" });
  sent[0]?.fail(failure("TIMEOUT"));
  await turn();
  assert.equal(sent[1]?.draft.clientId, sent[0]?.draft.clientId);
});

test("a limited message is sent again after the time that the server named", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { box, sent } = outbox();
  box.open();
  box.send("a", { content: "one" });
  sent[0]?.fail(new ParlorError({ status: 0, code: "RATE_LIMITED", message: "", retryAfter: 7 }));
  await turn();
  context.mock.timers.tick(6_999);
  await turn();
  assert.equal(sent.length, 1);
  context.mock.timers.tick(1);
  await turn();
  assert.equal(sent[1]?.draft.content, "one");
});

test("a refused message is rejected, and the next one goes on", async () => {
  const { box, sent } = outbox();
  box.open();
  const refused = box.send("a", { content: "" });
  box.send("a", { content: "two" });
  sent[0]?.fail(failure("VALIDATION_FAILED"));
  await assert.rejects(refused, { code: "VALIDATION_FAILED" });
  await turn();
  assert.equal(sent[1]?.draft.content, "two");
});

test("at its end everything unanswered is rejected, and what comes later", async () => {
  const { box } = outbox();
  const waiting = box.send("a", { content: "one" });
  box.end();
  await assert.rejects(waiting, { code: "CLOSED" });
  await assert.rejects(box.send("a", { content: "two" }), { code: "CLOSED" });
});
