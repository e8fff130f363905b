// Messages that are on their way: each is sent until the server has answered it, under one key, in order within its room.

import { ParlorError } from "../errors.js";
import { Backoff, pause } from "./backoff.js";

/**
 * @typedef {object} Entry
 * @property {import("../types.js").Draft & {clientId: string}} draft
 * @property {(message: import("../types.js").Message) => void} resolve
 * @property {(error: unknown) => void} reject
 */

/** Sends messages; one at a time in each room, so that a repeat overtakes nothing. */
export class Outbox {
  #transmit;
  /** @type {Map<string, Entry[]>} */
  #rooms = new Map();
  /** @type {Set<string>} The rooms whose first message is being sent, or waits for its next attempt. */
  #busy = new Set();
  #isOpen = false;
  #end = new AbortController();

  /**
   * @param {(roomId: string, draft: import("../types.js").Draft) => Promise<import("../types.js").Message>} transmit
   *   Rejects with `NETWORK` where the connection broke before the answer.
   */
  constructor(transmit) {
    this.#transmit = transmit;
  }

  /** The number of messages that the server has not answered. */
  get size() {
    return [...this.#rooms.values()].reduce((sum, entries) => sum + entries.length, 0);
  }

  /**
   * Sends a message as soon as there is a connection, and again after each interruption.
   * @param {string} roomId
   * @param {import("../types.js").Draft} draft
   * @returns {Promise<import("../types.js").Message>} Rejects where the server refuses it.
   */
  send(roomId, draft) {
    if (this.#end.signal.aborted) return Promise.reject(ended());
    const keyed = { ...draft, clientId: draft.clientId ?? newKey() };
    return new Promise((resolve, reject) => {
      const entries = this.#rooms.get(roomId) ?? [];
      entries.push({ draft: keyed, resolve, reject });
      this.#rooms.set(roomId, entries);
      this.#advance(roomId);
    });
  }

  /**
   * Stops sending a message. One that is on its way may arrive all the same.
   * @param {string} roomId
   * @param {string} clientId
   */
  withdraw(roomId, clientId) {
    const entries = this.#rooms.get(roomId) ?? [];
    const entry = entries.find(({ draft }) => draft.clientId === clientId);
    if (!entry) return;
    entries.splice(entries.indexOf(entry), 1);
    if (entries.length === 0) this.#rooms.delete(roomId);
    entry.reject(new ParlorError({ status: 0, code: "WITHDRAWN", message: "The message was withdrawn" }));
  }

  /** Begins to send, with what was not answered first. */
  open() {
    this.#isOpen = true;
    for (const roomId of this.#rooms.keys()) this.#advance(roomId);
  }

  /** Stops sending until the next `open`. */
  pause() {
    this.#isOpen = false;
  }

  /** Gives up: everything unanswered is rejected. */
  end() {
    this.#end.abort();
    this.pause();
    for (const entries of this.#rooms.values()) for (const entry of entries) entry.reject(ended());
    this.#rooms.clear();
  }

  /** @param {string} roomId */
  async #advance(roomId) {
    if (this.#busy.has(roomId)) return;
    this.#busy.add(roomId);
    const backoff = new Backoff({ first: 1_000 });
    let entry;
    while (this.#isOpen && (entry = this.#rooms.get(roomId)?.[0])) {
      const { draft, resolve, reject } = entry;
      try {
        const message = await this.#transmit(roomId, draft);
        this.#answered(roomId, entry);
        resolve(message);
        backoff.reset();
      } catch (error) {
        if (!(error instanceof ParlorError && error.isTemporary)) {
          this.#answered(roomId, entry);
          reject(error);
        } else if (error.code === "NETWORK") {
          // The connection says when it is back; until then a repeat would fail alike.
          this.#isOpen = false;
        } else if (error.code !== "TIMEOUT") {
          const wait = error.retryAfter === undefined ? backoff.next() : error.retryAfter * 1_000;
          await pause(wait, this.#end.signal);
        }
      }
    }
    this.#busy.delete(roomId);
  }

  /**
   * @param {string} roomId
   * @param {Entry} entry
   */
  #answered(roomId, entry) {
    const entries = this.#rooms.get(roomId) ?? [];
    if (entries[0] === entry) entries.shift();
    if (entries.length === 0) this.#rooms.delete(roomId);
  }
}

/** Makes a key that no other message has. */
export function newKey() {
  return crypto.randomUUID();
}

function ended() {
  return new ParlorError({ status: 0, code: "CLOSED", message: "The connection was closed" });
}
