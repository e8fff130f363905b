// Computes which rows of a long list are near the viewport. Heights are estimates until a row was measured.

/** Stores the heights of a list's rows by key, and their offsets, so that a scroll costs no pass over the list. */
export class Heights {
  /** @type {Map<string, number>} */
  #measured = new Map();
  /** @type {string[]} */
  #keys = [];
  /** @type {Map<string, number>} */
  #index = new Map();
  /** @type {number[]} */
  #estimates = [];
  /** @type {Float64Array} */
  #offsets = new Float64Array(1);
  /** First row whose offset is out of date. */
  #stale = 0;

  /**
   * Replaces the rows. What was measured of a row that stays is kept.
   *
   * @param {string[]} keys
   * @param {number[]} estimates one for each key
   */
  setRows(keys, estimates) {
    // Live messages append: the offsets of the rows before them stay as they are.
    let same = 0;
    const common = Math.min(keys.length, this.#keys.length);
    while (same < common && keys[same] === this.#keys[same]) same += 1;
    this.#keys = keys;
    this.#estimates = estimates;
    this.#index = new Map(keys.map((key, index) => [key, index]));
    if (this.#offsets.length < keys.length + 1) {
      const wider = new Float64Array(keys.length * 2 + 1);
      wider.set(this.#offsets.subarray(0, Math.min(same + 1, this.#offsets.length)));
      this.#offsets = wider;
    }
    this.#stale = Math.min(this.#stale, same);
    if (this.#measured.size > 4 * keys.length + 1000) {
      for (const key of this.#measured.keys()) if (!this.#index.has(key)) this.#measured.delete(key);
    }
  }

  get length() {
    return this.#keys.length;
  }

  /** @param {string} key */
  indexOf(key) {
    return this.#index.get(key) ?? -1;
  }

  /** @param {number} index */
  keyAt(index) {
    return this.#keys[index];
  }

  /**
   * Notes the height of a row. Returns true if it differs from what was assumed.
   *
   * @param {string} key
   * @param {number} height
   */
  measure(key, height) {
    const index = this.indexOf(key);
    if (index < 0 || this.#measured.get(key) === height) return false;
    const before = this.heightAt(index);
    this.#measured.set(key, height);
    if (before === height) return false;
    this.#stale = Math.min(this.#stale, index);
    return true;
  }

  /** Forgets every measured height, after the width has changed. */
  forget() {
    this.#measured.clear();
    this.#stale = 0;
  }

  /** @param {number} index */
  heightAt(index) {
    return this.#measured.get(this.#keys[index]) ?? this.#estimates[index];
  }

  /** @param {number} index from 0 to the number of rows, where the list ends */
  offsetAt(index) {
    for (let row = this.#stale; row < index; row += 1) this.#offsets[row + 1] = this.#offsets[row] + this.heightAt(row);
    this.#stale = Math.max(this.#stale, index);
    return this.#offsets[index];
  }

  get total() {
    return this.offsetAt(this.length);
  }

  /**
   * Finds the row that covers an offset.
   *
   * @param {number} offset
   */
  rowAt(offset) {
    if (offset >= this.total) return Math.max(0, this.length - 1);
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#offsets[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  /**
   * Finds the rows to render: those in view, and as much again on both sides as `overscan` pixels hold. A range that
   * still covers the view with half of the overscan is returned as it is, so that most scroll events render nothing.
   *
   * @param {number} top
   * @param {number} height
   * @param {number} overscan
   * @param {{start: number, end: number}} [present]
   * @returns {{start: number, end: number}}
   */
  range(top, height, overscan, present) {
    if (this.length === 0) return { start: 0, end: 0 };
    if (present && present.end <= this.length) {
      const startsBefore = present.start === 0 || this.offsetAt(present.start) <= top - overscan / 2;
      const endsAfter = present.end === this.length || this.offsetAt(present.end) >= top + height + overscan / 2;
      const rowsWanted = this.rowAt(top + height + overscan) - this.rowAt(top - overscan);
      if (startsBefore && endsAfter && present.end - present.start <= 2 * rowsWanted + 8) return present;
    }
    return { start: this.rowAt(Math.max(0, top - overscan)), end: this.rowAt(top + height + overscan) + 1 };
  }

  /**
   * Describes the place of the view by a row, so that it can be found again after rows above it have come or changed.
   *
   * @param {number} top
   * @returns {{key: string, distance: number} | null}
   */
  anchorAt(top) {
    if (this.length === 0) return null;
    const row = this.rowAt(top);
    return { key: this.#keys[row], distance: top - this.offsetAt(row) };
  }

  /**
   * Returns the scroll position of an anchor, or null if its row is gone.
   *
   * @param {{key: string, distance: number} | null} anchor
   */
  topOf(anchor) {
    const row = anchor ? this.indexOf(anchor.key) : -1;
    return anchor && row >= 0 ? this.offsetAt(row) + anchor.distance : null;
  }
}
