// The list knows which rows are near the view, and keeps its place when rows above it come or change.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heights } from '../../../assets/messages/heights.js';

const keys = (from, to) => Array.from({ length: to - from }, (_, index) => `m${from + index}`);
const list = (from, to, estimate = 50) => {
  const heights = new Heights();
  heights.setRows(keys(from, to), keys(from, to).map(() => estimate));
  return heights;
};

test('offsets are sums of estimates until rows are measured', () => {
  const heights = list(0, 10);
  assert.equal(heights.total, 500);
  assert.equal(heights.measure('m2', 80), true);
  assert.equal(heights.measure('m2', 80), false);
  assert.equal(heights.offsetAt(2), 100);
  assert.equal(heights.offsetAt(3), 180);
  assert.equal(heights.total, 530);
  assert.equal(heights.measure('unknown', 80), false);
});

test('a row is found by every offset inside it', () => {
  const heights = list(0, 100);
  heights.measure('m10', 200);
  for (const [offset, row] of [[0, 0], [49, 0], [50, 1], [500, 10], [699, 10], [700, 11], [1e9, 99], [-5, 0]]) {
    assert.equal(heights.rowAt(offset), row, `offset ${offset}`);
  }
  assert.equal(new Heights().rowAt(0), 0);
});

test('the range covers the view and the overscan, and no more', () => {
  const heights = list(0, 10_000);
  assert.deepEqual(heights.range(100_000, 700, 500), { start: 1990, end: 2025 });
  assert.deepEqual(heights.range(0, 700, 500), { start: 0, end: 25 });
  assert.deepEqual(new Heights().range(0, 700, 500), { start: 0, end: 0 });
});

test('the range stays while it covers the view with half of the overscan', () => {
  const heights = list(0, 10_000);
  const range = heights.range(100_000, 700, 500);
  assert.equal(heights.range(100_200, 700, 500, range), range);
  assert.notEqual(heights.range(100_310, 700, 500, range), range);
  assert.notEqual(heights.range(0, 700, 500, range), range);
});

test('a place is found again after older rows came and rows above were measured', () => {
  const heights = list(100, 200);
  const anchor = heights.anchorAt(1010);
  assert.deepEqual(anchor, { key: 'm120', distance: 10 });
  heights.setRows(keys(0, 200), keys(0, 200).map(() => 50));
  assert.equal(heights.topOf(anchor), 6010);
  heights.measure('m5', 70);
  assert.equal(heights.topOf(anchor), 6030);
  heights.setRows(keys(150, 200), keys(150, 200).map(() => 50));
  assert.equal(heights.topOf(anchor), null);
});

test('what was measured stays known when rows are appended or removed', () => {
  const heights = list(0, 3);
  heights.measure('m1', 90);
  heights.setRows(keys(1, 5), keys(1, 5).map(() => 50));
  assert.equal(heights.offsetAt(1), 90);
  assert.equal(heights.total, 240);
  heights.forget();
  assert.equal(heights.total, 200);
});

test('offsets agree with a plain sum after any series of changes', () => {
  const heights = new Heights();
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const measured = new Map();
  for (let step = 0; step < 300; step += 1) {
    const rows = keys(random(50), 50 + random(200));
    heights.setRows(rows, rows.map(() => 40));
    for (let change = 0; change < 5; change += 1) {
      const key = rows[random(rows.length)];
      const height = 10 + random(100);
      heights.measure(key, height);
      measured.set(key, height);
      const end = random(rows.length + 1);
      const sum = rows.slice(0, end).reduce((total, row) => total + (measured.get(row) ?? 40), 0);
      assert.equal(heights.offsetAt(end), sum);
    }
  }
});
