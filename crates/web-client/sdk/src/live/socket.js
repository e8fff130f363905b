// One WebSocket: frames in and out, answers by `ref`, and a check that the other side is still there.

import { noAnswer, ParlorError, tooLate } from "../errors.js";
import { withoutSecrets } from "../observe.js";

/** The time without a frame after which the socket asks for one, and the time that the answer may take. */
const QUIET = 20_000;
const PATIENCE = 10_000;

/**
 * @typedef {object} SocketEvents
 * @property {() => void} onOpen
 * @property {(frame: any) => void} onFrame Every frame but answers.
 * @property {(code: number, reason: string) => void} onClose Called once.
 * @property {(observation: import("../observe.js").Observation) => void} observe
 */

/** A socket of `/chat`. */
export class Socket {
  #ws;
  #events;
  #url;
  #nextRef = 1;
  /** @type {Map<number, {resolve: (data: any) => void, reject: (error: unknown) => void, timer: ReturnType<typeof setTimeout>}>} */
  #waiting = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isClosed = false;

  /**
   * @param {typeof WebSocket} Constructor
   * @param {string} url The server's address, of http or https.
   * @param {string} token
   * @param {SocketEvents} events
   */
  constructor(Constructor, url, token, events) {
    this.#events = events;
    this.#url = `${url.replace(/^http/, "ws")}/chat`;
    this.#ws = new Constructor(this.#url, ["parlor.v1", `bearer.${token}`]);
    this.#ws.addEventListener("open", () => {
      if (this.#isClosed) return;
      this.#observe({ kind: "socket", state: "opened" });
      this.#stillThere();
      events.onOpen();
    });
    this.#ws.addEventListener("message", ({ data }) => this.#received(String(data)));
    this.#ws.addEventListener("close", ({ code, reason }) => this.#closed(code, reason));
    // An error is followed by a close, except where a polyfill forgets it.
    this.#ws.addEventListener("error", () => this.#closed(1006, ""));
    this.#timer = setTimeout(() => this.drop("no answer to the opening"), PATIENCE);
  }

  /**
   * Sends a frame and waits for its answer.
   * @param {Record<string, unknown>} frame
   * @returns {Promise<any>} The `data` of the `ack`.
   */
  request(frame) {
    const ref = this.#nextRef++;
    return new Promise((resolve, reject) => {
      if (!this.#write({ ...frame, ref })) return reject(noAnswer("the socket is closed"));
      const timer = setTimeout(() => {
        this.#waiting.delete(ref);
        reject(tooLate());
      }, PATIENCE);
      this.#waiting.set(ref, { resolve, reject, timer });
    });
  }

  /**
   * Sends a frame whose answer does not matter.
   * @param {Record<string, unknown>} frame
   */
  notify(frame) {
    this.#write(frame);
  }

  /** Closes the socket for good. */
  close() {
    this.#closed(1000, "closed by the client");
    this.#ws.close(1000);
  }

  /** @param {Record<string, unknown>} frame */
  #write(frame) {
    if (this.#isClosed || this.#ws.readyState !== 1) return false;
    this.#observe({ kind: "sent", frame: withoutSecrets(frame) });
    this.#ws.send(JSON.stringify(frame));
    return true;
  }

  /** @param {string} text */
  #received(text) {
    if (this.#isClosed) return;
    this.#stillThere();
    const frame = JSON.parse(text);
    this.#observe({ kind: "received", frame });
    const waiting = this.#waiting.get(frame.ref);
    if (!waiting || (frame.action !== "ack" && frame.action !== "error")) return this.#events.onFrame(frame);
    this.#waiting.delete(frame.ref);
    clearTimeout(waiting.timer);
    if (frame.action === "ack") waiting.resolve(frame.data);
    else waiting.reject(new ParlorError({ ...frame, status: 0, message: frame.error }));
  }

  /** Starts the wait for the next frame anew. */
  #stillThere() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.notify({ action: "ping" });
      this.#timer = setTimeout(() => this.drop("the server is silent"), PATIENCE);
    }, QUIET);
  }

  /**
   * Gives the socket up. Its own close may take minutes where the network is gone, so nothing waits for it.
   * @param {string} reason
   */
  drop(reason) {
    this.#closed(1006, reason);
    this.#ws.close();
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #closed(code, reason) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#observe({ kind: "socket", state: "closed", code, reason });
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(noAnswer(`the socket closed: ${code} ${reason}`));
    }
    this.#waiting.clear();
    this.#events.onClose(code, reason);
  }

  /** @param {Partial<import("../observe.js").Observation> & {kind: "sent" | "received" | "socket"}} what */
  #observe(what) {
    this.#events.observe({ at: Date.now(), url: this.#url, ...what });
  }
}
