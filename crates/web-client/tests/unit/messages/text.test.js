// The text of a message becomes links, code and mentions, and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOnlyEmoji, oneLine, segments } from '../../../assets/messages/text.js';

const ada = { id: 'a', username: 'Ada' };
const bob = { id: 'b', username: 'bob.smith' };
const brief = (...input) => segments(...input).map(({ kind, text }) => [kind, text]);

test('plain text is one segment', () => {
  assert.deepEqual(brief('<img src=x onerror=alert(1)> & "so"'), [['text', '<img src=x onerror=alert(1)> & "so"']]);
  assert.deepEqual(brief(''), []);
});

test('links are of http or https only', () => {
  assert.deepEqual(brief('see https://parlor.example/a?b=c#d now'),
    [['text', 'see '], ['link', 'https://parlor.example/a?b=c#d'], ['text', ' now']]);
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'ftp://host/x', 'https://', 'xhttps://a.b']) {
    assert.deepEqual(brief(text), [['text', text]], text);
  }
});

test('the punctuation that ends a sentence is not part of a link, balanced brackets are', () => {
  assert.deepEqual(brief('(https://a.example/b).'), [['text', '('], ['link', 'https://a.example/b'], ['text', ').']]);
  assert.deepEqual(brief('https://a.example/b_(c)'), [['link', 'https://a.example/b_(c)']]);
  assert.deepEqual(brief('https://a.example/x, https://b.example!'),
    [['link', 'https://a.example/x'], ['text', ', '], ['link', 'https://b.example'], ['text', '!']]);
});

test('an address without a user part or a host keeps its text beside the address that is opened', () => {
  const [link] = segments('HTTPS://EXAMPLE.com/%zz');
  assert.deepEqual(link, { kind: 'link', text: 'HTTPS://EXAMPLE.com/%zz', href: 'https://example.com/%zz' });
});

test('backticks make code, in a line and in blocks, and nothing inside is a link or a mention', () => {
  assert.deepEqual(brief('run `a @Ada https://x.example` now', [ada]),
    [['text', 'run '], ['code', 'a @Ada https://x.example'], ['text', ' now']]);
  assert.deepEqual(brief('before\n```rust\nlet a = 1;\n  b\n```\nafter'),
    [['text', 'before'], ['block', 'let a = 1;\n  b'], ['text', 'after']]);
  assert.deepEqual(brief('```one line```'), [['block', 'one line']]);
  assert.deepEqual(brief('a ` b'), [['text', 'a ` b']]);
  assert.deepEqual(brief('```\nnever closed'), [['text', '```\nnever closed']]);
});

test('a mention is what the server recognised, in any case, the longest name first', () => {
  assert.deepEqual(brief('hi @ada, @BOB.smith. @nobody', [ada, bob]),
    [['text', 'hi '], ['mention', '@ada'], ['text', ', '], ['mention', '@BOB.smith'], ['text', '. @nobody']]);
  assert.deepEqual(brief('mail@Ada x_@Ada @Ada_', [ada]), [['text', 'mail@Ada x_@Ada @Ada_']]);
  assert.deepEqual(brief('你好@Ada', [ada]), [['text', '你好'], ['mention', '@Ada']]);
});

test('the room is mentioned only where the server says so', () => {
  assert.deepEqual(brief('@room hello', [], true), [['mention', '@room'], ['text', ' hello']]);
  assert.deepEqual(brief('@room hello', [], false), [['text', '@room hello']]);
});

test('the segments together are the content, code marks aside', () => {
  const content = 'a https://b.example/c @Ada d `e` f';
  assert.equal(segments(content, [ada]).map(({ text }) => text).join(''), content.replaceAll('`', ''));
});

test('a few emoji alone are shown large', () => {
  for (const text of ['👍', '❤️ 🧑‍💻', '🇩🇪', '👍🏽👍🏽👍🏽']) assert.equal(isOnlyEmoji(text), true, text);
  for (const text of ['', '1', '#', 'ok 👍', '👍👍👍👍👍👍👍']) assert.equal(isOnlyEmoji(text), false, text);
});

test('a quote is one line, without code marks, cut at whole characters', () => {
  assert.equal(oneLine('a\n\nb  `c`'), 'a b c');
  assert.equal(oneLine('👍'.repeat(10), 5), `${'👍'.repeat(4)}…`);
  assert.equal(oneLine(null), '');
});
