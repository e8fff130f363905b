// Waiting times between attempts.

/** Waiting times that double up to a limit, each drawn at random between its half and its whole, so that clients spread out. */
export class Backoff {
  #attempt = 0;

  /**
   * @param {{first?: number, limit?: number, random?: () => number}} [options] In milliseconds.
   */
  constructor({ first = 500, limit = 30_000, random = Math.random } = {}) {
    this.first = first;
    this.limit = limit;
    this.random = random;
  }

  /** Returns the milliseconds to wait before the next attempt. */
  next() {
    const whole = Math.min(this.limit, this.first * 2 ** this.#attempt);
    this.#attempt = Math.min(this.#attempt + 1, 30);
    return whole * (0.5 + this.random() / 2);
  }

  /** Starts over, after a success. */
  reset() {
    this.#attempt = 0;
  }
}

/**
 * Waits.
 * @param {number} milliseconds
 * @param {AbortSignal} [signal] Ends the wait at once, without an error.
 * @returns {Promise<void>}
 */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}
