// Splits what a person wrote into segments, which the view shows as text, links, code and mentions; never as HTML.

/**
 * @typedef {{kind: 'text' | 'code' | 'block', text: string}
 *   | {kind: 'link', text: string, href: string}
 *   | {kind: 'mention', text: string, userId: string | null}} Segment
 */

const FENCE = /```(?:[\w+#.-]*\n)?([\s\S]+?)```\n?/g;
const INLINE = /`([^`\n]+)`|\bhttps?:\/\/[^\s<>"`]+|@[A-Za-z0-9_.-]+/gi;
const WORD = /[A-Za-z0-9_]/;
const EMOJI = /\p{RGI_Emoji}/v;
const ONLY_EMOJI = /^(?:\p{RGI_Emoji}|\s)+$/v;
const MANY_EMOJI = 6;

/**
 * Splits a message's content. Mentions are those that the server recognised: a name that it did not stays text.
 *
 * @param {string} content
 * @param {{id: string, username: string}[]} [mentions]
 * @param {boolean} [mentionsRoom]
 * @returns {Segment[]}
 */
export function segments(content, mentions = [], mentionsRoom = false) {
  const people = new Map(mentions.map((user) => [user.username.toLowerCase(), user.id]));
  /** @type {Segment[]} */
  const found = [];
  let from = 0;
  for (const fence of content.matchAll(FENCE)) {
    // The block stands on lines of its own, so that the line break before it would show as an empty line.
    inline(content.slice(from, fence.index).replace(/\n$/, ''), people, mentionsRoom, found);
    found.push({ kind: 'block', text: fence[1].replace(/\n$/, '') });
    from = fence.index + fence[0].length;
  }
  inline(content.slice(from), people, mentionsRoom, found);
  return found;
}

/**
 * @param {string} text
 * @param {Map<string, string>} people
 * @param {boolean} mentionsRoom
 * @param {Segment[]} found
 */
function inline(text, people, mentionsRoom, found) {
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const segment = match[1] !== undefined
      ? /** @type {Segment} */ ({ kind: 'code', text: match[1] })
      : match[0][0] === '@'
        ? mention(text, match.index, match[0], people, mentionsRoom)
        : link(match[0]);
    if (!segment) continue;
    pushText(found, text.slice(from, match.index));
    found.push(segment);
    from = match.index + (segment.kind === 'code' ? match[0].length : segment.text.length);
  }
  pushText(found, text.slice(from));
}

/** @param {Segment[]} found @param {string} text */
function pushText(found, text) {
  if (text) found.push({ kind: 'text', text });
}

/**
 * Reads a link of http or https. Punctuation that ends a sentence, and a bracket that was opened before the link, are
 * not part of it.
 *
 * @param {string} match
 * @returns {Segment | null}
 */
function link(match) {
  let text = match;
  for (;;) {
    const last = text[text.length - 1];
    const closes = last === ')' || last === ']' || last === '}';
    const opening = { ')': '(', ']': '[', '}': '{' }[last] ?? '';
    if (closes ? text.split(last).length > text.split(opening).length : /[.,:;!?'*_~]/.test(last)) {
      text = text.slice(0, -1);
    } else break;
  }
  try {
    const { protocol, hostname, href } = new URL(text);
    return (protocol === 'http:' || protocol === 'https:') && hostname ? { kind: 'link', text, href } : null;
  } catch {
    return null;
  }
}

/**
 * Reads a mention by the rule of the server: the longest name wins, and no letter, digit or `_` stands at either end.
 *
 * @param {string} text
 * @param {number} at
 * @param {string} match
 * @param {Map<string, string>} people
 * @param {boolean} mentionsRoom
 * @returns {Segment | null}
 */
function mention(text, at, match, people, mentionsRoom) {
  if (at > 0 && WORD.test(text[at - 1])) return null;
  for (let end = match.length; end > 1; end -= 1) {
    if (end < match.length && WORD.test(match[end])) continue;
    const name = match.slice(1, end).toLowerCase();
    const userId = people.get(name);
    if (userId) return { kind: 'mention', text: match.slice(0, end), userId };
    if (mentionsRoom && name === 'room') return { kind: 'mention', text: match.slice(0, end), userId: null };
  }
  return null;
}

/**
 * Says if a message is nothing but a few emoji, which are shown larger.
 *
 * @param {string} content
 */
export function isOnlyEmoji(content) {
  if (content.length > MANY_EMOJI * 16 || !ONLY_EMOJI.test(content)) return false;
  return content.match(new RegExp(EMOJI, 'gv')).length <= MANY_EMOJI;
}

/**
 * Shortens a content to one line for quotes, summaries and announcements.
 *
 * @param {string | null} content
 * @param {number} [length]
 */
export function oneLine(content, length = 140) {
  const line = (content ?? '').replace(/```[\w+#.-]*\n?|`/g, '').replace(/\s+/g, ' ').trim();
  const letters = [...line];
  return letters.length > length ? `${letters.slice(0, length - 1).join('')}…` : line;
}
