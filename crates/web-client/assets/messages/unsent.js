// Messages that the server has not answered yet, kept so that a reload of the page loses none and doubles none.

const KEY = 'parlor.unsent';

/** @type {Map<string, any>} the files of messages on their way, for showing them */
const files = new Map();
/** @type {Set<string>} keys of messages that were sent from this page */
const sent = new Set();

/** Tells if a message was sent from this page: then its key in the list is that of its way. @param {string | null} clientId */
export function wasSentHere(clientId) {
  return clientId !== null && sent.has(clientId);
}

/** @param {string} clientId */
export function ownFile(clientId) {
  return files.get(clientId) ?? null;
}

/**
 * Sends a message by the store, and keeps it until it is answered.
 *
 * @param {any} store
 * @param {string} roomId
 * @param {any} draft
 * @param {{by: string, file?: any}} about who sends it, and the file that it shows
 */
export function send(store, roomId, draft, { by, file }) {
  const clientId = draft.clientId ?? crypto.randomUUID();
  sent.add(clientId);
  if (file) files.set(clientId, file);
  write([...read().filter((one) => one.draft.clientId !== clientId), { roomId, draft: { ...draft, clientId }, file, by }]);
  // A refused message stays in the list with its reason; there it is sent again or discarded.
  store.send(roomId, { ...draft, clientId }).then((message) => message && settled(clientId));
}

/** Sends a refused message again, or tries at once to connect for one that waits. @param {any} store @param {string} roomId @param {string} clientId */
export function retry(store, roomId, clientId) {
  store.connection.retryNow();
  store.retry(roomId, clientId).then((message) => message && settled(clientId));
}

/** Forgets a message that was refused, or is not sent yet. @param {any} store @param {string} roomId @param {string} clientId */
export function discard(store, roomId, clientId) {
  store.discard(roomId, clientId);
  settled(clientId);
}

/** Sends again what a person wrote and was not answered before the page was loaded. @param {any} store @param {string} by */
export function resume(store, by) {
  for (const { roomId, draft, file, by: author } of read()) {
    if (author === by && store.room(roomId)) send(store, roomId, draft, { file, by });
  }
}

/** @param {string} clientId */
function settled(clientId) {
  write(read().filter((one) => one.draft.clientId !== clientId));
}

/** @returns {{roomId: string, draft: any, by: string, file?: any}[]} */
function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** @param {any[]} kept */
function write(kept) {
  try {
    if (kept.length > 0) sessionStorage.setItem(KEY, JSON.stringify(kept));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without a storage a reload loses what was not answered; nothing else changes.
  }
}
