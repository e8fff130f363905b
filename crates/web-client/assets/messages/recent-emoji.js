// Remembers the emoji that were used lately, for the first row of the picker and the quick reactions of a message.

const KEY = 'parlor.emoji';
const MOST = 18;
const USUAL = ['👍', '❤️', '😂', '🎉', '👀', '🙏'];

/** @param {Storage} [storage] @returns {string[]} latest first, filled up with the usual ones */
export function recentEmoji(storage = localStorage) {
  let used = [];
  try {
    const stored = JSON.parse(storage.getItem(KEY) ?? '[]');
    if (Array.isArray(stored)) used = stored.filter((emoji) => typeof emoji === 'string' && emoji.length <= 32);
  } catch {
    // What cannot be read is as good as nothing used yet.
  }
  return [...new Set([...used, ...USUAL])].slice(0, MOST);
}

/** @param {string} emoji @param {Storage} [storage] */
export function rememberEmoji(emoji, storage = localStorage) {
  try {
    const used = JSON.parse(storage.getItem(KEY) ?? '[]');
    storage.setItem(KEY, JSON.stringify([emoji, ...used.filter((other) => other !== emoji)].slice(0, MOST)));
  } catch {
    // Without a storage the usual ones are offered.
  }
}
