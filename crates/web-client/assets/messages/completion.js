// Finds the mention that is being written, and the people who fit it.

const MOST = 6;

/**
 * Finds the unfinished mention that ends at the caret.
 *
 * @param {string} text
 * @param {number} caret
 * @returns {{start: number, query: string} | null}
 */
export function mentionAt(text, caret) {
  const found = /(?:^|[^A-Za-z0-9_])@([A-Za-z0-9_.-]{0,32})$/.exec(text.slice(0, caret));
  if (!found || /^[A-Za-z0-9_]/.test(text.slice(caret))) return null;
  return { start: caret - found[1].length - 1, query: found[1].toLowerCase() };
}

/**
 * Ranks people for a query: names that begin with it, then names that contain it; who wrote lately comes first.
 *
 * @param {string} query in lower case
 * @param {{id: string, username: string}[]} people
 * @param {string[]} recent ids of those who wrote lately, latest first
 * @param {boolean} mayMentionRoom
 * @returns {{id: string | null, username: string}[]}
 */
export function candidates(query, people, recent, mayMentionRoom) {
  const place = new Map(recent.map((id, index) => [id, index]));
  const ranked = people
    .map((user) => ({ user, at: user.username.toLowerCase().indexOf(query) }))
    .filter(({ at }) => at >= 0)
    .sort((left, right) => Math.min(left.at, 1) - Math.min(right.at, 1)
      || (place.get(left.user.id) ?? Infinity) - (place.get(right.user.id) ?? Infinity) || compare(left, right))
    .map(({ user }) => user);
  const everybody = mayMentionRoom && 'room'.startsWith(query) ? [{ id: null, username: 'room' }] : [];
  // While nothing is typed people are the likelier choice.
  const all = query ? [...everybody, ...ranked] : [...ranked.slice(0, MOST - everybody.length), ...everybody];
  return all.slice(0, MOST);
}

/** @param {{user: {username: string}}} left @param {{user: {username: string}}} right */
function compare(left, right) {
  return left.user.username.toLowerCase() < right.user.username.toLowerCase() ? -1 : 1;
}

/**
 * Replaces the unfinished mention by a name.
 *
 * @param {string} text
 * @param {{start: number, query: string}} mention
 * @param {string} username
 * @returns {{text: string, caret: number}}
 */
export function complete(text, mention, username) {
  const after = text.slice(mention.start + 1 + mention.query.length);
  const name = `@${username}${/^\s/.test(after) ? '' : ' '}`;
  return { text: text.slice(0, mention.start) + name + after, caret: mention.start + name.length };
}
