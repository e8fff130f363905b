// Listeners by name.

/** Calls functions when something happens. */
export class Emitter {
  /** @type {Map<string, Set<(value: any) => void>>} */
  #listeners = new Map();

  /**
   * Calls `listener` on every event of that name, or on all events under the name `*`.
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
   * Calls the listeners of an event.
   * @param {string} name
   * @param {any} [value]
   */
  emit(name, value) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(value);
      } catch (error) {
        // A faulty listener must not keep an event from the others.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
