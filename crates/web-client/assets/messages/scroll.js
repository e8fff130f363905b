// Keeps the place of the reader in a list whose rows come, go and change their height.

import { signal } from '../vendor.js';
import { Heights } from './heights.js';
import { estimate } from './rows.js';

/** Pixels that are rendered beyond the view on both sides. */
const OVERSCAN = 700;
/** The most renderings between two frames. */
const PASSES = 5;
/** Within this distance from the end the reader counts as being there. */
const END = 40;

/**
 * Scrolls one list. The list renders the rows of `range`, and calls `settle` after each rendering. The reader either
 * follows the end, or stays at an anchor: a row and its distance from the top of the view.
 */
export class Scroller {
  /** True while the reader is at the end of the rows. */
  atEnd = signal(true);
  /** False while newer messages than the last row are to be loaded: their end is not followed. */
  endsLatest = true;
  /** Called when other rows are to be rendered. */
  onRange = () => {};
  /** Called when the view has moved, with the places of the first and last row in it. @type {(first: number, last: number) => void} */
  onView = () => {};
  /** Called when the reader comes near the first or the last row. @type {(edge: 'start' | 'end') => void} */
  onEdge = () => {};

  #heights = new Heights();
  /** @type {import('./rows.js').Row[]} */
  #rows = [];
  #range = { start: 0, end: 0 };
  #width = 0;
  #lastTop = 0;
  #passes = 0;
  #following = true;
  /** @type {{key: string, distance: number} | null} */
  #anchor = null;
  /** @type {HTMLElement | null} */
  #view = null;
  /** @type {HTMLElement | null} */
  #space = null;
  /** @type {HTMLElement | null} */
  #content = null;

  /**
   * Begins to watch the elements: the one that scrolls, the one that is as high as all rows, and the one that holds
   * those that are rendered. Returns a function that ends it.
   *
   * @param {HTMLElement} view
   */
  attach(view) {
    this.#view = view;
    this.#space = /** @type {HTMLElement} */ (view.firstElementChild);
    this.#content = /** @type {HTMLElement} */ (this.#space.firstElementChild);
    const scrolled = () => this.#scrolled();
    view.addEventListener('scroll', scrolled, { passive: true });
    const resized = new ResizeObserver(() => this.#resized());
    resized.observe(view);
    resized.observe(this.#content);
    return () => {
      resized.disconnect();
      view.removeEventListener('scroll', scrolled);
      this.#view = this.#space = this.#content = null;
    };
  }

  /**
   * Takes the present rows and returns the range to render.
   *
   * @param {import('./rows.js').Row[]} rows
   */
  arrange(rows) {
    const width = this.#view?.clientWidth ?? 400;
    if (rows !== this.#rows) {
      this.#rows = rows;
      this.#heights.setRows(rows.map((row) => row.key), rows.map((row) => estimate(row, width)));
    }
    this.#range = this.#rangeAt(this.#wantedTop());
    return this.#range;
  }

  /** Measures what was rendered and puts the reader back to the place where they were. */
  settle() {
    if (!this.#view || !this.#space || !this.#content) return;
    // The reader has scrolled, and the event that says so is still to come.
    if (this.#view.scrollTop !== this.#lastTop) this.#follow();
    for (const row of this.#content.children) {
      const element = /** @type {HTMLElement} */ (row);
      this.#heights.measure(element.dataset['key'] ?? '', element.getBoundingClientRect().height);
    }
    this.#space.style.height = `${this.#heights.total}px`;
    this.#content.style.transform = `translateY(${this.#heights.offsetAt(this.#range.start)}px)`;
    const top = this.#wantedTop();
    if (Math.abs(top - this.#view.scrollTop) > 0.5) this.#view.scrollTop = top;
    this.#lastTop = this.#view.scrollTop;
    // A row that was shown may be so near the end that the end is in view.
    const endIsMeasured = this.#range.end === this.#rows.length;
    if (this.endsLatest && endIsMeasured && top >= this.#heights.total - this.#view.clientHeight - END) this.#following = true;
    this.#look();
  }

  /** True while the reader follows the end. */
  get follows() {
    return this.#following;
  }

  /**
   * Shows a row, a third of the way down the view, or at its top.
   *
   * @param {string} key
   * @param {'middle' | 'top'} [place]
   * @returns {boolean} false if there is no such row
   */
  show(key, place = 'middle') {
    if (this.#heights.indexOf(key) < 0) return false;
    const height = this.#view?.clientHeight ?? 0;
    this.#following = false;
    this.#anchor = { key, distance: place === 'top' ? -12 : -height / 3 };
    this.#again();
    return true;
  }

  /**
   * Scrolls as little as needed for a row to be seen whole.
   *
   * @param {string} key
   */
  reveal(key) {
    const index = this.#heights.indexOf(key);
    if (index < 0 || !this.#view) return;
    const above = this.#heights.offsetAt(index);
    const below = this.#heights.offsetAt(index + 1);
    const { scrollTop, clientHeight } = this.#view;
    const margin = 8;
    const top = above - margin < scrollTop ? above - margin
      : below + margin > scrollTop + clientHeight ? below + margin - clientHeight : null;
    if (top === null) return;
    this.#following = false;
    this.#anchor = { key, distance: top - above };
    this.#again();
  }

  /** Goes to the end and follows it. */
  toEnd() {
    this.#following = true;
    this.#again();
  }

  /** Returns the position of the reader, with which `restore` finds it again. */
  place() {
    return this.#following ? null : this.#anchor;
  }

  /** @param {{key: string, distance: number} | null} place */
  restore(place) {
    this.#following = place === null;
    this.#anchor = place;
    this.#again();
  }

  #again() {
    this.onRange();
    this.settle();
  }

  #resized() {
    if (!this.#view) return;
    if (this.#width !== this.#view.clientWidth) {
      this.#width = this.#view.clientWidth;
      this.#heights.forget();
    }
    this.settle();
  }

  #scrolled() {
    this.#follow();
    this.#look();
  }

  /** Notes where the reader has scrolled to. */
  #follow() {
    if (!this.#view) return;
    const top = this.#view.scrollTop;
    // What was set by `settle` is no move of the reader's.
    if (top === this.#lastTop) return;
    const reached = this.endsLatest && this.#heights.total - top - this.#view.clientHeight < END;
    // Growing content moves the end away without a move of the reader's; only a scroll upwards leaves it.
    this.#following = reached || (this.endsLatest && this.#following && top >= this.#lastTop - 1);
    this.#lastTop = top;
    if (!this.#following) this.#anchor = this.#anchorAt(top);
  }

  /** Compares the view with what is rendered and known. */
  #look() {
    if (!this.#view) return;
    this.atEnd.value = this.#following;
    const { scrollTop, clientHeight } = this.#view;
    const range = this.#rangeAt(scrollTop);
    if (range.start !== this.#range.start || range.end !== this.#range.end) this.#renderAgain();
    if (this.#rows.length === 0) return;
    this.onView(this.#heights.rowAt(scrollTop), this.#heights.rowAt(scrollTop + clientHeight - 1));
    if (scrollTop < 2 * clientHeight) this.onEdge('start');
    if (scrollTop + 3 * clientHeight > this.#heights.total) this.onEdge('end');
  }

  /** Renders other rows. A browser that is not yet at the place that was set would be asked for ever: the frame ends that. */
  #renderAgain() {
    if (this.#passes === 0) {
      requestAnimationFrame(() => {
        const isLate = this.#passes >= PASSES;
        this.#passes = 0;
        if (isLate) this.settle();
      });
    }
    this.#passes += 1;
    if (this.#passes < PASSES) this.onRange();
  }

  /** @param {number} top */
  #rangeAt(top) {
    return this.#heights.range(top, this.#view?.clientHeight || 800, OVERSCAN, this.#range);
  }

  #wantedTop() {
    const height = this.#view?.clientHeight || 800;
    const most = Math.max(0, this.#heights.total - height);
    const present = this.#view?.scrollTop ?? 0;
    const top = this.#following ? most : this.#heights.topOf(this.#anchor) ?? present;
    return Math.max(0, Math.min(top, most));
  }

  /**
   * Finds the first message that is seen whole. Days and lines are no anchors, since they move between messages; nor is
   * the very first message, which changes when older ones come before it.
   *
   * @param {number} top
   */
  #anchorAt(top) {
    const first = this.#heights.rowAt(top);
    for (let index = first; index < Math.min(first + 6, this.#rows.length); index += 1) {
      const offset = this.#heights.offsetAt(index);
      const isWhole = offset >= top || index === this.#rows.length - 1;
      if (this.#rows[index].kind === 'message' && isWhole && index > 2) {
        return { key: this.#rows[index].key, distance: top - offset };
      }
    }
    const index = this.#rows.findIndex((row, place) => place >= first && row.kind === 'message');
    const key = this.#rows[index]?.key;
    return key === undefined ? this.#anchor : { key, distance: top - this.#heights.offsetAt(index) };
  }
}
