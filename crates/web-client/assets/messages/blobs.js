// Fetches files as object URLs, since a plain address would lack the token. What is no longer shown is released.

/** Files that nothing shows are kept, up to this many, for the next scroll back. */
const UNUSED = 12;

/** Holds object URLs by file id, as long as something shows them. */
export class Blobs {
  #parlor;
  /** @type {Map<string, {users: number, url: Promise<string>, abort: AbortController}>} */
  #files = new Map();

  /** @param {any} parlor */
  constructor(parlor) {
    this.#parlor = parlor;
  }

  /**
   * Returns the object URL of a file. Each call is matched by one of `release`.
   *
   * @param {string} id
   * @returns {Promise<string>}
   */
  use(id) {
    let file = this.#files.get(id);
    if (!file) {
      const abort = new AbortController();
      const url = this.#parlor.files.download(id, { signal: abort.signal }).then((blob) => URL.createObjectURL(blob));
      file = { users: 0, url, abort };
      // A failed download is tried again by the next one that shows it.
      url.catch(() => this.#files.delete(id));
    }
    this.#files.delete(id);
    this.#files.set(id, file);
    file.users += 1;
    return file.url;
  }

  /** @param {string} id */
  release(id) {
    const file = this.#files.get(id);
    if (file) file.users -= 1;
    const unused = [...this.#files].filter(([, { users }]) => users === 0);
    for (const [old, { url, abort }] of unused.slice(0, Math.max(0, unused.length - UNUSED))) {
      this.#files.delete(old);
      abort.abort();
      url.then(URL.revokeObjectURL, () => {});
    }
  }

  /** Releases everything, at the sign out. */
  clear() {
    for (const { url, abort } of this.#files.values()) {
      abort.abort();
      url.then(URL.revokeObjectURL, () => {});
    }
    this.#files.clear();
  }
}
