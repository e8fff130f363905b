// Keeps what was written and not sent, for each room and thread, as long as the tab lives.

const PREFIX = 'parlor.draft.';

/**
 * @param {string} place ids of the person, the room, and the thread if it is in one
 * @param {Storage} [storage]
 * @returns {{text: string, replyTo: string | null}}
 */
export function readDraft(place, storage = sessionStorage) {
  try {
    const { text, replyTo } = JSON.parse(storage.getItem(PREFIX + place) ?? '{}');
    return { text: typeof text === 'string' ? text : '', replyTo: typeof replyTo === 'string' ? replyTo : null };
  } catch {
    return { text: '', replyTo: null };
  }
}

/**
 * @param {string} place
 * @param {{text: string, replyTo: string | null}} draft
 * @param {Storage} [storage]
 */
export function writeDraft(place, { text, replyTo }, storage = sessionStorage) {
  try {
    if (text || replyTo) storage.setItem(PREFIX + place, JSON.stringify({ text, replyTo }));
    else storage.removeItem(PREFIX + place);
  } catch {
    // A full or forbidden storage costs the draft after a reload; writing and sending go on.
  }
}
