// What helps while writing: completion of mentions, drafts, emoji.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates, complete, mentionAt } from '../../../assets/messages/completion.js';
import { readDraft, writeDraft } from '../../../assets/messages/drafts.js';
import { groups, searchEmoji } from '../../../assets/messages/emoji.js';
import { recentEmoji, rememberEmoji } from '../../../assets/messages/recent-emoji.js';
import { isOnlyEmoji } from '../../../assets/messages/text.js';

/** A storage as browsers have it, in memory. */
function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
}

test('a mention is being written where the text before the caret ends in one', () => {
  assert.deepEqual(mentionAt('hi @Al', 6), { start: 3, query: 'al' });
  assert.deepEqual(mentionAt('@', 1), { start: 0, query: '' });
  assert.deepEqual(mentionAt('hi @a and', 5), { start: 3, query: 'a' });
  for (const text of ['mail@al', 'hi @al ', 'hi', '@a b']) assert.equal(mentionAt(text, text.length), null, text);
  assert.equal(mentionAt('@alice', 3), null);
});

test('people whose name begins so come first, then those who wrote lately', () => {
  const people = ['Zed', 'al', 'Alba', 'real'].map((username) => ({ id: username, username }));
  const names = (query, recent, room) => candidates(query, people, recent, room).map(({ username }) => username);
  assert.deepEqual(names('al', [], false), ['al', 'Alba', 'real']);
  assert.deepEqual(names('al', ['Alba'], false), ['Alba', 'al', 'real']);
  assert.deepEqual(names('', ['Zed'], true), ['Zed', 'al', 'Alba', 'real', 'room']);
  assert.deepEqual(names('ro', [], true), ['room']);
  assert.deepEqual(names('ro', [], false), []);
});

test('a completed mention is followed by one space, and the caret stands after it', () => {
  assert.deepEqual(complete('hi @al', { start: 3, query: 'al' }, 'alice'), { text: 'hi @alice ', caret: 10 });
  assert.deepEqual(complete('@al there', { start: 0, query: 'al' }, 'alice'), { text: '@alice there', caret: 6 });
});

test('a draft is kept for its room, and gone once it is empty', () => {
  const kept = storage();
  writeDraft('r', { text: 'half a thou', replyTo: 'm' }, kept);
  assert.deepEqual(readDraft('r', kept), { text: 'half a thou', replyTo: 'm' });
  assert.deepEqual(readDraft('other', kept), { text: '', replyTo: null });
  writeDraft('r', { text: '', replyTo: null }, kept);
  assert.equal(kept.getItem('parlor.draft.r'), null);
});

test('a storage that is broken or full loses the draft and nothing else', () => {
  const broken = { getItem: () => '{', setItem: () => { throw new Error('full'); }, removeItem: () => {} };
  assert.deepEqual(readDraft('r', broken), { text: '', replyTo: null });
  writeDraft('r', { text: 'x', replyTo: null }, broken);
  rememberEmoji('👍', broken);
  assert.equal(recentEmoji(broken)[0], '👍');
});

test('every emoji is one that browsers know, stands once, and is found by its name', () => {
  const all = groups.flatMap((group) => group.emoji);
  assert.equal(new Set(all.map(({ emoji }) => emoji)).size, all.length);
  for (const entry of all) {
    assert.ok(isOnlyEmoji(entry.emoji), entry.emoji);
    assert.ok(searchEmoji(entry.name).includes(entry), entry.name);
  }
  assert.deepEqual(searchEmoji('ROCK').map(({ emoji }) => emoji), ['🚀']);
  assert.deepEqual(searchEmoji('no such thing'), []);
});

test('emoji that were used come first, each once', () => {
  const kept = storage();
  for (const emoji of ['🚀', '👍', '🚀']) rememberEmoji(emoji, kept);
  assert.deepEqual(recentEmoji(kept).slice(0, 2), ['🚀', '👍']);
  assert.equal(new Set(recentEmoji(kept)).size, recentEmoji(kept).length);
});
