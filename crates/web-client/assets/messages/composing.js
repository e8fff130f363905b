// The state of what is being written in a room or thread: text, the message that it answers, files on their way.

import { computed, signal } from '../vendor.js';
import { readDraft, writeDraft } from './drafts.js';
import { lengthOf, LONGEST } from './length.js';
import { Upload } from './upload.js';

/** What is being written in one place. It outlives the view, so that a visit to another room loses nothing. */
export class Composing {
  text = signal('');
  /** @type {import('../vendor.js').Signal} the id of the message that is answered, or null */
  replyTo = signal(null);
  /** @type {import('../vendor.js').Signal} uploads, each an `Upload` */
  uploads = signal([]);
  /** True once sending was asked for and waits for uploads. */
  sendsSoon = signal(false);
  length = computed(() => lengthOf(this.text.value));
  isUploading = computed(() => this.uploads.value.some((upload) => upload.state.value === 'running'));
  maySend = computed(() => this.length.value <= LONGEST && (this.uploads.value.length > 0
    ? this.uploads.value.every((upload) => upload.state.value !== 'failed') : this.length.value > 0));

  #place;
  #parlor;

  /** @param {string} place @param {any} parlor */
  constructor(place, parlor) {
    this.#place = place;
    this.#parlor = parlor;
    const draft = readDraft(place);
    this.text.value = draft.text;
    this.replyTo.value = draft.replyTo;
  }

  /** @param {string} text */
  write(text) {
    this.text.value = text;
    this.#keep();
  }

  /** @param {string | null} id */
  answer(id) {
    this.replyTo.value = id;
    this.#keep();
  }

  /** Begins to upload files. @param {Iterable<File>} files */
  attach(files) {
    const added = [...files].map((file) => new Upload(file, this.#parlor));
    this.uploads.value = [...this.uploads.value, ...added];
    for (const upload of added) upload.start();
  }

  /** Ends an upload, or takes back one that is done. @param {Upload} upload */
  detach(upload) {
    upload.cancel();
    this.uploads.value = this.uploads.value.filter((other) => other !== upload);
    if (this.uploads.value.length === 0) this.sendsSoon.value = false;
  }

  /**
   * Takes what is to be sent, and begins anew. Files are messages of their own; the first carries the text.
   *
   * @returns {any[]} drafts, in order
   */
  take() {
    const content = this.text.value.trim();
    const replyTo = this.replyTo.value ?? undefined;
    const drafts = this.uploads.value.map(({ result, file }, index) => ({
      type: result.contentType.startsWith('image/') && result.contentType !== 'image/svg+xml' ? 'image' : 'file',
      fileId: result.id,
      content: index === 0 && content ? content : undefined,
      replyTo: index === 0 ? replyTo : undefined,
      file: { ...result, name: result.name ?? file.name },
    }));
    if (drafts.length === 0 && content) drafts.push(/** @type {any} */ ({ content, replyTo }));
    for (const upload of this.uploads.value) upload.release();
    this.uploads.value = [];
    this.sendsSoon.value = false;
    this.text.value = '';
    this.replyTo.value = null;
    this.#keep();
    return drafts;
  }

  #keep() {
    writeDraft(this.#place, { text: this.text.value, replyTo: this.replyTo.value });
  }
}
