// WebSockets whose other end is the test.

/** A socket that opens, receives and closes when the test says so. */
export class FakeSocket extends EventTarget {
  /** @type {FakeSocket[]} All sockets, in order. */
  static all = [];
  readyState = 0;
  /** @type {any[]} The frames that were sent. */
  sent = [];

  /**
   * @param {string} url
   * @param {string[]} protocols
   */
  constructor(url, protocols) {
    super();
    this.url = url;
    this.protocols = protocols;
    FakeSocket.all.push(this);
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  /** Completes the handshake. */
  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  /** @param {unknown} frame */
  receive(frame) {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  /** Answers the last frame that was sent. @param {unknown} [data] */
  acknowledge(data) {
    this.receive({ action: "ack", ref: this.sent.at(-1).ref, data });
  }

  /**
   * Ends the socket from the other side.
   * @param {number} [code]
   */
  end(code = 1006) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason: "" }));
  }
}
