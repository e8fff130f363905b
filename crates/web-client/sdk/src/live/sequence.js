// The order of one room's events.

import { ParlorError } from "../errors.js";
import { Backoff, pause } from "./backoff.js";

/** The most events that wait for a repair. Beyond them, the repair reads them from the server. */
const HELD = 1_000;

/**
 * @typedef {object} SequenceInit
 * @property {number} revision The last revision that the receiver has.
 * @property {(since: number) => Promise<{data: any[], pagination: {hasMore: boolean, since: number}}>} changes Reads a page of changes.
 * @property {(events: any[]) => void} deliver Receives events in the order of their revisions, each once.
 * @property {() => void} [onSettled] Called when a repair has ended.
 */

/**
 * Delivers the lasting events of a room in the order of their revisions. Where one is missing, it reads the changes since the last one
 * that was delivered, for as long as it takes, and holds back what comes meanwhile.
 */
export class RoomSequence {
  #init;
  /** @type {any[]} */
  #held = [];
  #target = 0;
  #isRepairing = false;
  #end = new AbortController();

  /** @param {SequenceInit} init */
  constructor(init) {
    this.#init = init;
    /** The last revision that was delivered. */
    this.revision = init.revision;
  }

  /** True while changes are being read. */
  get isRepairing() {
    return this.#isRepairing;
  }

  /**
   * Takes an event from the connection.
   * @param {{revision: number}} event
   */
  offer(event) {
    if (event.revision <= this.revision) return;
    if (event.revision === this.revision + 1 && !this.#isRepairing) {
      this.revision = event.revision;
      this.#init.deliver([event]);
      return;
    }
    if (this.#held.length < HELD) this.#held.push(event);
    this.reach(event.revision);
  }

  /**
   * Learns that the room is at a revision, and reads what is missing up to it.
   * @param {number} revision
   */
  reach(revision) {
    this.#target = Math.max(this.#target, revision);
    if (this.#target > this.revision && !this.#isRepairing) this.#repair();
  }

  /**
   * Goes on from a revision without what lies before it.
   * @param {number} revision
   */
  skipTo(revision) {
    this.revision = Math.max(this.revision, revision);
  }

  /** Delivers nothing any more. */
  end() {
    this.#end.abort();
  }

  async #repair() {
    this.#isRepairing = true;
    const backoff = new Backoff();
    while (this.revision < this.#target && !this.#end.signal.aborted) {
      try {
        const { data, pagination } = await this.#init.changes(this.revision);
        if (this.#end.signal.aborted) break;
        const before = this.revision;
        this.#advance(data, pagination.since);
        if (this.revision > before) backoff.reset();
        else await pause(backoff.next(), this.#end.signal);
      } catch (error) {
        if (error instanceof ParlorError && FINAL.has(error.code)) break;
        await pause(backoff.next(), this.#end.signal);
      }
    }
    this.#held = [];
    this.#isRepairing = false;
    this.#init.onSettled?.();
  }

  /**
   * Delivers a page of changes, and what was held back and follows it.
   * @param {any[]} events
   * @param {number} upTo
   */
  #advance(events, upTo) {
    const next = events.filter(({ revision }) => revision > this.revision);
    this.revision = Math.max(this.revision, upTo);
    this.#held = this.#held
      .filter(({ revision }) => revision > this.revision)
      .sort((one, other) => one.revision - other.revision);
    while (this.#held[0]?.revision === this.revision + 1) {
      this.revision += 1;
      next.push(this.#held.shift());
    }
    if (next.length > 0) this.#init.deliver(next);
  }
}

/** What ends a repair: the room is gone for this user, or the session is; an event says so too. */
const FINAL = new Set(["ROOM_NOT_FOUND", "NOT_A_MEMBER", "UNAUTHENTICATED"]);
