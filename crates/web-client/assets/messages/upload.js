// One file on its way to the server.

import { signal } from '../vendor.js';

/** An upload, with its progress, that can be ended and tried again. */
export class Upload {
  /** @type {import('../vendor.js').Signal} 'running', 'done' or 'failed' */
  state = signal('running');
  /** The part that is sent, from 0 to 1. */
  progress = signal(0);
  failure = signal('');
  /** @type {any} what the server answered */
  result = null;
  /** @type {string | null} an address of the local file, for a preview */
  preview = null;

  #parlor;
  #abort = new AbortController();

  /** @param {File} file @param {any} parlor */
  constructor(file, parlor) {
    this.file = file;
    this.#parlor = parlor;
    if (/^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(file.type)) this.preview = URL.createObjectURL(file);
  }

  async start() {
    this.#abort = new AbortController();
    const { signal: ended } = this.#abort;
    this.state.value = 'running';
    this.progress.value = 0;
    try {
      this.result = await this.#parlor.files.upload(this.file, {
        signal: ended,
        onProgress: ({ sent, total }) => (this.progress.value = total ? sent / total : 1),
      });
      this.state.value = 'done';
    } catch (error) {
      if (ended.aborted) return;
      this.failure.value = /** @type {Error} */ (error).message;
      this.state.value = 'failed';
    }
  }

  /** Ends the upload; a file that has arrived is deleted, since no message will show it. */
  cancel() {
    this.#abort.abort();
    this.release();
    if (this.result) this.#parlor.files.delete(this.result.id).catch(() => {});
  }

  release() {
    if (this.preview) URL.revokeObjectURL(this.preview);
    this.preview = null;
  }
}
