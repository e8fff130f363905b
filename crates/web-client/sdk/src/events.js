// Listeners by name.

/** Calls functions when something happens. */
export class Emitter {
  /** @type {Map<string, Set<(value: any) => void>>} */
  #listeners = new Map();

  /**
   * Calls `listener` on every event of that name.
   * @param {string} name
   * @param {(value: any) => void} listener
   * @returns {() => void} A function that ends it.
   */
  on(name, listener) {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(listener));
    return () => void set.delete(listener);
  }

  /**
   * Waits for the next event of that name.
   * @param {string} name
   * @returns {Promise<any>}
   */
  once(name) {
    return new Promise((resolve) => {
      const off = this.on(name, (value) => (off(), resolve(value)));
    });
  }

  /**
   * Calls the listeners of an event.
   * @param {string} name
   * @param {any} [value]
   */
  emit(name, value) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) safely(() => listener(value));
  }

  /**
   * Iterates over the events of a name from now on; none is lost while the loop is busy.
   * @param {string} name
   * @param {string} other Another event, upon which it looks if it has ended.
   * @param {() => boolean} hasEnded
   * @returns {AsyncGenerator<any, void, void>}
   */
  iterate(name, other, hasEnded) {
    /** @type {any[]} */
    let queue = [];
    let wake = () => {};
    // Listens before the loop begins, not at its first step.
    const offs = [this.on(name, (value) => (queue.push(value), wake())), this.on(other, () => wake())];
    return (async function* () {
      try {
        for (;;) {
          const taken = queue;
          queue = [];
          yield* taken;
          if (queue.length > 0) continue;
          if (hasEnded()) return;
          await new Promise((resolve) => (wake = () => resolve(undefined)));
        }
      } finally {
        for (const off of offs) off();
      }
    })();
  }
}

/**
 * Calls a function. What it throws is reported, and keeps nothing from the functions after it.
 * @param {() => void} fn
 */
export function safely(fn) {
  try {
    fn();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
