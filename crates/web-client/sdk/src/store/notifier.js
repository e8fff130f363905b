// Subscribers by key, and snapshots that are made anew only after a change.

import { safely } from "../events.js";

/**
 * Knows what has changed. A snapshot stays the same object until its key is touched; then the subscribers of the key are called
 * once, after the events that are being applied, however many they are.
 */
export class Notifier {
  /** @type {Map<string, Set<() => void>>} */
  #subscribers = new Map();
  /** @type {Map<string, unknown>} */
  #snapshots = new Map();
  /** @type {Set<string>} */
  #touched = new Set();

  /**
   * Calls `fn` after each change of a key.
   * @param {string} key
   * @param {() => void} fn
   * @returns {() => void} A function that ends it.
   */
  subscribe(key, fn) {
    const set = this.#subscribers.get(key) ?? new Set();
    this.#subscribers.set(key, set.add(fn));
    return () => {
      set.delete(fn);
      if (set.size === 0 && this.#subscribers.get(key) === set) this.#subscribers.delete(key);
    };
  }

  /**
   * States that keys have changed.
   * @param {...string} keys
   */
  touch(...keys) {
    for (const key of keys) {
      this.#snapshots.delete(key);
      if (this.#touched.size === 0) queueMicrotask(() => this.#call());
      this.#touched.add(key);
    }
  }

  /**
   * Returns the snapshot of a key.
   * @template T
   * @param {string} key
   * @param {() => T} make
   * @returns {T}
   */
  snapshot(key, make) {
    if (!this.#snapshots.has(key)) this.#snapshots.set(key, make());
    return /** @type {T} */ (this.#snapshots.get(key));
  }

  #call() {
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const key of touched) {
      for (const fn of [...(this.#subscribers.get(key) ?? [])]) safely(fn);
    }
  }
}
