// Files: uploads with progress, downloads.

import { path } from "../http.js";
import { numbered } from "../pages.js";
import { uploadForm } from "./upload.js";

/** Calls about files. */
export class Files {
  #http;

  /** @param {import("../http.js").Http} http */
  constructor(http) {
    this.#http = http;
  }

  /**
   * Lists the caller's own files.
   * @param {{page?: number, limit?: number}} [query]
   * @returns {import("../pages.js").List<import("../types.js").FileInfo, import("../types.js").PageInfo>}
   */
  list(query) {
    return numbered(this.#http, "/api/files", { ...query });
  }

  /**
   * Uploads a file. To show it, send a message with its id as `fileId` and `file` or `image` as `type`.
   * @param {Blob} file A `File` brings its name along.
   * @param {object} [options]
   * @param {string} [options.name] By default that of the `File`.
   * @param {(progress: {sent: number, total: number}) => void} [options.onProgress] Called in browsers as bytes leave,
   *   elsewhere at the beginning and at the end.
   * @param {AbortSignal} [options.signal]
   * @returns {Promise<import("../types.js").FileInfo>}
   */
  async upload(file, { name, onProgress, signal } = {}) {
    const form = new FormData();
    form.append("file", file, name ?? /** @type {{name?: string}} */ (file).name ?? "file");
    return uploadForm(this.#http, "/api/files", form, { total: file.size, onProgress, signal });
  }

  /**
   * Downloads a file.
   * @param {string} id
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<Blob>}
   */
  async download(id, { signal } = {}) {
    return this.#http.blob(path`/api/files/${id}`, signal);
  }

  /**
   * Deletes a file that no message shows: `FILE_IN_USE` otherwise.
   * @param {string} id
   * @returns {Promise<void>}
   */
  delete(id) {
    return this.#http.request("DELETE", path`/api/files/${id}`);
  }
}
