// How far the user has read, told to the server.

/** @typedef {import("../errors.js").ParlorError} ParlorError */
/** @typedef {import("./room.js").RoomState} RoomState */

/** The time between two marks of a room; the last of that time is sent at its end. */
const EVERY = 1_000;

/** Sends read marks: at once, then once a second at most, and again after an interruption. */
export class ReadMarks {
  #connection;
  #counts;
  /** @type {Map<string, {room: RoomState, timer: ReturnType<typeof setTimeout> | undefined, isSending: boolean}>} */
  #marks = new Map();

  /**
   * @param {import("../live/connection.js").Connection} connection
   * @param {(room: RoomState) => void} counts Fetches the counts of a room.
   */
  constructor(connection, counts) {
    this.#connection = connection;
    this.#counts = counts;
  }

  /**
   * Marks a room read up to a message.
   * @param {RoomState} room
   * @param {number} seq
   */
  move(room, seq) {
    const mark = Math.min(seq, room.newestSeq);
    if (mark <= (room.summary.membership?.lastReadSeq ?? mark)) return;
    room.mark = mark;
    if (!room.readUpTo(mark)) this.#counts(room);
    this.#send(room);
  }

  /**
   * Sends what could not be sent before.
   * @param {Iterable<RoomState>} rooms
   */
  resume(rooms) {
    for (const room of rooms) if (room.mark > 0) this.#send(room);
  }

  /** Sends nothing any more. */
  end() {
    for (const { timer } of this.#marks.values()) clearTimeout(timer);
  }

  /** @param {RoomState} room */
  async #send(room) {
    const entry = this.#marks.get(room.id) ?? { room, timer: undefined, isSending: false };
    this.#marks.set(room.id, entry);
    if (entry.timer || entry.isSending) return;
    const seq = room.mark;
    entry.isSending = true;
    try {
      await this.#connection.request({ action: "read", roomId: room.id, seq });
      // A later mark waits for its turn.
      if (room.mark === seq) room.mark = 0;
    } catch (error) {
      const { code, isTemporary } = /** @type {ParlorError} */ (error);
      // It is sent again once there is a connection.
      if (code === "NETWORK") return;
      if (!isTemporary) room.mark = 0;
    } finally {
      entry.isSending = false;
    }
    entry.timer = setTimeout(() => {
      entry.timer = undefined;
      if (room.mark > 0) this.#send(room);
    }, EVERY);
  }
}
