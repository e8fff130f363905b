// Numbers, sizes and times as people read them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayName, listTime } from '../../../assets/ui/time.js';
import { counted, fileSize } from '../../../assets/ui/words.js';

test('one thing is not several', () => {
  assert.deepEqual([0, 1, 2].map((count) => counted(count, 'room')), ['0 rooms', '1 room', '2 rooms']);
  assert.equal(counted(3, 'reply', 'replies'), '3 replies');
});

test('sizes have two or three digits and a unit', () => {
  const sizes = { 1: '1 byte', 999: '999 bytes', 1000: '1.0 kB', 999_600: '1.0 MB', 26_214_400: '26 MB', 5_000_000_000: '5.0 GB' };
  for (const [bytes, words] of Object.entries(sizes)) assert.equal(fileSize(Number(bytes)), words);
});

test('a time is told from now: an hour, yesterday, a day, a date', () => {
  const now = new Date(2026, 5, 15, 12);
  const at = (days) => new Date(2026, 5, 15 - days, 9, 5).toISOString();
  assert.match(listTime(at(0), now), /9.05/);
  assert.equal(listTime(at(1), now), 'Yesterday');
  assert.doesNotMatch(listTime(at(3), now), /\d/);
  assert.match(listTime(at(30), now), /16/);
  assert.equal(dayName(new Date(2026, 5, 15, 1), now), 'Today');
  assert.match(dayName(new Date(2025, 5, 15), now), /2025/);
});
