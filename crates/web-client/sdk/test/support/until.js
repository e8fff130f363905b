// Waiting for what a store shows.

/**
 * Waits until a condition holds, looking again after each change of the store's keys.
 * @template T
 * @param {import("../../src/index.js").Store} store
 * @param {string[]} keys
 * @param {() => T | undefined | null | false} condition
 * @returns {Promise<T>} What the condition returned.
 */
export function until(store, keys, condition) {
  return new Promise((resolve) => {
    /** @type {Array<() => void>} */
    let offs = [];
    const look = () => {
      const found = condition();
      if (!found) return;
      for (const off of offs) off();
      resolve(found);
    };
    offs = keys.map((key) => store.subscribe(key, look));
    look();
  });
}
