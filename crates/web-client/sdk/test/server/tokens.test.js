// Tokens that lapse: the client renews them, and knows when it is over.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Parlor } from "../../src/index.js";
import { roomOf, sessionOf, signedIn, startServer } from "../support/server.js";

const url = await startServer({ PARLOR_TOKEN_TTL: "5s" });

test("a connection outlives its first token without a break", { timeout: 30_000 }, async () => {
  const ada = await signedIn(url);
  const first = ada.session.current?.token;
  const connection = ada.connect();
  await connection.whenLive();
  const room = await roomOf(ada);
  /** @type {string[]} */
  const states = [];
  connection.on("state", ({ name }) => states.push(name));
  for (let renewals = 0; renewals < 2; renewals++) await ada.session.once("change");
  // The first token has lapsed: the socket has lived through it.
  const sent = await connection.send(room.id, { content: "later" });
  assert.equal(sent.seq, 1);
  assert.deepEqual(states, []);
  assert.notEqual(ada.session.current?.token, first);
  connection.close();
});

test("calls renew the token before it lapses", async (context) => {
  const ada = await signedIn(url);
  const first = ada.session.current;
  assert.ok(first);
  context.mock.timers.enable({ apis: ["Date"], now: first.renewAt - 1 });
  await ada.auth.me();
  assert.equal(ada.session.current?.token, first.token);
  context.mock.timers.setTime(first.renewAt);
  await Promise.all([ada.auth.me(), ada.auth.me()]);
  assert.notEqual(ada.session.current?.renewAt, first.renewAt);
});

test("a lapsed token ends the session, once, and the connection", { timeout: 30_000 }, async () => {
  const ada = await signedIn(url);
  const session = ada.session.current;
  assert.ok(session);
  // As a laptop that slept: nothing was renewed in time.
  const stale = new Parlor({ url, storage: { load: () => ({ ...session, renewAt: Infinity }), save: () => {} } });
  await lapsed(url, session.token);
  let ended = 0;
  stale.auth.onEnded(() => (ended += 1));
  const connection = stale.connect({ backoff: { first: 5, limit: 5 } });
  await assert.rejects(connection.whenLive(), { code: "CLOSED" });
  assert.deepEqual(connection.state, { name: "closed", reason: "signed-out" });
  assert.equal(stale.auth.isSignedIn, false);
  assert.equal(ended, 1);
});

test("a logout elsewhere ends the connection", { timeout: 30_000 }, async () => {
  const ada = await signedIn(url);
  const other = new Parlor({ url, storage: sessionOf(ada) });
  const connection = ada.connect({ backoff: { first: 5, limit: 5 } });
  await connection.whenLive();
  const ended = new Promise((resolve) => ada.auth.onEnded(() => resolve(undefined)));
  await other.auth.logout();
  await ended;
  assert.deepEqual(connection.state, { name: "closed", reason: "signed-out" });
});

test("a logout ends the connection and is no surprise", async () => {
  const ada = await signedIn(url);
  const connection = ada.connect();
  await connection.whenLive();
  ada.auth.onEnded(() => assert.fail("the session did not end by itself"));
  await ada.auth.logout();
  assert.deepEqual(connection.state, { name: "closed", reason: "signed-out" });
  assert.equal(ada.auth.user, undefined);
});

/**
 * Waits until the server refuses a token.
 * @param {string} address
 * @param {string} token
 */
async function lapsed(address, token) {
  const headers = { Authorization: `Bearer ${token}` };
  while ((await fetch(`${address}/api/users/me`, { headers })).status === 200) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
