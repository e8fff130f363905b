// One WebSocket: frames in and out, answers by `ref`, and a check that the other side is still there.

import { noAnswer, ParlorError, tooLarge, tooLate } from "../errors.js";
import { withoutSecrets } from "../observe.js";

/** The time without a frame after which the socket asks for one, and the time that the answer may take. */
const QUIET = 20_000;
const SILENCE_TIMEOUT = 10_000;

/** The most bytes of a frame that the server takes. */
const FRAME = 65_536;
/** The code with which a socket is closed upon a frame that is too large. */
const TOO_LARGE = 1009;

/**
 * @typedef {object} Request A frame that waits for its answer.
 * @property {number} size Its bytes.
 * @property {(data: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 */

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
  /** @type {Map<number, Request>} */
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
    this.#timer = setTimeout(() => this.drop("no answer to the opening"), SILENCE_TIMEOUT);
  }

  /** True between the handshake and the end. */
  get isOpen() {
    return !this.#isClosed && this.#ws.readyState === 1;
  }

  /**
   * Sends a frame and waits for its answer.
   * @param {Record<string, unknown>} frame
   * @returns {Promise<any>} The `data` of the `ack`. Rejects with `PAYLOAD_TOO_LARGE`, without sending it, where no frame can hold it.
   */
  request(frame) {
    const ref = this.#nextRef++;
    const text = JSON.stringify({ ...frame, ref });
    const size = new TextEncoder().encode(text).length;
    return new Promise((resolve, reject) => {
      if (size > FRAME) return reject(tooLarge(size));
      if (!this.#write({ ...frame, ref }, text)) return reject(noAnswer("the socket is closed"));
      const timer = setTimeout(() => {
        this.#waiting.delete(ref);
        reject(tooLate());
      }, SILENCE_TIMEOUT);
      this.#waiting.set(ref, { size, resolve, reject, timer });
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

  /**
   * @param {Record<string, unknown>} frame
   * @param {string} [text]
   */
  #write(frame, text = JSON.stringify(frame)) {
    if (!this.isOpen) return false;
    this.#observe({ kind: "sent", frame: withoutSecrets(frame) });
    this.#ws.send(text);
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
      this.#timer = setTimeout(() => this.drop("the server is silent"), SILENCE_TIMEOUT);
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
    const waiting = [...this.#waiting.values()];
    // Sent again, what was too large would end every socket to come.
    const refused = code === TOO_LARGE ? waiting.sort((one, other) => other.size - one.size)[0] : undefined;
    for (const request of waiting) {
      clearTimeout(request.timer);
      request.reject(request === refused ? tooLarge(request.size) : noAnswer(`the socket closed: ${code} ${reason}`));
    }
    this.#waiting.clear();
    this.#events.onClose(code, reason);
  }

  /** @param {Partial<import("../observe.js").Observation> & {kind: "sent" | "received" | "socket"}} what */
  #observe(what) {
    this.#events.observe({ at: Date.now(), url: this.#url, ...what });
  }
}
